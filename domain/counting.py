"""Counting what happened, day by day.

Housekeeping counts finished days once and today every minute, so that nobody waits for it. A day
is counted again for a week, for questions are answered, and answers taken back, in the days after.
Counts hold no ids of anybody seen: they stay when somebody is forgotten.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from domain.ids import new_id
from domain.proving import proofs
from domain.records import DayCount, Id, PersonStatus, QuestionStatus, Site
from domain.records.counts import BANDS
from domain.store import Store

KEPT_DAYS = 90
SETTLED, AGAIN, FRESH = timedelta(days=7), timedelta(hours=6), timedelta(seconds=50)
# How long answers take, in seconds: each bound is half as much again as the one before, to 11 days.
WAITS = tuple(5 * 1.5**n for n in range(31))
MOST_PROOFS = 2_000

Span = tuple[datetime, datetime]


def days_until(now: datetime, zone: tzinfo, days: int) -> list[Span]:
    """Return when so many days, the last of which is today, begin and end in a zone."""
    today = now.astimezone(zone).date()
    return [_span(today - timedelta(days=n), zone) for n in reversed(range(days))]


def _span(day: date, zone: tzinfo) -> Span:
    start, end = (
        datetime.combine(day + timedelta(days=n), time(), tzinfo=zone).astimezone(UTC)
        for n in (0, 1)
    )
    return start, end


async def count_finished(store: Store, zone: tzinfo, now: datetime) -> int:
    """Count the finished days that are not counted yet, or not for the last time; return how many.

    Several processes may do it at once: they count the same.
    """
    sites, done = await store.sites.all(), 0
    days = days_until(now, zone, KEPT_DAYS + 1)[:-1]
    kept = await store.day_counts.between([s.id for s in sites], days[0][0], days[-1][1])
    # Whoever died before the sum was kept has not counted the day.
    whole = {c.start for c in await store.day_counts.between(None, days[0][0], days[-1][1])}
    there = {(count.site_id, count.start): count for count in kept if count.start in whole}
    for span in days:
        due = [s.id for s in sites if _due(s, span, there.get((s.id, span[0])), now)]
        if due:
            await _keep(store, await count_day(store, due, span, zone, now), sites)
            done += 1
    return done


async def count_today(store: Store, zone: tzinfo, now: datetime) -> int:
    """Count today so far, unless somebody has just done so; return whether that was done."""
    [span] = days_until(now, zone, 1)
    sites = await store.sites.all()
    ids = [site.id for site in sites]
    kept = await store.day_counts.between(ids, *span)
    fresh = {count.site_id for count in kept if now - count.made_at < FRESH}
    if fresh.issuperset(ids):
        return 0
    people = await store.figures.people_by_site()
    counts = [
        replace(count, people=_plain(people.get(count.site_id, {}) if count.site_id else {}))
        for count in await count_day(store, ids, span, zone, now)
    ]
    await _keep(store, counts, sites, people=await store.figures.people(None))
    return 1


def _plain(people: Mapping[PersonStatus, int]) -> dict[str, int]:
    return {status.value: number for status, number in people.items()}


async def _keep(
    store: Store,
    counts: Sequence[DayCount],
    sites: Sequence[Site],
    people: Mapping[PersonStatus, int] | None = None,
) -> None:
    """Keep the counts of some sites on a day, and those of all sites together."""
    await store.day_counts.keep(counts)
    start, end = counts[0].start, counts[0].end
    total = summed(await store.day_counts.between([site.id for site in sites], start, end))
    if total:
        whole = replace(total, id=new_id(), site_id=None, people=_plain(people or {}))
        await store.day_counts.keep([whole])


def _due(site: Site, span: Span, count: DayCount | None, now: datetime) -> bool:
    """Tell whether a day of a site is to be counted, for the first time or again."""
    if count is None or count.end != span[1]:
        return site.created_at < span[1]
    if count.made_at < span[1]:  # it was today then
        return True
    return count.made_at < span[1] + SETTLED and now - count.made_at >= AGAIN


async def count_day(
    store: Store, site_ids: Sequence[Id], span: Span, zone: tzinfo, now: datetime
) -> list[DayCount]:
    """Count a day of each of these sites; of today, what there is so far."""
    counts = {
        id_: DayCount(id=new_id(), site_id=id_, start=span[0], end=span[1], made_at=now)
        for id_ in site_ids
    }
    for count in (_arrivals, _crops, _questions, _answers, _confidences):
        await count(store, counts, span, zone)
    return list(counts.values())


Counts = dict[Id, DayCount]


async def _arrivals(store: Store, counts: Counts, span: Span, zone: tzinfo) -> None:
    for found in await store.figures.arrivals([*counts], *span):
        hour = (span[0] + timedelta(hours=found.hour)).astimezone(zone).hour
        day = counts[found.site_id]
        if found.first:
            day = replace(day, first_time=_added(day.first_time, hour, found.visits))
        else:
            day = replace(day, returning=_added(day.returning, hour, found.visits))
        counts[found.site_id] = day


def _added(numbers: Sequence[int], place: int, more: int) -> tuple[int, ...]:
    return (*numbers[:place], numbers[place] + more, *numbers[place + 1 :])


async def _crops(store: Store, counts: Counts, span: Span, _: tzinfo) -> None:
    for found in await store.figures.crops([*counts], *span):
        day = counts[found.site_id]
        kinds = {found.kind: found.crops} if found.kind else {}
        counts[found.site_id] = replace(
            day,
            statuses=_plus(day.statuses, {found.status: found.crops}),
            kinds=_plus(day.kinds, kinds),
            bytes=day.bytes + found.bytes,
        )
    for why in await store.figures.reasons([*counts], *span):
        day = counts[why.site_id]
        counts[why.site_id] = replace(day, reasons=_plus(day.reasons, {why.kind: why.count}))


def _plus(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return dict(Counter(one) + Counter(other))


async def _questions(store: Store, counts: Counts, span: Span, _: tzinfo) -> None:
    for found in await store.figures.asked([*counts], *span):
        day = counts[found.site_id]
        given_up = found.count if found.kind == QuestionStatus.EXPIRED else 0
        counts[found.site_id] = replace(
            day, asked=day.asked + found.count, given_up=day.given_up + given_up
        )


async def _answers(store: Store, counts: Counts, span: Span, _: tzinfo) -> None:
    for found in await store.figures.given([*counts], *span):
        day = counts[found.site_id]
        counts[found.site_id] = replace(
            day,
            answered=day.answered + 1,
            undone=day.undone + found.undone,
            answered_by=_plus(day.answered_by, {found.account_id: 1}),
            answered_in=_plus(day.answered_in, {found.via: 1}),
            waits=_added(day.waits or NO_WAITS, bisect_right(WAITS, found.waited_s), 1),
        )


NO_WAITS = (0,) * (len(WAITS) + 1)


async def _confidences(store: Store, counts: Counts, span: Span, _: tzinfo) -> None:
    said = await proofs(store, [*counts], since=span[0], until=span[1], most=MOST_PROOFS)
    for proof in said:
        day, band = counts[proof.site_id], band_of(proof.confidence)
        if proof.right:
            day = replace(day, confirmed=_added(day.confirmed, band, 1))
        else:
            day = replace(day, rejected=_added(day.rejected, band, 1))
        counts[proof.site_id] = day
    for apart in await store.figures.told_apart([*counts], *span):
        day = counts[apart.site_id]
        rejected = _added(day.rejected, band_of(apart.confidence), 1)
        counts[apart.site_id] = replace(day, rejected=rejected)


def band_of(confidence: float) -> int:
    """Return which tenth a confidence is in."""
    return min(max(int(confidence * BANDS), 0), BANDS - 1)


def summed(counts: Sequence[DayCount]) -> DayCount | None:
    """Return the counts of several days and sites as one, whose time is the whole of theirs."""
    if not counts:
        return None
    return replace(
        counts[0],
        start=min(count.start for count in counts),
        end=max(count.end for count in counts),
        made_at=max(count.made_at for count in counts),
        first_time=_sum([count.first_time for count in counts]),
        returning=_sum([count.returning for count in counts]),
        statuses=_merged([count.statuses for count in counts]),
        kinds=_merged([count.kinds for count in counts]),
        reasons=_merged([count.reasons for count in counts]),
        bytes=sum(count.bytes for count in counts),
        asked=sum(count.asked for count in counts),
        given_up=sum(count.given_up for count in counts),
        answered=sum(count.answered for count in counts),
        undone=sum(count.undone for count in counts),
        answered_by=_merged([count.answered_by for count in counts]),
        answered_in=_merged([count.answered_in for count in counts]),
        waits=_sum([count.waits for count in counts if count.waits]),
        confirmed=_sum([count.confirmed for count in counts]),
        rejected=_sum([count.rejected for count in counts]),
    )


def _sum(rows: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def _merged(parts: Sequence[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, number in part.items():
            total[name] = total.get(name, 0) + number
    return total


def wait_of(waits: Sequence[int], share: float) -> timedelta | None:
    """Return about how long it took until so great a share was answered; None without answers.

    It is as exact as the bounds are close: a fifth more or less.
    """
    total, passed = sum(waits), 0
    for place, count in enumerate(waits):
        passed += count
        if total and passed >= share * total:
            bounds = (0.0, *WAITS, WAITS[-1])
            return timedelta(seconds=(bounds[place] + bounds[place + 1]) / 2)
    return None
