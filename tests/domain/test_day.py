"""Who came on a day: each person once, in the zone of the house, and only where one may look."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.day import bounds, who_came
from domain.decisions import ItIs
from domain.ids import new_id
from domain.records import Best, PersonStatus, Role, Site, Visit
from storage.documents import to_document
from storage.store import MongoStore
from tests.domain.world import NOON, World

DAY = NOON.date()


async def test_each_person_comes_once_with_first_and_last(world: World) -> None:
    """Two visits of Anna and one of a stranger are two people, who came first is first."""
    anna = await world.person("Anna")
    await world.see(anna, at=NOON)
    await world.see(anna, at=NOON + timedelta(hours=3), quality=0.9)
    stranger = await world.see(at=NOON - timedelta(hours=1))
    day = await who_came(world.store, world.maria, day=DAY, zone=UTC)
    assert [one.person.id for one in day.came] == [stranger.person.id, anna.id]
    came = day.came[1]
    assert (came.visits, came.first, came.last) == (2, NOON, NOON + timedelta(hours=3))
    assert (came.best.quality, [c.name for c in came.cameras]) == (0.9, ["Door"])
    assert day.unknown == 1


async def test_the_merged_are_one(world: World) -> None:
    """A stranger who turned out to be Anna counts as Anna."""
    anna = await world.person("Anna")
    await world.see(anna, at=NOON)
    stranger = await world.see(at=NOON + timedelta(hours=1))
    await world.say(ItIs(anna.id), stranger.question)
    day = await who_came(world.store, world.maria, day=DAY, zone=UTC)
    assert [(one.person.label, one.visits) for one in day.came] == [("Anna", 2)]


async def test_a_day_is_that_of_the_zone(world: World) -> None:
    """Half past eleven in the evening of UTC is the next day in Berlin."""
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    await world.see(at=late)
    berlin = ZoneInfo("Europe/Berlin")
    assert not (await who_came(world.store, world.maria, day=DAY, zone=berlin)).came
    following = await who_came(world.store, world.maria, day=DAY + timedelta(days=1), zone=berlin)
    assert len(following.came) == 1


def test_a_day_has_23_hours_when_the_clock_is_put_forward() -> None:
    """The bounds follow the zone's own clock."""
    start, end = bounds(date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=23)


async def test_a_visit_over_midnight_belongs_to_both_days(world: World) -> None:
    """Each day is given its part."""
    anna = await world.person("Anna")
    seen = await world.see(anna, at=NOON)
    over = replace(seen.visit, last_seen_at=NOON + timedelta(hours=20))
    await world.store.visits.save(over)
    first = await who_came(world.store, world.maria, day=DAY, zone=UTC)
    second = await who_came(world.store, world.maria, day=DAY + timedelta(days=1), zone=UTC)
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    assert (first.came[0].first, first.came[0].last) == (NOON, midnight)
    assert (second.came[0].first, second.came[0].last) == (midnight, over.last_seen_at)


async def test_nobody_sees_other_sites(world: World) -> None:
    """A manager of another site reads of nobody, an admin of everybody, a group of its own."""
    await world.see(at=NOON)
    other = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(other)
    manager = replace(world.otto, site_ids=(other.id,))
    admin = replace(world.otto, role=Role.ADMIN, site_ids=())
    assert not (await who_came(world.store, manager, day=DAY, zone=UTC)).came
    asked = [world.site.id]
    assert not (await who_came(world.store, manager, day=DAY, zone=UTC, site_ids=asked)).came
    assert len((await who_came(world.store, admin, day=DAY, zone=UTC)).came) == 1
    annex = await who_came(world.store, admin, day=DAY, zone=UTC, site_ids=[other.id])
    assert not annex.came


async def test_a_full_day_among_many_is_quick(world: World, store: MongoStore) -> None:
    """500 visits of a day among 5,000 of others are told in well under two seconds."""
    people = [await world.person() for _ in range(20)]

    def visit(number: int, at: datetime) -> Visit:
        return Visit(
            id=new_id(),
            person_id=people[number % 20].id,
            site_id=world.site.id,
            opened_at=at,
            last_seen_at=at + timedelta(minutes=1),
            open=False,
            ordinal=1,
            detections=1,
            camera_ids=(world.camera.id,),
            best=Best(detection_id=new_id(), camera_id=world.camera.id, image_key="k", quality=0.5),
        )

    today = [visit(n, NOON + timedelta(minutes=n // 2)) for n in range(500)]
    earlier = [visit(n, NOON - timedelta(days=1, hours=n)) for n in range(5_000)]
    documents = [to_document(made) for made in (*today, *earlier)]
    await store.visits._collection.insert_many(documents)
    begun = time.perf_counter()
    day = await who_came(store, world.maria, day=DAY, zone=UTC)
    assert time.perf_counter() - begun < 2.0
    assert (len(day.came), sum(one.visits for one in day.came)) == (20, 500)
    assert all(one.person.status is PersonStatus.UNKNOWN for one in day.came)
