"""What happened, counted by day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.counting import (
    AGAIN,
    KEPT_DAYS,
    SETTLED,
    WAITS,
    band_of,
    count_day,
    count_finished,
    count_today,
    days_until,
    summed,
    wait_of,
)
from domain.decisions import Dismiss, IsNot, ItIs, Name, not_them
from domain.ids import new_id
from domain.records import DayCount, DetectionStatus, MatchKind, PersonStatus
from tests.domain.world import NOON, World

BERLIN = ZoneInfo("Europe/Berlin")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


async def today(world: World) -> DayCount:
    """Count the day of NOON at the world's site."""
    [span] = days_until(NOON, UTC, 1)
    [found] = await count_day(world.store, [world.site.id], span, UTC, NOON)
    return found


def test_days_are_those_of_the_zone() -> None:
    """From midnight to midnight there, also when the clocks are changed; today is the last."""
    now = datetime(2026, 10, 26, 0, 30, tzinfo=BERLIN)
    changed, last = days_until(now, BERLIN, 2)
    assert changed[1] - changed[0] == timedelta(hours=25)
    assert changed[1] == last[0] == datetime(2026, 10, 25, 23, tzinfo=UTC)


async def test_arrivals_are_by_hour_and_new_or_not(world: World) -> None:
    """Whoever has been there before comes back; the hours are those of the zone."""
    anna = await world.person("Anna")
    await world.see(anna, at=NOON)
    world.now = NOON + 2 * HOUR
    await world.see(anna, at=world.now)
    await world.see(at=world.now)
    [span] = days_until(NOON, BERLIN, 1)
    [found] = await count_day(world.store, [world.site.id], span, BERLIN, NOON)
    here = NOON.astimezone(BERLIN).hour
    assert {hour: n for hour, n in enumerate(found.first_time) if n} == {here: 1, here + 2: 1}
    assert {hour: n for hour, n in enumerate(found.returning) if n} == {here + 2: 1}


async def test_crops_are_by_status_answer_and_reason(world: World) -> None:
    """With the bytes of their pictures; those of another day are not among them."""
    seen = await world.see(kind=MatchKind.UNSURE)
    spoilt = replace(
        seen.crop,
        id=new_id(),
        status=DetectionStatus.UNUSABLE,
        match=None,
        reasons=("blurred", "too_small"),
    )
    await world.store.detections.add(spoilt)
    await world.store.detections.add(replace(seen.crop, id=new_id(), captured_at=NOON - DAY))
    found = await today(world)
    assert found.statuses == {"classified": 1, "unusable": 1}
    assert found.kinds == {"unsure": 1}
    assert found.reasons == {"blurred": 1, "too_small": 1}
    assert found.bytes == 2


async def test_answers_are_by_whom_and_after_how_long(world: World) -> None:
    """Those that end a question; one taken back is still one, and said to be taken back."""
    asked = [(await world.see()).question for _ in range(3)]
    world.now = NOON + 10 * MINUTE
    await world.say(Name("Anna"), asked[0])
    undone = await world.say(Dismiss(), asked[1], world.otto)
    await world.undo(undone.decision, world.otto)
    found = await today(world)
    assert (found.asked, found.answered, found.undone, found.given_up) == (3, 2, 1, 0)
    assert found.answered_by == {world.maria.id: 1, world.otto.id: 1}
    assert found.answered_in == {"chat": 2}
    median = wait_of(found.waits, 0.5)
    assert median
    assert median / (10 * MINUTE) == pytest.approx(1, rel=0.3)


async def test_confidences_are_proved_by_answers(world: World) -> None:
    """Right and wrong by tenths; "not Anna" alone says nothing until somebody says who it is."""
    anna = await world.person("Anna")
    asked = [(await world.see(maybe=[anna])).question for _ in range(3)]
    await world.say(ItIs(anna.id), asked[0])
    await world.say(Name("Zoe"), asked[1])
    await world.say(IsNot(anna.id), asked[2])
    found = await today(world)
    assert sum(found.confirmed) == found.confirmed[7] == 1
    assert sum(found.rejected) == found.rejected[7] == 1


async def test_a_visit_told_apart_was_a_wrong_match(world: World) -> None:
    """At the confidence it had; as long as that is not taken back."""
    seen = await world.see(await world.person("Anna"))
    await world.store.visits.save(replace(seen.visit, confidence=0.93))
    made = await not_them(
        world.store, visit_id=seen.visit.id, account=world.maria, via="panel", now=world.now
    )
    assert (await today(world)).rejected[9] == 1
    await world.undo(made.decision)
    assert sum((await today(world)).rejected) == 0


async def test_finished_days_are_counted_once_and_again_for_a_week(world: World) -> None:
    """From the day on which there was a site; then they stay as they are."""
    await world.see(at=NOON)
    later = NOON + DAY
    assert await count_finished(world.store, UTC, later) == 1
    assert await count_finished(world.store, UTC, later) == 0
    [count] = await world.store.day_counts.between(None, NOON - DAY, later)
    assert (sum(count.first_time), count.asked) == (1, 1)
    await world.see(at=NOON + MINUTE)
    assert await count_finished(world.store, UTC, later + AGAIN) == 1
    [again] = await world.store.day_counts.between([world.site.id], NOON - DAY, later)
    assert again.asked == 2
    assert await count_finished(world.store, UTC, count.end + SETTLED + AGAIN) > 0
    days = await world.store.day_counts.between(None, NOON - DAY, count.end + SETTLED)
    assert len(days) == len({day.start for day in days}) == 8


async def test_a_day_half_counted_is_counted_again(world: World) -> None:
    """Whoever died between a site's count and the sum of all leaves it to the next."""
    later = NOON + DAY
    await count_finished(world.store, UTC, later)
    [whole] = await world.store.day_counts.between(None, NOON - DAY, later)
    await world.store.day_counts.erase([whole.id])
    assert await count_finished(world.store, UTC, later) == 1
    assert len(await world.store.day_counts.between(None, NOON - DAY, later)) == 1


async def test_today_is_counted_every_minute(world: World) -> None:
    """By whoever comes first; once it is over it is counted as a whole."""
    assert await count_today(world.store, UTC, NOON) == 1
    assert await count_today(world.store, UTC, NOON + timedelta(seconds=40)) == 0
    await world.see(at=NOON)
    assert await count_today(world.store, UTC, NOON + MINUTE) == 1
    [count] = await world.store.day_counts.between(None, NOON - DAY, NOON)
    assert sum(count.first_time) == 1
    assert await count_finished(world.store, UTC, count.end + MINUTE) == 1


async def test_forgetting_leaves_counts_that_name_nobody(world: World) -> None:
    """No id of anybody seen is in what is kept."""
    seen = await world.see(await world.person("Anna"))
    await count_today(world.store, UTC, NOON)
    [kept] = await world.store.day_counts.between([world.site.id], NOON - DAY, NOON)
    for id_ in (seen.person.id, seen.crop.id, seen.visit.id):
        assert id_ not in str(kept)


async def test_people_are_counted_by_status_and_site(world: World) -> None:
    """Merged ones are one; where nobody was seen, nobody is."""
    await world.person()
    anna = await world.person("Anna")
    await world.see(anna)
    await count_today(world.store, UTC, NOON)
    [here] = await world.store.day_counts.between([world.site.id], NOON - DAY, NOON)
    [everywhere] = await world.store.day_counts.between(None, NOON - DAY, NOON)
    assert here.people == {"known": 1}
    assert everywhere.people == {"known": 1, "unknown": 1}
    figures = world.store.figures
    assert await figures.people(None) == {PersonStatus.UNKNOWN: 1, PersonStatus.KNOWN: 1}
    assert await figures.people([new_id()]) == {}


def test_nothing_counted_sums_to_nothing() -> None:
    """Days and sites add up; without any there is no sum."""
    assert summed([]) is None
    one = DayCount(
        id=new_id(),
        site_id=new_id(),
        start=NOON,
        end=NOON + DAY,
        made_at=NOON,
        kinds={"match": 2},
        asked=3,
    )
    total = summed([one, replace(one, start=NOON + DAY, end=NOON + 2 * DAY)])
    assert total
    assert (total.start, total.end, total.kinds, total.asked) == (
        NOON,
        NOON + 2 * DAY,
        {"match": 4},
        6,
    )
    assert len(days_until(NOON, UTC, KEPT_DAYS)) == KEPT_DAYS


@given(st.floats(0, 1), st.lists(st.integers(0, 9), min_size=32, max_size=32))
def test_shares_of_answers_take_a_time_between_the_bounds(share: float, waits: list[int]) -> None:
    """None without answers; never beyond the last bound."""
    found = wait_of(waits, share)
    assert (found is None) == (sum(waits) == 0)
    assert found is None or timedelta(0) < found <= timedelta(seconds=WAITS[-1])


@given(st.floats(0, 1))
def test_every_confidence_is_in_one_tenth(confidence: float) -> None:
    """The last one holds certainty, too."""
    assert 0 <= band_of(confidence) <= 9
    assert band_of(0.79) == 7
