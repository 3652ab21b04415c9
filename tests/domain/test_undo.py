"""What was decided is taken back; what happened since is kept, and said."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from domain.decisions import Block, Dismiss, IsNot, ItIs, Name, Visitor, not_them
from domain.errors import AlreadyDecidedError, InvalidError, NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.policy import DecisionPolicy, QuestionPolicy
from domain.records import (
    CardKind,
    Decision,
    Id,
    Person,
    PersonStatus,
    QuestionStatus,
    Reference,
    Retirement,
    Role,
    Undone,
)
from domain.together import recent_together
from domain.unanswered import step_questions
from domain.undo import Undoing, undoable
from domain.upkeep import retire
from domain.views import visit_view
from tests.domain import test_doubts as doubts
from tests.domain.door import Door, at
from tests.domain.test_gallery import gallery_of
from tests.domain.test_splits import mistaken
from tests.domain.test_splits import say as say_split
from tests.domain.test_upkeep import record
from tests.domain.world import GAP, NOON, World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def test_a_name_is_taken_back(world: World) -> None:
    """She is a stranger again, asked about on the same cards; the journal keeps both words."""
    seen = await world.see()
    named = await world.say(Name("Anna"), seen.question)
    cards = await world.cards(seen.visit)
    world.now += HOUR
    undone = await world.undo(named.decision, world.otto)
    person = await world.someone(seen.person.id)
    assert replace(person, version=seen.person.version) == seen.person
    assert await world.asked(seen.visit) == seen.question
    assert (undone.person, undone.kept, undone.kept_with) == (person, 0, None)
    [kept] = await world.store.decisions.of([person.id])
    assert kept.undone == Undone(
        at=world.now, account_id=world.otto.id, account_name="Otto", via="chat"
    )
    after = await world.cards(seen.visit)
    assert [c.revision for c in after] == [c.revision + 1 for c in cards]
    again = await world.say(Block(), seen.question)
    assert again.person.status is PersonStatus.BLOCKED


async def test_not_anna_is_taken_back(world: World) -> None:
    """The question means her again, and every copy of the gallery forgets that they are two."""
    anna = await world.person("Anna")
    seen = await world.see(maybe=[anna])
    live = gallery_of(world)
    said = await world.say(IsNot(anna.id), seen.question)
    await live.refresh()
    assert live.rejected(anna.id, seen.person.id)
    await world.undo(said.decision)
    await live.refresh()
    assert not live.rejected(anna.id, seen.person.id)
    supposed = (await visit_view(world.store, seen.visit.id)).supposed
    assert supposed
    assert supposed.person == anna
    await world.say(ItIs(anna.id, offered=True), seen.question)


async def test_the_earlier_word_counts_again(world: World) -> None:
    """A merge overruled "not Anna"; undone, they are two again, for that was said and stands."""
    anna = await world.person("Anna")
    seen = await world.see(maybe=[anna])
    no = await world.say(IsNot(anna.id), seen.question)
    merged = await world.say(ItIs(anna.id), seen.question)
    await world.undo(merged.decision)
    [rejection] = await world.store.rejections.of([anna.id])
    assert {rejection.person_id, rejection.other_id} == {anna.id, seen.person.id}
    await world.undo(no.decision)
    assert await world.store.rejections.of([anna.id]) == []


class House:
    """Anna, known by her face at 0 degrees, and a stranger whose face is at 72."""

    def __init__(self, world: World) -> None:
        self.world, self.store = world, world.store
        self.door = Door(world)

    async def furnish(self) -> tuple[Person, Person, Decision]:
        """Return both, and the decision by which the stranger is Anna."""
        anna = await self.see(0, NOON - HOUR)
        [question] = await self.store.questions.open_of([anna])
        await self.world.say(Name("Anna"), question)
        await self.door.gallery.refresh()
        stranger = await self.see(72, NOON)
        [question] = await self.store.questions.open_of([stranger])
        merged = await self.world.say(ItIs(anna), question)
        await self.door.gallery.refresh()
        return await self.world.someone(anna), await self.world.someone(stranger), merged.decision

    async def see(self, degrees: float, when: object = NOON) -> Id:
        """Return who is seen when a face comes by."""
        seen = await self.door.see(at(degrees), when=when)
        assert seen.person_id
        return seen.person_id

    async def in_use(self, *people: Person) -> set[Id]:
        """Return the references by which these are recognised."""
        there = await self.store.references.of([person.id for person in people])
        return {reference.id for reference in there if reference.retired is None}

    async def trim(self, person: Person, references: Sequence[Reference]) -> None:
        """Let these be one too many."""
        await self.store.transact(
            partial(
                retire,
                person_id=person.id,
                references=references,
                why=Retirement.TRIMMED,
                version=await self.store.gallery.advance(),
                now=self.world.now,
            )
        )


async def test_a_merge_is_taken_back_with_what_was_trimmed_since(world: World) -> None:
    """Both are recognised as before they were one, each shown by a picture of their own."""
    house = House(world)
    anna, stranger, merged = await house.furnish()
    before = await house.in_use(anna, stranger)
    [hers] = await world.store.references.of([anna.id])
    await house.trim(anna, [hers])
    assert (await world.someone(anna.id)).cover == stranger.cover
    await world.undo(merged)
    assert await house.in_use(anna, stranger) == before
    assert (await world.someone(anna.id)).cover == anna.cover
    assert (await world.someone(stranger.id)).cover == stranger.cover
    await house.door.gallery.refresh()
    assert await house.see(72, NOON + HOUR) == stranger.id
    assert await house.see(0, NOON + HOUR) == anna.id


async def test_who_was_seen_since_stays(world: World) -> None:
    """Of the crops since, those by the stranger's face stay with Anna, and the answer counts them.

    A crop by her own face is hers anyway; what comes now is the stranger's.
    """
    house = House(world)
    anna, stranger, merged = await house.furnish()
    world.now = NOON + HOUR
    for degrees in (72, 72, 0):
        assert await house.see(degrees, world.now) == anna.id
    undone = await world.undo(merged)
    assert (undone.person.id, undone.kept) == (stranger.id, 2)
    assert undone.kept_with == await world.someone(anna.id)
    assert undone.decision.undone
    assert (undone.decision.undone.kept, undone.decision.undone.kept_with) == (2, anna.id)
    await house.door.gallery.refresh()
    assert await house.see(72, world.now + HOUR) == stranger.id
    visits = await world.store.visits.of([stranger.id])
    assert [visit.detections for visit in visits] == [1, 1]


async def test_a_newer_question_stands_for_the_one_reopened(world: World) -> None:
    """Asked about again since, the earlier card points to the newer one."""
    first = await world.see()
    let_in = await world.say(Visitor(until=world.now + HOUR), first.question)
    world.now += 2 * HOUR
    second = await world.see(let_in.person)
    await world.undo(let_in.decision)
    assert (await world.asked(first.visit)).status is QuestionStatus.SUPERSEDED
    assert await world.asked(second.visit) == second.question
    person = await world.someone(first.person.id)
    assert (person.status, person.visitor) == (PersonStatus.UNKNOWN, False)


async def test_what_nobody_had_answered_in_time_is_given_up_again(world: World) -> None:
    """A late answer, undone, leaves the question as it was."""
    seen = await world.see()
    world.now += DAY
    await step_questions(world.store, QuestionPolicy(expire=HOUR), world.now)
    given_up = await world.asked(seen.visit)
    assert given_up.status is QuestionStatus.EXPIRED
    late = await world.say(Name("Anna"), given_up)
    await world.undo(late.decision)
    assert await world.asked(seen.visit) == given_up


async def test_what_was_closed_by_a_later_word_about_the_other_opens(world: World) -> None:
    """Of two who are one, Anna's name closed both questions; only one of them is about her."""
    one, other = await world.see(), await world.see()
    both = await world.say(ItIs(one.person.id), other.question)
    named = await world.say(Name("Anna"), one.question)
    await world.undo(both.decision)
    assert await world.asked(other.visit) == other.question
    closed = await world.asked(one.visit)
    assert closed.decision_id == named.decision.id


async def test_strangers_that_usher_joined_stay_two(world: World) -> None:
    """Both are asked about again, and the next crop near to both does not make them one."""
    door = Door(world)
    one, other, _ = [await door.see(at(degrees)) for degrees in (0, 72, 36)]
    assert other.person_id
    assert one.visit_id
    assert other.visit_id
    [joined] = await world.store.decisions.said_of(other.person_id)
    await world.undo(joined)
    await door.gallery.refresh()
    for crop in (one, other):
        asked = await world.store.questions.of_visit(crop.visit_id or new_id())
        assert asked
        assert asked.status is QuestionStatus.OPEN
    await door.see(at(36))
    freed = await world.someone(other.person_id)
    assert freed.merged_into is None
    [rejection] = await world.store.rejections.of([freed.id])
    assert {rejection.person_id, rejection.other_id} == {one.person_id, other.person_id}


async def test_whom_usher_settled_is_asked_about_again(world: World) -> None:
    """A later crop took the stranger for Anna; undone, it is asked, and not settled once more."""
    door = Door(world)
    first = await door.see(at(0), when=NOON - HOUR)
    assert first.person_id
    [question] = await world.store.questions.open_of([first.person_id])
    await world.say(Name("Anna"), question)
    await door.gallery.refresh()
    stranger = await door.see(at(72))
    await door.see(at(36))
    assert stranger.person_id
    [settled] = await world.store.decisions.said_of(stranger.person_id)
    assert settled.account_id is None
    await world.undo(settled)
    await door.gallery.refresh()
    await door.see(at(36))
    assert (await world.someone(stranger.person_id)).merged_into is None
    [asked] = await world.store.questions.inbox(None)
    assert asked.visit_id == stranger.visit_id


async def test_a_visit_split_off_is_given_back(world: World) -> None:
    """Visit, crops, references and notice are Anna's; nobody is asked; the stranger is nobody."""
    right, wrong = await mistaken(world)
    before = [await world.store.references.of([right.person.id])]
    split = await say_split(world, wrong.visit)
    undone = await world.undo(split.decision)
    assert undone.person == await world.someone(right.person.id)
    assert await world.store.visits.get(wrong.visit.id) == wrong.visit
    crop = await world.store.detections.get(wrong.crop.id)
    assert crop
    assert crop.person_id == right.person.id
    after = [await world.store.references.of([right.person.id])]
    assert [[r.id for r in there] for there in after] == [[r.id for r in t] for t in before]
    assert await world.store.rejections.of([right.person.id]) == []
    assert (await world.asked(wrong.visit)).status is QuestionStatus.WITHDRAWN
    assert await world.store.questions.open_count(None) == 0
    assert (await world.someone(split.person.id)).merged_into == right.person.id


async def test_who_came_since_a_split_stays_with_whom_they_were_said_to_be(world: World) -> None:
    """The stranger was named Bob and came again: Bob keeps that, and the answer says so."""
    _, wrong = await mistaken(world)
    bob = await world.person("Bob")
    split = await say_split(world, wrong.visit)
    await world.say(ItIs(bob.id), await world.asked(wrong.visit))
    world.now += 2 * GAP
    for _ in range(3):
        await world.see(split.person)
    undone = await world.undo(split.decision)
    assert (undone.person.name, undone.kept) == ("Anna", 3)
    assert undone.kept_with
    assert undone.kept_with.name == "Bob"
    back = await world.store.visits.get(wrong.visit.id)
    assert back
    assert back.person_id == wrong.person.id
    assert (await world.someone(split.person.id)).merged_into == bob.id


async def test_who_turns_out_to_be_known_is_asked_about_no_more(world: World) -> None:
    """The stranger of a split came again and is asked about; undone, it was Anna all along."""
    _, wrong = await mistaken(world)
    split = await say_split(world, wrong.visit)
    world.now += 2 * GAP
    again = await world.see(split.person)
    await world.undo(split.decision)
    assert (await world.asked(again.visit)).status is QuestionStatus.WITHDRAWN
    view = await visit_view(world.store, again.visit.id)
    assert (view.person.name, view.asked) == ("Anna", False)


async def test_nobody_is_merged_into_themselves(world: World) -> None:
    """Anna was said to be the stranger that a split of hers made; without the split she is Anna."""
    right, wrong = await mistaken(world)
    split = await say_split(world, wrong.visit)
    await world.decide(ItIs(split.person.id), right.person)
    await world.undo(split.decision)
    for id_ in (right.person.id, split.person.id):
        canonical = await world.store.persons.canonical(id_)
        assert canonical
        assert canonical.name == "Anna"


async def test_anna_may_have_come_anew_meanwhile(world: World) -> None:
    """Given back, the visit does not go on beside the one she is in now."""
    _, wrong = await mistaken(world)
    split = await say_split(world, wrong.visit)
    now = await world.see(wrong.person)
    assert now.visit.id != wrong.visit.id
    await world.undo(split.decision)
    back = await world.store.visits.get(wrong.visit.id)
    assert back
    assert (back.person_id, back.open) == (wrong.person.id, False)


@pytest.mark.parametrize("theirs", [True, False])
async def test_what_was_said_of_a_photo_is_taken_back(world: World, *, theirs: bool) -> None:
    """It waits for an answer again, and every copy of the gallery recognises her by it."""
    wrong = await doubts.doubted(world)
    live = gallery_of(world)
    decision = await doubts.say(world, wrong, theirs=theirs)
    await live.refresh()
    await world.undo(decision)
    await live.refresh()
    back = await record(world, wrong.id)
    assert (back.doubted, back.retired, back.vouched) == (True, None, False)
    assert live.candidates(wrong.embedding)[0].reference_id == wrong.id
    await doubts.say(world, wrong, theirs=not theirs)


async def test_a_photo_that_is_gone_cannot_come_back(world: World) -> None:
    """Its picture was deleted: that is said, and nothing changes."""
    wrong = await doubts.doubted(world)
    decision = await doubts.say(world, wrong, theirs=False)
    await world.store.detections.forget_images([wrong.detection_id])
    with pytest.raises(InvalidError, match="not kept any more"):
        await world.undo(decision)
    assert (await record(world, wrong.id)).retired
    assert await world.store.decisions.get(decision.id) == decision


async def test_two_undo_the_same_at_once(world: World) -> None:
    """It is undone once; the other is told who was quicker."""
    seen = await world.see()
    named = await world.say(Name("Anna"), seen.question)
    results = await asyncio.gather(
        world.undo(named.decision),
        world.undo(named.decision, world.otto),
        return_exceptions=True,
    )
    [told] = [r for r in results if isinstance(r, InvalidError)]
    [done] = [r for r in results if isinstance(r, Undoing)]
    assert done.decision.undone
    assert str(told) == f"{done.decision.undone.account_name} has undone this already."


async def test_an_answer_and_an_undo_at_once(world: World) -> None:
    """Whichever comes first, it is undone, and the answer counts or is told of what was there."""
    for _ in range(5):
        seen = await world.see()
        named = await world.say(Dismiss(), seen.question)
        undone, answered = await asyncio.gather(
            world.undo(named.decision),
            world.say(Block(), seen.question, world.otto),
            return_exceptions=True,
        )
        assert isinstance(undone, Undoing)
        status = (await world.someone(seen.person.id)).status
        if isinstance(answered, AlreadyDecidedError):
            assert status is PersonStatus.UNKNOWN
            assert (await world.asked(seen.visit)).status is QuestionStatus.OPEN
        else:
            assert status is PersonStatus.BLOCKED


async def test_what_cannot_be_undone(world: World) -> None:
    """What is not there, is another site's, was undone, or is too long ago: told, unchanged."""
    seen = await world.see()
    named = await world.say(Name("Anna"), seen.question)
    with pytest.raises(NotFoundError):
        await world.undo(replace(named.decision, id=new_id()))
    for who in (
        replace(world.otto, site_ids=()),
        replace(world.maria, role=Role.VIEWER),
        replace(world.maria, revoked_at=NOON),
    ):
        with pytest.raises(NotAllowedError):
            await world.undo(named.decision, who)
    policy = DecisionPolicy()
    assert undoable(named.decision, world.now + DAY, policy)
    world.now += DAY + timedelta(seconds=1)
    with pytest.raises(InvalidError, match="too much time"):
        await world.undo(named.decision)
    world.now -= HOUR
    await world.undo(named.decision)
    with pytest.raises(InvalidError, match="Maria has undone this already"):
        await world.undo(named.decision)
    assert not undoable(replace(named.decision, verb="forget"), NOON, policy)


async def test_the_last_decisions_are_listed(world: World) -> None:
    """Newest first, those of the account's sites, of Usher too, and none that is undone or old."""
    made = []
    seen = await world.see()
    for _ in range(4):
        made.append((await world.say(Dismiss(), seen.question)).decision)
        world.now += HOUR
        seen = await world.see()
    renamed = await world.decide(Name("Anna"), seen.person)
    await world.undo(made[2])

    async def listed(**values: object) -> list[Id]:
        account = replace(world.otto, **values)  # type: ignore[arg-type]  # real fields
        policy = DecisionPolicy(undo=3 * HOUR)
        found = await recent_together(world.store, account, world.now, policy, 3)
        return [one.decision.id for one in found]

    assert await listed() == [renamed.decision.id, made[3].id, made[1].id]
    assert await listed(site_ids=(new_id(),)) == []
    assert await listed(role=Role.VIEWER) == []
    assert await listed(role=Role.ADMIN, site_ids=()) == await listed()


async def test_cards_made_for_a_split_go_back_to_what_they_were(world: World) -> None:
    """A notice is a notice again; who was only asked is shown that it was Anna."""
    world.policy = replace(world.policy, announce_known=True)
    await world.store.accounts.save(replace(world.otto, chat_id=None))
    _, wrong = await mistaken(world)
    await world.store.accounts.save(world.otto)
    split = await not_them(
        world.store, visit_id=wrong.visit.id, account=world.maria, via="chat", now=world.now
    )
    asked = await world.cards(wrong.visit)
    await world.undo(split.decision)
    cards = await world.cards(wrong.visit)
    assert [card.kind for card in cards] == [CardKind.NOTICE, CardKind.QUESTION]
    assert cards[0].question_id is None
    assert all(new.revision > old.revision for new, old in zip(cards, asked, strict=True))
