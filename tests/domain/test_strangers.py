"""One face near to two strangers shows that they are one; whoever was seen together is two."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.records import Alerts, CardKind, Person, PersonStatus, QuestionStatus
from domain.views import canonical_people
from tests.domain.door import Door, at
from tests.domain.staff import change
from tests.domain.world import NOON, World


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


async def _named(door: Door, world: World, degrees: float, status: PersonStatus) -> Person:
    """Let somebody be seen an hour ago, and be known since."""
    seen = await door.see(at(degrees), when=NOON - timedelta(hours=1))
    assert seen.person_id
    person = await world.store.persons.get(seen.person_id)
    assert person
    version = await world.store.transact(lambda records: records.gallery.advance())
    known = replace(person, status=status, name="Anna", version=version)
    await world.store.persons.save(known)
    for question in await world.store.questions.open_of([known.id]):
        answered = replace(question, status=QuestionStatus.ANSWERED)
        await world.store.questions.save(answered)
    await door.gallery.refresh()
    return known


async def test_a_crop_settles_who_was_just_asked_about(door: Door, world: World) -> None:
    """A stranger asked about now becomes Anna: answered by Usher, on the same card, unalarmed."""
    anna = await _named(door, world, 0, PersonStatus.KNOWN)
    stranger = await door.see(at(72))
    await door.see(at(36))
    assert stranger.person_id
    assert stranger.visit_id
    question = await world.store.questions.of_visit(stranger.visit_id)
    assert question
    assert question.status is QuestionStatus.ANSWERED
    assert question.decision_id
    decision = await world.store.decisions.get(question.decision_id)
    assert decision
    assert (decision.account_id, decision.target_id) == (None, anna.id)
    visit = await world.store.visits.get(stranger.visit_id)
    assert visit
    assert visit.detections == 2
    assert len(await world.store.outbox.of_visit(stranger.visit_id)) == 2


async def test_who_awaits_the_person_settled_on_is_told(door: Door, world: World) -> None:
    """Beside the question, which needs no answer any more."""
    anna = await _named(door, world, 0, PersonStatus.KNOWN)
    await change(world, world.maria, alerts=Alerts(people=(anna.id,)))
    stranger = await door.see(at(72))
    await door.see(at(36))
    assert stranger.visit_id
    cards = await world.store.outbox.of_visit(stranger.visit_id)
    assert [c.account_id for c in cards if c.kind is CardKind.GUEST] == [world.maria.id]


@pytest.mark.parametrize("status", [PersonStatus.BLOCKED, PersonStatus.DISMISSED])
async def test_only_somebody_known_settles_a_question(
    door: Door, world: World, status: PersonStatus
) -> None:
    """A stranger like somebody blocked is for managers to judge."""
    blocked = await _named(door, world, 0, status)
    stranger = await door.see(at(72))
    await door.see(at(36))
    people = await canonical_people(world.store, [blocked.id, stranger.person_id])
    assert len({person.id for person in people.values()}) == 2


async def test_a_stranger_of_another_time_is_not_settled(door: Door, world: World) -> None:
    """Only a visit that goes on is settled so: about earlier ones a manager is asked."""
    anna = await _named(door, world, 0, PersonStatus.KNOWN)
    stranger = await door.see(at(72), when=NOON - timedelta(minutes=30))
    await door.see(at(36))
    people = await canonical_people(world.store, [anna.id, stranger.person_id])
    assert len({person.id for person in people.values()}) == 2


async def test_a_track_settles_what_is_less_near(door: Door, world: World) -> None:
    """On one track a crop in doubt of the stranger is enough; without it two are asked about."""
    anna = await _named(door, world, 0, PersonStatus.KNOWN)
    alone = await door.see(at(88))
    await door.see(at(28))
    followed = await door.see(at(-88), track="t")
    await door.see(at(-28), track="t")
    people = await canonical_people(world.store, [alone.person_id, followed.person_id])
    assert alone.person_id
    assert followed.person_id
    assert people[alone.person_id].id != anna.id
    assert people[followed.person_id].id == anna.id


async def test_seen_together_is_never_settled(door: Door, world: World) -> None:
    """Whoever stood beside Anna is not Anna."""
    anna = await _named(door, world, 0, PersonStatus.KNOWN)
    await door.see(at(5), frame="f")
    stranger = await door.see(at(72), frame="f")
    await door.see(at(36))
    people = await canonical_people(world.store, [anna.id, stranger.person_id])
    assert len({person.id for person in people.values()}) == 2
