"""A visit of somebody recognised wrongly becomes a stranger's, and is asked about."""

import asyncio
from dataclasses import replace

import pytest

from domain.decisions import ItIs, Name, Outcome, not_them
from domain.errors import AlreadyDecidedError, NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.policy import VisitPolicy
from domain.records import Account, CardKind, Id, QuestionKind, QuestionStatus, Visit
from domain.views import visit_view
from tests.domain.test_gallery import gallery_of
from tests.domain.world import GAP, Seen, World, turned


async def say(
    world: World, visit: Visit, account: Account | None = None, *, shown: Id | None = None
) -> Outcome:
    """Say that a visit is not of whom it was taken for, Maria unless somebody else does."""
    return await not_them(
        world.store,
        visit_id=visit.id,
        account=account or world.maria,
        via="chat",
        now=world.now,
        person_id=shown,
    )


async def mistaken(world: World) -> tuple[Seen, Seen]:
    """Let Anna come, and then somebody be taken for her, who makes a reference."""
    anna = await world.person("Anna")
    right = await world.see(anna)
    world.now += 2 * GAP
    wrong = await world.see(anna)
    await world.learn(anna, 0.9, detection_id=wrong.crop.id, image_key=wrong.crop.image.key)
    return right, wrong


async def test_the_visit_goes_to_a_stranger_with_all_its_faces(world: World) -> None:
    """Crops and references are the stranger's; Anna keeps what was before; the journal says who."""
    right, wrong = await mistaken(world)
    outcome = await say(world, wrong.visit)
    anna, stranger = right.person, outcome.person
    assert (stranger.label, stranger.status) == ("Stranger 2", "unknown")
    visit = await world.store.visits.get(wrong.visit.id)
    assert visit
    assert (visit.person_id, visit.ordinal, visit.confidence) == (stranger.id, 1, None)
    crops = await world.store.detections.some([right.crop.id, wrong.crop.id])
    assert crops[right.crop.id].person_id == anna.id
    assert crops[wrong.crop.id].person_id == stranger.id
    [moved] = await world.store.references.of([stranger.id])
    assert moved.detection_id == wrong.crop.id
    assert len(await world.store.references.of([anna.id])) == 1
    [decision] = await world.store.decisions.of([anna.id])
    assert decision == replace(outcome.decision, changes=decision.changes)
    assert (decision.verb, decision.person_id, decision.target_id, decision.site_id) == (
        "split",
        stranger.id,
        anna.id,
        world.site.id,
    )


async def test_every_copy_of_the_gallery_follows(world: World) -> None:
    """The face is nobody's known any more, and never Anna's."""
    right, wrong = await mistaken(world)
    live = gallery_of(world)
    await live.refresh()
    assert len(live.references(right.person.id)) == 2
    outcome = await say(world, wrong.visit)
    await live.refresh()
    nearest = live.candidates(turned(right.person, 0.9))[0]
    assert (nearest.person_id, nearest.recognised) == (outcome.person.id, False)
    assert [r.person_id for r in live.references(right.person.id)] == [right.person.id]
    assert [r.person_id for r in live.references(outcome.person.id)] == [outcome.person.id]
    assert live.rejected(outcome.person.id, right.person.id)


async def test_everybody_is_asked_who_it_was(world: World) -> None:
    """A notice becomes the question's card; who has none gets one."""
    world.policy = VisitPolicy(gap=GAP, announce_known=True)
    await world.store.accounts.save(replace(world.otto, chat_id=None))
    _, wrong = await mistaken(world)
    await world.store.accounts.save(world.otto)
    [notice] = await world.cards(wrong.visit)
    assert notice.kind is CardKind.NOTICE
    await say(world, wrong.visit)
    [question] = await world.store.questions.inbox(None)
    assert (question.visit_id, question.kind) == (wrong.visit.id, QuestionKind.WHO)
    cards = await world.cards(wrong.visit)
    assert [(c.kind, c.question_id) for c in cards] == [(CardKind.QUESTION, question.id)] * 2
    assert (cards[0].id, cards[0].revision) == (notice.id, notice.revision + 1)


async def test_an_answered_question_is_asked_again(world: World) -> None:
    """The visit by which the stranger was taken for Anna asks anew, and not whether it is Anna."""
    anna = await world.person("Anna")
    seen = await world.see(maybe=[anna])
    await world.say(ItIs(anna.id), seen.question)
    outcome = await say(world, seen.visit)
    view = await visit_view(world.store, seen.visit.id)
    assert seen.question
    assert view.question == replace(seen.question, person_id=outcome.person.id)
    assert (view.asked, view.supposed, view.likely, view.decision) == (True, None, (), None)
    named = await world.say(Name("Bob"), view.question)
    assert named.person.id == outcome.person.id
    assert (await world.someone(anna.id)).name == "Anna"


async def test_the_picture_of_the_one_left_is_their_own(world: World) -> None:
    """Where the cover was of the visit, another photo of theirs takes its place."""
    right, wrong = await mistaken(world)
    anna = await world.someone(right.person.id)
    shown = replace(anna, cover=wrong.crop.image.key)
    await world.store.persons.save(shown)
    outcome = await say(world, wrong.visit)
    assert (await world.someone(anna.id)).cover == "k"
    assert outcome.person.cover == wrong.crop.image.key


async def test_the_first_who_says_so_counts(world: World) -> None:
    """Of two at once one makes a stranger, the other is told; so is whoever saw somebody else."""
    _, wrong = await mistaken(world)
    said = await asyncio.gather(
        say(world, wrong.visit), say(world, wrong.visit, world.otto), return_exceptions=True
    )
    [told] = [s for s in said if isinstance(s, AlreadyDecidedError)]
    [made] = [s for s in said if isinstance(s, Outcome)]
    assert told.decision
    assert told.decision.id == made.decision.id
    asked = await world.store.questions.of_visit(wrong.visit.id)
    assert asked
    assert asked.status is QuestionStatus.OPEN
    await world.say(Name("Bob"), asked)
    with pytest.raises(AlreadyDecidedError):
        await say(world, wrong.visit, shown=wrong.person.id)
    assert (await say(world, wrong.visit, shown=made.person.id)).person.number == 3


async def test_whoever_may_not_answer_changes_nothing(world: World) -> None:
    """Managers of other sites are refused; a visit that is not there is not found."""
    _, wrong = await mistaken(world)
    with pytest.raises(NotAllowedError):
        await say(world, wrong.visit, replace(world.otto, site_ids=()))
    with pytest.raises(NotFoundError):
        await say(world, replace(wrong.visit, id=new_id()))
    assert await world.store.visits.get(wrong.visit.id) == wrong.visit
