"""One face near to two strangers shows that they are one; whoever was seen together is two."""

from dataclasses import replace

import pytest

from domain.records import PersonStatus
from domain.views import canonical_people
from tests.domain.door import Door, at
from tests.domain.world import World


@pytest.fixture
def door(world: World) -> Door:
    """A door of the world."""
    return Door(world)


async def test_a_face_near_to_two_strangers_makes_them_one(door: Door, world: World) -> None:
    """All three crops are of one person, one question is open, and the journal says so."""
    seen = [await door.see(at(degrees)) for degrees in (0, 72, 36)]
    people = await canonical_people(world.store, [d.person_id for d in seen])
    assert len({person.id for person in people.values()}) == 1
    [person] = {p.id: p for p in people.values()}.values()
    assert person.number == 1
    assert await world.store.questions.open_count(None) == 1
    [decision] = await world.store.decisions.of([person.id])
    assert (decision.verb, decision.via, decision.account_id) == ("merge", "recognition", None)


async def test_strangers_seen_together_stay_two(door: Door, world: World) -> None:
    """Two faces of one frame are two people, whatever a third face is near to."""
    one = await door.see(at(0), frame="f")
    other = await door.see(at(72), frame="f")
    await door.see(at(36))
    people = await canonical_people(world.store, [one.person_id, other.person_id])
    assert len({person.id for person in people.values()}) == 2


async def test_somebody_named_is_never_merged_by_a_face(door: Door, world: World) -> None:
    """Only strangers are joined: about people with a name a manager is asked."""
    first = await door.see(at(0))
    assert first.person_id
    person = await world.store.persons.get(first.person_id)
    assert person
    version = await world.store.transact(lambda records: records.gallery.advance())
    await world.store.persons.save(
        replace(person, status=PersonStatus.KNOWN, name="Anna", version=version)
    )
    await door.gallery.refresh()
    second = await door.see(at(72))
    await door.see(at(36))
    people = await canonical_people(world.store, [first.person_id, second.person_id])
    assert len({person.id for person in people.values()}) == 2
