"""What happened, how questions were answered, and how well recognition does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from aiohttp import web

from admin_web import words
from admin_web.day_charts import DAYS_OF_WEEK, Columns, Truth, columns, truth, week
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from admin_web.rendering import page
from domain.counting import days_until, summed, wait_of
from domain.errors import NotFoundError
from domain.ids import parse_id
from domain.records import Account, DayCount, Id, PersonStatus, Role, Site, WorkerState
from domain.store import Store

SPANS = (7, 30, 90)
MOST_REASONS = 8
Days = Sequence[tuple[date, DayCount | None]]
# Fewer answers say little of whether a percentage is true.
FEW_ANSWERS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """How questions were answered; `by` are names with how many each, most first."""

    asked: int
    answered: int
    given_up: int
    undone: int
    median: timedelta | None
    most: timedelta | None
    by: tuple[tuple[str, int], ...]
    chat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How well recognition does; shares are 0 to 1, None where there is nothing to share."""

    crops: int
    a_day: float
    unsure: float | None
    unusable: float | None
    failed: int
    spoofs: int
    bytes_a_day: float
    ms: float | None
    people: int
    right: float | None
    said: float | None
    proofs: int


async def show_analytics(request: web.Request) -> web.Response:
    """Show the last days of the sites that somebody may see."""
    store, account, options = request.app[STORE], request[ACCOUNT], request.app[OPTIONS]
    zone = options.timezone
    now = request.app[CLOCK]()
    days = _days(request.query.get("days", ""))
    sites = await _sites(store, account)
    chosen = _chosen(sites, request.query.get("site", ""))
    spans = days_until(now, zone, days)
    one = request.query.get("site") and chosen[0].id
    everything = account.role is Role.ADMIN and not one
    ids = None if everything else [site.id for site in chosen]
    counts = await store.day_counts.between(ids, spans[0][0], spans[-1][1])
    by_day = _by_day(counts, spans, zone)
    hours = _week(by_day)
    total = summed([count for _, count in by_day if count])
    workers = await store.workers.alive(now - options.alive)
    return await page(
        request,
        "analytics.html",
        days=days,
        spans=SPANS,
        sites=sites,
        site=one or None,
        missing=_missing(chosen, spans, counts),
        counted=total.made_at if total else None,
        arrivals=_arrivals(by_day),
        first=sum(total.first_time) if total else 0,
        arrived=sum(total.first_time) + sum(total.returning) if total else 0,
        hours=week(hours),
        busiest=_busiest(hours),
        kinds=_kinds(by_day),
        people=await _people(store, ids, counts),
        statuses=list(PersonStatus),
        answering=await _answering(store, total),
        health=_health(total, days, workers),
        reasons=[(words.reason(why), number) for why, number in _reasons(total)],
        keep=options.rules.now.images_days,
        truth=_truth(total),
        few=FEW_ANSWERS,
    )


def _days(text: str) -> int:
    return int(text) if text in {str(span) for span in SPANS} else SPANS[1]


async def _sites(store: Store, account: Account) -> list[Site]:
    return [site for site in await store.sites.all() if account.may_see(site.id)]


def _chosen(sites: Sequence[Site], text: str) -> list[Site]:
    """Return the sites to count; raise NotFoundError for one that is not theirs to see."""
    if not text:
        return list(sites)
    found = [site for site in sites if site.id == parse_id(text)]
    if not found:
        raise NotFoundError("There is no such site.")
    return found


async def _people(
    store: Store, ids: Sequence[Id] | None, counts: Sequence[DayCount]
) -> Mapping[str, int]:
    """Return how many people there are by status, as counted last; else count them now.

    Of several sites they are counted now: whoever was at two of them is one.
    """
    last = counts[-1].people if counts else {}
    if last and (ids is None or len(ids) == 1):
        return last
    return {status.value: number for status, number in (await store.figures.people(ids)).items()}


def _missing(
    sites: Sequence[Site],
    spans: Sequence[tuple[datetime, datetime]],
    counts: Sequence[DayCount],
) -> int:
    """Return how many days are still to be counted."""
    there = {(count.site_id, count.start) for count in counts}
    return len(
        {
            start
            for start, end in spans
            for site in sites
            if site.created_at < end and not there & {(site.id, start), (None, start)}
        }
    )


def _by_day(
    counts: Sequence[DayCount], spans: Sequence[tuple[datetime, datetime]], zone: tzinfo
) -> Days:
    """Return the counts of each day, None where nothing was counted."""
    days: dict[datetime, list[DayCount]] = {start: [] for start, _ in spans}
    for count in counts:
        days.get(count.start, []).append(count)
    return [(start.astimezone(zone).date(), summed(found)) for start, found in days.items()]


def _arrivals(days: Days) -> Columns:
    return columns(
        [day for day, _ in days],
        (
            ("tone-1", [sum(count.returning) if count else 0 for _, count in days]),
            ("tone-2", [sum(count.first_time) if count else 0 for _, count in days]),
        ),
    )


def _kinds(days: Days) -> Columns:
    return columns(
        [day for day, _ in days],
        [
            (look, [count.kinds.get(kind, 0) if count else 0 for _, count in days])
            for look, kind in (("tone-1", "match"), ("tone-2", "unsure"), ("tone-3", "stranger"))
        ],
    )


def _week(days: Days) -> list[list[int]]:
    """Return the arrivals of each hour of the seven days of the week."""
    hours = [[0] * 24 for _ in DAYS_OF_WEEK]
    for day, count in days:
        if count:
            pairs = zip(count.first_time, count.returning, strict=True)
            for hour, (first, again) in enumerate(pairs):
                hours[day.weekday()][hour] += first + again
    return hours


def _busiest(hours: Sequence[Sequence[int]]) -> tuple[str, int] | None:
    """Return the day and hour of the week with most arrivals."""
    number, day, hour = max(
        (number, -day, -hour) for day, row in enumerate(hours) for hour, number in enumerate(row)
    )
    names = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
    return (names[-day], -hour) if number else None


async def _answering(store: Store, total: DayCount | None) -> Answering | None:
    if total is None:
        return None
    accounts = await store.accounts.some([Id(id_) for id_ in total.answered_by])
    named = [
        (accounts[Id(id_)].name if Id(id_) in accounts else "Somebody who has left", number)
        for id_, number in total.answered_by.items()
    ]
    return Answering(
        asked=total.asked,
        answered=total.answered,
        given_up=total.given_up,
        undone=total.undone,
        median=wait_of(total.waits, 0.5),
        most=wait_of(total.waits, 0.9),
        by=tuple(sorted(named, key=lambda one: -one[1])),
        chat=total.answered_in.get("telegram", 0),
    )


def _health(total: DayCount | None, days: int, workers: Sequence[WorkerState]) -> Health | None:
    if total is None:
        return None
    crops, judged = sum(total.statuses.values()), sum(total.kinds.values())
    done, seconds = sum(w.crops for w in workers), sum(w.seconds for w in workers)
    confirmed, proofs = sum(total.confirmed), sum(total.confirmed) + sum(total.rejected)
    middle = [(n + 0.5) / len(total.confirmed) for n in range(len(total.confirmed))]
    pairs = zip(middle, total.confirmed, total.rejected, strict=True)
    return Health(
        crops=crops,
        a_day=crops / days,
        unsure=total.kinds.get("unsure", 0) / judged if judged else None,
        unusable=total.statuses.get("unusable", 0) / crops if crops else None,
        failed=total.statuses.get("failed", 0),
        spoofs=total.statuses.get("spoof", 0),
        bytes_a_day=total.bytes / days,
        ms=seconds / done * 1000 if done else None,
        people=max((w.persons for w in workers), default=0),
        right=confirmed / proofs if proofs else None,
        said=sum(m * (yes + no) for m, yes, no in pairs) / proofs if proofs else None,
        proofs=proofs,
    )


def _reasons(total: DayCount | None) -> list[tuple[str, int]]:
    """Return why crops could not be used, the most frequent first."""
    reasons = total.reasons.items() if total else ()
    return sorted(reasons, key=lambda one: -one[1])[:MOST_REASONS]


def _truth(total: DayCount | None) -> Truth:
    return truth(total.confirmed if total else (), total.rejected if total else ())
