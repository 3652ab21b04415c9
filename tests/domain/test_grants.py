"""What people say of a door counts while it is asked, once, and never later."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import InvalidError, NotAllowedError, NotFoundError, UsherError
from domain.evidence import Reason
from domain.grants import conclude, erase, expire, rule
from domain.ids import new_id
from domain.policy import DoorPolicy
from domain.records import Account, Grant, GrantStatus, Id, PersonStatus, Role
from tests.domain.door import at
from tests.domain.doorway import SECOND, Doorway
from tests.domain.world import World


@pytest.fixture
def doorway(world: World) -> Doorway:
    """A doorway of the world."""
    return Doorway(world=world)


async def asked(doorway: Doorway) -> Grant:
    """Return a grant that people are asked about: it may be Anna."""
    await doorway.known("Anna")
    await doorway.door()
    for n in range(3):
        await doorway.crop(at(66 - n))
    [grant] = await doorway.log()
    assert grant.status is GrantStatus.ASKED
    return grant


async def press(
    doorway: Doorway, grant: Grant, *, opens: bool = True, who: Account | None = None
) -> Grant:
    """Press Open, or No: Maria unless somebody else does."""
    return await rule(
        doorway.world.store,
        grant_id=grant.id,
        opens=opens,
        account=who or doorway.world.maria,
        via="chat",
        now=doorway.world.now,
        policy=DoorPolicy(),
    )


async def now(doorway: Doorway, id_: Id) -> Grant:
    """Return a grant as it is by now."""
    found = await doorway.world.store.grants.get(id_)
    assert found
    return found


async def test_open_grants_it_for_some_seconds(doorway: Doorway) -> None:
    """From the press on, not from when it was asked; the log says who."""
    grant = await asked(doorway)
    doorway.world.now += 20 * SECOND
    opened = await press(doorway, grant)
    assert opened == await now(doorway, grant.id)
    assert (opened.status, opened.expires_at) == ("granted", doorway.world.now + 5 * SECOND)
    assert opened.ruling
    assert (opened.ruling.account_name, opened.ruling.at) == ("Maria", doorway.world.now)


async def test_no_leaves_it_shut_for_a_while(doorway: Doorway) -> None:
    """And holds for a minute, also if she is recognised then: somebody has looked."""
    grant = await asked(doorway)
    refused = await press(doorway, grant, opens=False)
    assert (refused.status, refused.reasons) == ("refused", (Reason.SAID_NO,))
    for n in range(3):
        await doorway.crop(at(n))
    assert len(await doorway.log()) == 1
    doorway.world.now += 60 * SECOND
    for n in range(3):
        await doorway.crop(at(n))
    assert [g.status for g in await doorway.log()] == ["refused", "granted"]


async def test_a_press_on_an_old_card_opens_nothing(doorway: Doorway) -> None:
    """Whether the worker has ended it yet or not: the presser is told, the log has it."""
    grant = await asked(doorway)
    doorway.world.now = grant.expires_at
    for _ in range(2):
        with pytest.raises(InvalidError, match="Too late"):
            await press(doorway, grant)
        over = await now(doorway, grant.id)
        assert (over.status, over.ruling) == ("expired", None)
        assert over.reasons == (Reason.UNANSWERED, Reason.PRESSED_LATE)
        assert await expire(doorway.world.store, doorway.world.now) == 0


async def test_the_first_answer_counts(doorway: Doorway) -> None:
    """Two press at the same instant, one Open and one No: one is told who was quicker, 20 times."""
    maria, otto = doorway.world.maria, doorway.world.otto
    grant = await asked(doorway)
    for _ in range(20):
        await doorway.world.store.grants.save(grant)
        said = await asyncio.gather(
            press(doorway, grant, who=maria),
            press(doorway, grant, opens=False, who=otto),
            return_exceptions=True,
        )
        told = [error for error in said if isinstance(error, UsherError)]
        [settled] = [one for one in said if isinstance(one, Grant)]
        assert settled == await now(doorway, grant.id)
        assert settled.ruling
        winner = settled.ruling.account_name
        assert [str(error) for error in told] == [f"{winner} was quicker."]
        assert (settled.status == "granted") is (winner == "Maria")


async def test_a_press_and_a_recognition_at_once_open_once(doorway: Doorway) -> None:
    """Whichever was first, there is one grant, and it is granted once, 10 times."""
    grant = await asked(doorway)
    await press(doorway, grant)
    doorway.world.now += timedelta(minutes=2)
    for turn in range(10):
        fresh = replace(grant, id=new_id(), used=(), expires_at=doorway.world.now + 30 * SECOND)
        await doorway.world.store.grants.add(replace(fresh, at=doorway.world.now))
        for n in range(2):
            await doorway.crop(at(n))
        said = await asyncio.gather(
            press(doorway, fresh), doorway.crop(at(2)), return_exceptions=True
        )
        mine = [g for g in await doorway.log() if g.at >= doorway.world.now - 5 * SECOND]
        assert [g.id for g in mine] == [fresh.id]
        told = [str(error) for error in said if isinstance(error, UsherError)]
        assert told in ([], ["They were recognised meanwhile."]), turn
        assert (mine[0].ruling is None) is bool(told)
        doorway.world.now += timedelta(minutes=2)


@pytest.mark.parametrize(
    "changed",
    [
        {"status": PersonStatus.BLOCKED},
        {"visitor": True, "visitor_until": None},
    ],
    ids=["blocked", "time over"],
)
async def test_what_changed_since_it_was_asked_counts(
    doorway: Doorway, changed: dict[str, object]
) -> None:
    """Blocked, or no visitor any more: Open opens nothing then."""
    grant = await asked(doorway)
    assert grant.person_id
    anna = await doorway.world.someone(grant.person_id)
    if "visitor_until" in changed:
        changed = {**changed, "visitor_until": doorway.world.now}
    await doorway.world.store.persons.save(replace(anna, **changed))  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="stays shut"):
        await press(doorway, grant)
    after = await now(doorway, grant.id)
    assert (after.status, len(after.reasons)) == ("refused", 1)


async def test_a_door_that_was_removed_stays_shut(doorway: Doorway) -> None:
    """Though people are asked about it still."""
    grant = await asked(doorway)
    door = await doorway.world.store.doors.get(grant.door_id)
    assert door
    await doorway.world.store.doors.save(replace(door, disabled_at=doorway.world.now))
    with pytest.raises(InvalidError, match="stays shut"):
        await press(doorway, grant)
    assert (await now(doorway, grant.id)).reasons == (Reason.REMOVED,)


async def test_only_those_who_answer_for_the_site_open(doorway: Doorway) -> None:
    """Neither a viewer nor a manager of another site; nor is there anything to press otherwise."""
    grant = await asked(doorway)
    maria = doorway.world.maria
    for other in (replace(maria, role=Role.VIEWER), replace(maria, site_ids=(new_id(),))):
        with pytest.raises(NotAllowedError):
            await press(doorway, grant, who=other)
    with pytest.raises(NotFoundError):
        await press(doorway, replace(grant, id=new_id()))
    unasked = replace(grant, id=new_id(), asked=False, used=(), status=GrantStatus.GRANTED)
    await doorway.world.store.grants.add(unasked)
    with pytest.raises(NotFoundError):
        await press(doorway, unasked)
    assert (await now(doorway, grant.id)).status == "asked"


async def test_what_nobody_answers_is_over(doorway: Doorway) -> None:
    """At its time and not before; what was granted and not delivered as well. Cards show it."""
    grant = await asked(doorway)
    given = replace(
        grant,
        id=new_id(),
        used=(),
        status=GrantStatus.GRANTED,
        claimed_until=grant.expires_at + SECOND,
    )
    await doorway.world.store.grants.add(given)
    assert await expire(doorway.world.store, grant.expires_at - SECOND / 10) == 0
    assert await expire(doorway.world.store, grant.expires_at) == 1
    assert await expire(doorway.world.store, grant.expires_at + SECOND) == 1
    ended = [await now(doorway, id_) for id_ in (grant.id, given.id)]
    assert [(g.status, g.reasons) for g in ended] == [
        ("expired", (Reason.UNANSWERED,)),
        ("expired", (Reason.UNDELIVERED,)),
    ]
    later = doorway.world.now + timedelta(1)
    cards = await doorway.world.store.outbox.claim(now=later, until=later + SECOND, limit=50)
    assert {c.revision for c in cards if c.grant_id == grant.id} == {2}


async def test_who_is_forgotten_is_forgotten_by_the_doors(doorway: Doorway) -> None:
    """Their entries are deleted, and their cards have something new to show: nothing."""
    grant = await asked(doorway)
    assert grant.person_id
    other = replace(grant, id=new_id(), person_id=new_id(), used=())
    await doorway.world.store.grants.add(other)
    members = [grant.person_id]
    await doorway.world.store.transact(lambda records: erase(records, members, doorway.world.now))
    assert [g.id for g in await doorway.log()] == [other.id]
    later = doorway.world.now + timedelta(1)
    cards = await doorway.world.store.outbox.claim(now=later, until=later + SECOND, limit=50)
    assert {c.revision for c in cards if c.grant_id == grant.id} == {2}


async def test_who_lost_the_lease_writes_nothing(doorway: Doorway) -> None:
    """Another has it by now, and knows better."""
    grant = await asked(doorway)
    await press(doorway, grant)
    store, moment = doorway.world.store, doorway.world.now
    first = await store.grants.claim(now=moment, until=moment + SECOND)
    assert first
    assert await store.grants.claim(now=moment, until=moment + SECOND) is None
    second = await store.grants.claim(now=moment + SECOND, until=moment + 2 * SECOND)
    assert second
    done = replace(first, status=GrantStatus.DELIVERED)
    assert not await conclude(store, first, done, moment)
    assert (await now(doorway, grant.id)).status == "granted"
    assert await conclude(store, second, done, moment)
    assert (await now(doorway, grant.id)).status == "delivered"
    assert await store.grants.claim(now=moment + SECOND, until=moment + 9 * SECOND) is None
