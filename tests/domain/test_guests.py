"""Guests: announced for a day, noticed once when they come, told to the host, forgotten."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.decisions import Dismiss, ItIs, Name, decide, not_them
from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.guests import MOST_EXPECTED, cancel, coming, expect, unmet
from domain.ids import new_id
from domain.records import Account, CardKind, Guest, PersonStatus, Role, Site
from domain.whereabouts import end_visits
from tests.domain.staff import change, dealt, hire
from tests.domain.world import GAP, NOON, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = NOON.date()
BERLIN = ZoneInfo("Europe/Berlin")
QUESTION, GUEST = [CardKind.QUESTION], [CardKind.GUEST]
BOTH = [CardKind.GUEST, CardKind.QUESTION]


async def announce(
    world: World, name: str, *, account: Account | None = None, **values: Any
) -> Guest:
    """Announce somebody for today, for Maria unless somebody else is the host."""
    given: dict[str, Any] = {"day": TODAY, "site_id": world.site.id, "zone": UTC, **values}
    return await expect(
        world.store, name=name, account=account or world.maria, now=world.now, **given
    )


async def now_is(world: World, guest: Guest) -> Guest:
    """Return what is kept of a guest now."""
    found = await world.store.guests.get(guest.id)
    assert found
    return found


async def test_somebody_known_is_announced_once(world: World) -> None:
    """With the first visit, whatever the case of the name; the host alone is told."""
    anna = await world.person("Anna")
    guest = await announce(world, "  anna ")
    seen = await world.see(anna)
    assert await dealt(world, seen.visit) == {"Maria": GUEST}
    arrived = (await now_is(world, guest)).arrived
    assert arrived
    assert (arrived.person_id, arrived.visit_id, arrived.at) == (anna.id, seen.visit.id, NOON)
    world.now += 2 * GAP
    assert await dealt(world, (await world.see(anna)).visit) == {}


async def test_a_host_is_told_through_a_pause(world: World) -> None:
    """Whoever expects somebody wants to know; two hosts are both told, each once."""
    await change(world, world.maria, muted_until=NOON + HOUR)
    anna = await world.person("Anna")
    for host in (world.maria, world.otto, world.maria):
        await announce(world, "Anna", account=host)
    assert await dealt(world, (await world.see(anna)).visit) == {"Maria": GUEST, "Otto": GUEST}


@pytest.mark.parametrize("missing", ["another day", "elsewhere", "blocked", "nameless", "namesake"])
async def test_nobody_else_is_taken_for_the_guest(world: World, missing: str) -> None:
    """Not on another day or at another site, nor who is blocked or has another name."""
    values: dict[str, Any] = {}
    if missing == "another day":
        values["day"] = TODAY + DAY
    if missing == "elsewhere":
        values["site_id"] = await annex(world)
    guest = await announce(world, "Anna", account=await hire(world, "Ada", Role.ADMIN), **values)
    person = await world.person(
        {"nameless": None, "namesake": "Annabel"}.get(missing, "Anna"),
        status=PersonStatus.BLOCKED if missing == "blocked" else PersonStatus.KNOWN,
    )
    seen = await world.see(person)
    assert CardKind.GUEST not in (await dealt(world, seen.visit)).get("Ada", [])
    assert (await now_is(world, guest)).arrived is None


async def annex(world: World) -> Any:
    """Make another site; return its id."""
    site = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(site)
    return site.id


async def test_a_stranger_named_like_the_guest_is_the_guest(world: World) -> None:
    """Otto answers; Maria, who expects Bob, is told beside the question in her chat."""
    guest = await announce(world, "Bob")
    seen = await world.see()
    assert [g.id for g in await unmet(world.store, seen.visit)] == [guest.id]
    await world.say(Name("Bob"), seen.question, world.otto)
    assert await dealt(world, seen.visit) == {"Maria": BOTH, "Otto": QUESTION}
    assert (await now_is(world, guest)).arrived
    assert await unmet(world.store, seen.visit) == []


async def test_who_says_it_themselves_need_not_be_told(world: World) -> None:
    """The host answers: the guest has arrived, and no card says so."""
    guest = await announce(world, "Bob")
    seen = await world.see()
    await world.say(Name("Bob"), seen.question)
    assert await dealt(world, seen.visit) == {"Maria": QUESTION, "Otto": QUESTION}
    assert (await now_is(world, guest)).arrived


async def test_who_turns_out_to_be_the_guest_is_the_guest(world: World) -> None:
    """A doubt settled as Anna tells her host, and whoever asked to be told of her; no other."""
    anna = await world.person("Anna")
    await announce(world, "Anna")
    doubtful = await world.see(maybe=[anna])
    await world.say(ItIs(anna.id), doubtful.question, world.otto)
    assert (await dealt(world, doubtful.visit))["Maria"] == BOTH
    other = await world.see()
    await world.say(Dismiss(), other.question, world.otto)
    assert await dealt(world, other.visit) == {"Maria": QUESTION, "Otto": QUESTION}


async def test_only_guests_nobody_knows_are_offered(world: World) -> None:
    """Each name once, by name; Anna is known, and would have been recognised."""
    await world.person("Anna")
    for name in ("Carl", "Anna", "Bob"):
        await announce(world, name)
    await announce(world, "BOB", account=world.otto)
    await announce(world, "Dora", day=TODAY + DAY)
    seen = await world.see()
    assert [g.name.casefold() for g in await unmet(world.store, seen.visit)] == ["bob", "carl"]


async def test_a_day_is_that_of_the_zone(world: World) -> None:
    """In Berlin the 23rd begins at eleven in the evening of the 22nd in Greenwich."""
    guest = await announce(world, "Bob", day=date(2026, 11, 23), zone=BERLIN)
    assert guest.starts_at == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert guest.ends_at - guest.starts_at == DAY
    for at, there in (
        (guest.starts_at - timedelta(seconds=1), []),
        (guest.starts_at, [guest]),
        (guest.ends_at - timedelta(seconds=1), [guest]),
        (guest.ends_at, []),
    ):
        assert await world.store.guests.expected(world.site.id, at) == there


async def test_a_late_answer_still_tells(world: World) -> None:
    """What counts is when they came, not when somebody said who it was."""
    await announce(world, "Bob")
    seen = await world.see()
    world.now += 20 * HOUR
    await world.say(Name("Bob"), seen.question, world.otto)
    assert (await dealt(world, seen.visit))["Maria"] == BOTH


async def test_a_host_who_left_is_not_told(world: World) -> None:
    """Nor one who may not see the site any more, nor one without a chat."""
    anna = await world.person("Anna")
    eva = await hire(world, "Eva", Role.MANAGER)
    ben = await hire(world, "Ben", Role.MANAGER)
    for host in (eva, ben):
        await announce(world, "Anna", account=host)
    await change(world, eva, site_ids=())
    await change(world, ben, chat_id=None)
    assert await dealt(world, (await world.see(anna)).visit) == {}


async def test_announcing_twice_is_announcing_once(world: World) -> None:
    """The same host, name and day; another day is another visit."""
    first = await announce(world, "Bob")
    assert await announce(world, "bob") == first
    later = await announce(world, "Bob", day=TODAY + DAY)
    assert await coming(world.store, [world.site.id], NOON) == [first, later]
    assert await coming(world.store, None, NOON + DAY) == [later]
    assert await coming(world.store, [new_id()], NOON) == []


async def test_who_may_not_answer_may_not_announce(world: World) -> None:
    """Nor may anybody for a day gone by, or without a name."""
    vera = await hire(world, "Vera", Role.VIEWER)
    with pytest.raises(NotAllowedError):
        await announce(world, "Bob", account=vera)
    with pytest.raises(InvalidError, match="over already"):
        await announce(world, "Bob", day=TODAY - DAY)
    with pytest.raises(InvalidError, match="at least one letter"):
        await announce(world, " ")
    assert await coming(world.store, None, NOON) == []


async def test_a_day_has_room_for_so_many(world: World) -> None:
    """A hundred; the next is refused."""
    for number in range(MOST_EXPECTED):
        await announce(world, f"Guest {number}")
    with pytest.raises(InvalidError, match="100 guests"):
        await announce(world, "One more")


async def test_a_guest_is_taken_back(world: World) -> None:
    """By the host, or whoever answers for the site; once; not when they are there already."""
    guest, known = await announce(world, "Bob"), await world.person("Anna")
    uwe = await hire(world, "Uwe", Role.MANAGER, site_ids=(new_id(),))
    with pytest.raises(NotAllowedError):
        await cancel(world.store, guest_id=guest.id, account=uwe)
    assert await cancel(world.store, guest_id=guest.id, account=world.otto) == guest
    with pytest.raises(NotFoundError):
        await cancel(world.store, guest_id=guest.id, account=world.maria)
    there = await announce(world, "Anna")
    await world.see(known)
    with pytest.raises(NotFoundError):
        await cancel(world.store, guest_id=there.id, account=world.maria)


@pytest.mark.parametrize("there", [True, False])
async def test_who_is_named_unasked_is_the_guest_while_they_are_there(
    world: World, *, there: bool
) -> None:
    """In the panel, say; a visit that is over is nobody's arrival."""
    guest = await announce(world, "Bob")
    seen = await world.see()
    if not there:
        await end_visits(world.store, NOON + HOUR)
    await decide(
        world.store,
        person_id=seen.person.id,
        answer=Name("Bob"),
        account=world.otto,
        via="panel",
        now=world.now,
    )
    assert ((await now_is(world, guest)).arrived is not None) == there
    assert (await dealt(world, seen.visit))["Maria"] == (BOTH if there else QUESTION)


async def test_who_was_somebody_else_has_not_come(world: World) -> None:
    """Maria splits the visit off: Anna is awaited still, and reported when she comes."""
    anna = await world.person("Anna")
    await announce(world, "Anna")
    wrong = await world.see(anna)
    assert await coming(world.store, None, NOON) == []
    await not_them(
        world.store, visit_id=wrong.visit.id, account=world.maria, via="chat", now=world.now
    )
    [guest] = await coming(world.store, None, NOON)
    world.now += 2 * GAP
    seen = await world.see(anna)
    assert (await dealt(world, seen.visit))["Maria"] == GUEST
    arrived = (await now_is(world, guest)).arrived
    assert arrived
    assert arrived.visit_id == seen.visit.id


async def test_who_has_another_name_since_has_come_all_the_same(world: World) -> None:
    """Bob is Bob Miller by now; nobody waits for him."""
    await announce(world, "Bob")
    seen = await world.see()
    outcome = await world.say(Name("Bob"), seen.question)
    await decide(
        world.store,
        person_id=outcome.person.id,
        answer=Name("Bob Miller"),
        account=world.maria,
        via="chat",
        now=world.now,
    )
    assert await unmet(world.store, seen.visit) == []


async def test_two_cameras_at_once_report_once(world: World) -> None:
    """Two people of the name of the guest at the same instant: one is the guest."""
    annas = [await world.person("Anna") for _ in range(2)]
    await announce(world, "Anna")
    seen = await asyncio.gather(*(world.see(anna) for anna in annas))
    told = [await dealt(world, one.visit) for one in seen]
    assert sorted(told, key=len) == [{}, {"Maria": GUEST}]
