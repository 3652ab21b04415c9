"""Masked people and spoofs: asked about or told, once, and remembered by nobody."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.covered import sentence
from domain.decisions import IsNot, ItIs
from domain.records import (
    Card,
    CardKind,
    Detection,
    DetectionStatus,
    MatchKind,
    Person,
    PersonStatus,
    QuestionKind,
    QuestionStatus,
)
from domain.views import visit_view
from tests.domain.door import FACE, Door, at
from tests.domain.world import NOON, World

MASKED = replace(FACE, lower_covered=0.97)
SHADED = replace(FACE, upper_covered=0.97)
SPOOF = replace(FACE, live=0.1)
LATER = NOON + timedelta(hours=2)


@pytest.fixture
def door(world: World) -> Door:
    """A door of the world."""
    return Door(world)


async def anna_of(door: Door) -> Person:
    """Return Anna, known by the face at 0 degrees and gone since."""
    seen = await door.see(at(0))
    assert seen.person_id
    person = await door.world.someone(seen.person_id)
    version = await door.world.store.transact(lambda records: records.gallery.advance())
    anna = replace(person, status=PersonStatus.KNOWN, name="Anna", version=version)
    await door.world.store.persons.save(anna)
    [asked] = await door.world.store.questions.open_of([anna.id])
    await door.world.store.questions.save(replace(asked, status=QuestionStatus.ANSWERED))
    await door.gallery.refresh()
    return anna


async def told(world: World) -> list[Card]:
    """Return the alerts about spoofs that wait in the outbox."""
    now = LATER + timedelta(1)
    cards = await world.store.outbox.claim(now=now, until=now + timedelta(1), limit=50)
    return [card for card in cards if card.kind is CardKind.SPOOF]


async def person_of(door: Door, seen: Detection) -> Person:
    """Return who a detection shows."""
    assert seen.person_id
    return await door.world.someone(seen.person_id)


async def test_a_masked_face_is_asked_about_rather_than_named(door: Door) -> None:
    """The very face of Anna behind a mask is a question, and the question says why."""
    anna = await anna_of(door)
    seen = await door.see(at(0), face=MASKED, when=LATER)
    assert (seen.status, seen.reasons) == (DetectionStatus.CLASSIFIED, ("covered_lower",))
    assert seen.match
    assert seen.match.kind is MatchKind.UNSURE
    assert seen.person_id != anna.id
    [question] = await door.world.store.questions.inbox(None)
    assert question.kind is QuestionKind.CONFIRM
    assert question.suggestions[0].person_id == anna.id
    visit = await door.world.store.visits.get(question.visit_id)
    assert visit
    assert sentence(visit.best.covered) == "The face is covered by a mask."


async def test_a_covered_face_never_becomes_a_reference(door: Door) -> None:
    """Neither of somebody new nor of somebody there is, however much it would add."""
    anna = await anna_of(door)
    stranger = await door.see(at(120), when=LATER)
    for degrees, face in ((20, MASKED), (20, SHADED), (140, MASKED)):
        seen = await door.see(at(degrees), face=face, when=LATER)
        assert not seen.kept
    assert stranger.person_id
    kept = await door.world.store.references.of([anna.id, stranger.person_id])
    assert len(kept) == 2
    assert door.gallery.size == 2


async def test_a_masked_visitor_is_asked_about_once(door: Door) -> None:
    """Every further crop joins the visit in question, before the answer and after it."""
    anna = await anna_of(door)
    first = await door.see(at(0), face=MASKED, when=LATER)
    second = await door.see(at(4), face=MASKED, when=LATER + timedelta(seconds=5))
    assert (second.person_id, second.visit_id) == (first.person_id, first.visit_id)
    [question] = await door.world.store.questions.inbox(None)
    await door.world.say(ItIs(anna.id), question)
    await door.gallery.refresh()
    third = await door.see(at(60), face=MASKED, when=LATER + timedelta(seconds=9))
    assert third.match
    assert third.match.kind is MatchKind.MATCH
    assert (third.person_id, third.visit_id) == (anna.id, first.visit_id)
    assert await door.world.store.questions.open_count(None) == 0


async def test_not_anna_behind_a_mask_is_not_asked_about_again(door: Door) -> None:
    """After "No" the visit goes on as the stranger's, and the one question asks who it is."""
    anna = await anna_of(door)
    first = await door.see(at(0), face=MASKED, when=LATER)
    [question] = await door.world.store.questions.inbox(None)
    await door.world.say(IsNot(anna.id), question)
    await door.gallery.refresh()
    second = await door.see(at(0), face=MASKED, when=LATER + timedelta(seconds=5))
    assert second.person_id == first.person_id
    [asked] = await door.world.store.questions.inbox(None)
    assert (await visit_view(door.world.store, asked.visit_id)).supposed is None


async def test_a_mask_put_on_during_a_visit_changes_nothing(door: Door) -> None:
    """Whom a bare face has let in is known behind the mask too, while the visit goes on."""
    anna = await anna_of(door)
    bare = await door.see(at(0), when=LATER)
    masked = await door.see(at(30), face=MASKED, when=LATER + timedelta(minutes=1))
    assert (masked.person_id, masked.visit_id) == (anna.id, bare.visit_id)
    assert not masked.kept
    assert await door.world.store.questions.open_count(None) == 0


async def test_a_mask_in_doubt_is_asked_about_though_anna_is_here(door: Door) -> None:
    """Near, but not near enough to match, is no reason to take somebody masked for Anna."""
    await anna_of(door)
    await door.see(at(0), when=LATER)
    masked = await door.see(at(66), face=MASKED, when=LATER + timedelta(minutes=1))
    assert masked.match
    assert masked.match.kind is MatchKind.UNSURE
    assert await door.world.store.questions.open_count(None) == 1


async def test_a_track_that_began_bare_names(door: Door) -> None:
    """The camera followed Anna while she put the mask on: no doubt, however far the face is."""
    anna = await anna_of(door)
    await door.see(at(0), track="t", when=LATER)
    masked = await door.see(at(66), face=MASKED, track="t", when=LATER)
    assert masked.match
    assert (masked.person_id, masked.match.kind) == (anna.id, MatchKind.MATCH)


async def test_a_covered_stranger_creates_nobody(door: Door) -> None:
    """Near nobody, a covered face is logged with its reason, and nobody is asked."""
    await anna_of(door)
    seen = await door.see(at(120), face=SHADED, when=LATER)
    assert (seen.status, seen.reasons) == (DetectionStatus.UNUSABLE, ("covered_upper",))
    assert (seen.person_id, seen.visit_id) == (None, None)
    assert len(await door.world.store.persons.page()) == 1
    assert await door.world.store.questions.open_count(None) == 0


async def test_a_stranger_who_covers_the_face_joins_the_visit(door: Door) -> None:
    """Within the match threshold of an unnamed stranger it is their visit, and one question."""
    bare = await door.see(at(120))
    masked = await door.see(at(130), face=MASKED)
    assert (masked.person_id, masked.visit_id) == (bare.person_id, bare.visit_id)
    assert await door.world.store.questions.open_count(None) == 1


async def test_a_covered_face_joins_no_strangers(door: Door) -> None:
    """Between two strangers a bare face would say that they are one; a covered one says nothing."""
    one, other = [await door.see(at(degrees)) for degrees in (0, 72)]
    await door.see(at(36), face=MASKED)
    assert (await person_of(door, one)).merged_into is None
    assert (await person_of(door, other)).merged_into is None


async def test_two_masked_people_of_one_frame_are_two(door: Door) -> None:
    """Both look like Anna: two questions, for nobody is in one frame twice."""
    await anna_of(door)
    async with asyncio.timeout(20):
        one = await door.see(at(0), face=MASKED, frame="f", when=LATER)
        other = await door.see(at(2), face=MASKED, frame="f", when=LATER)
    assert one.person_id != other.person_id


async def test_a_bare_crop_takes_the_place_of_a_covered_one(door: Door) -> None:
    """The card shows the face once it can be seen, though the covered crop was finer."""
    fine = replace(MASKED, quality=0.9)
    stranger = await door.see(at(0))
    for face in (fine, FACE):
        await door.see(at(1), face=face)
    assert stranger.visit_id
    visit = await door.world.store.visits.get(stranger.visit_id)
    assert visit
    assert visit.best.detection_id == stranger.id
    await anna_of(door)
    masked = await door.see(at(0), face=fine, when=LATER)
    assert masked.visit_id
    shown = await door.world.store.visits.get(masked.visit_id)
    assert shown
    assert shown.best.covered == ("covered_lower",)


async def test_a_spoof_is_logged_and_told_and_nothing_else(door: Door, world: World) -> None:
    """The very face of Anna on a screen is nobody: no match, visit or person; managers are told."""
    anna = await anna_of(door)
    seen = await door.see(at(0), face=SPOOF, when=LATER)
    assert seen.status is DetectionStatus.SPOOF
    assert (seen.person_id, seen.visit_id, seen.match, seen.kept) == (None, None, None, False)
    assert [p.id for p in await world.store.persons.page()] == [anna.id]
    cards = await told(world)
    assert {c.chat_id for c in cards} == {1, 2}
    assert {c.detection_id for c in cards} == {seen.id}


async def test_a_run_of_spoofs_is_told_once(door: Door, world: World) -> None:
    """One alert for each chat while spoofs follow one another; another after a gap."""
    for minutes in (0, 5, 14, 60):
        await door.see(at(0), face=SPOOF, when=LATER + timedelta(minutes=minutes))
    assert len(await told(world)) == 2 * 2


async def test_two_workers_tell_of_a_spoof_once(world: World) -> None:
    """Both see the first of it at once; the camera's record lets one of them tell."""
    doors = [Door(world) for _ in range(4)]
    posted = [await door.posted(when=LATER) for door in doors]
    async with asyncio.TaskGroup() as group:
        for door, leased in zip(doors, posted, strict=True):
            _ = group.create_task(door.classify(leased, at(0), SPOOF))
    assert len(await told(world)) == 2


async def test_unknown_liveness_counts_as_alive(door: Door) -> None:
    """Where nobody can tell, everything goes on as if there were no such check."""
    seen = await door.see(at(0), face=replace(FACE, live=None))
    assert seen.status is DetectionStatus.CLASSIFIED


@pytest.mark.parametrize(
    ("covered", "said"),
    [
        ((), ""),
        (("covered_upper",), "The face is covered by dark glasses."),
        (("covered_lower", "covered_upper"), "The face is covered by a mask and dark glasses."),
        (("blurred",), ""),
    ],
)
def test_people_are_told_in_a_sentence(covered: tuple[str, ...], said: str) -> None:
    """What covers the face is said in words; other reasons are none of this."""
    assert sentence(covered) == said
