"""What nobody answers is reminded of once, passed on, and given up; or put off by somebody."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain.decisions import Dismiss, Name, open_question
from domain.errors import AlreadyDecidedError, InvalidError, NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.policy import QuestionPolicy
from domain.records import Card, CardKind, Group, Id, Question, QuestionStatus, Role, Stage
from domain.unanswered import LONGEST_SNOOZE, snooze, step_questions, wake_snoozed
from tests.domain.staff import dealt, hire
from tests.domain.world import NOON, Seen, World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
POLICY = QuestionPolicy()
NOTHING = QuestionPolicy(remind=None, escalate=None, expire=None)
OPEN, EXPIRED = QuestionStatus.OPEN, QuestionStatus.EXPIRED


async def step(world: World, after: timedelta, policy: QuestionPolicy = POLICY) -> int:
    """Take the steps that are due so long after noon."""
    world.now = NOON + after
    return await step_questions(world.store, policy, world.now)


async def shown(world: World, seen: Seen) -> list[Card]:
    """Have the cards of a visit shown; return them."""
    for number, card in enumerate(await world.cards(seen.visit), start=100):
        there = card.message_id or number
        await world.store.outbox.delivered(replace(card, message_id=there, delivered=card.revision))
    return await world.cards(seen.visit)


async def asked(world: World, seen: Seen) -> Question:
    """Return the question of a visit as it is now."""
    question = await world.store.questions.of_visit(seen.visit.id)
    assert question
    return question


async def test_reminded_once_then_passed_on_then_given_up(world: World) -> None:
    """Each at its time, not a second before, and once."""
    await hire(world, "Ada", Role.ADMIN)
    seen = await world.see()
    await shown(world, seen)
    assert await step(world, timedelta()) == 0
    assert await step(world, 15 * MINUTE - SECOND) == 0
    assert [c.again for c in await world.cards(seen.visit)] == [False, False]

    assert await step(world, 15 * MINUTE) == 1
    assert (await asked(world, seen)).stage is Stage.REMINDED
    reminded = await world.cards(seen.visit)
    assert [(c.again, c.revision - c.delivered, c.due_at) for c in reminded] == [
        (True, 1, world.now)
    ] * 2
    assert await step(world, 30 * MINUTE - SECOND) == 0

    assert await step(world, 30 * MINUTE) == 1
    assert (await asked(world, seen)).stage is Stage.ESCALATED
    assert {*await dealt(world, seen.visit)} == {"Maria", "Otto", "Ada"}
    assert await step(world, DAY - SECOND) == 0

    assert await step(world, DAY) == 1
    given_up = await asked(world, seen)
    assert (given_up.status, given_up.decided_at) == (EXPIRED, world.now)
    assert all(c.revision > c.delivered for c in await world.cards(seen.visit))
    assert await step(world, 9 * DAY) == 0


async def test_nothing_is_done_about_what_is_answered(world: World) -> None:
    """Neither are its cards brought back."""
    seen = await world.see()
    await step(world, timedelta())
    await world.say(Dismiss(), seen.question)
    before = await shown(world, seen)
    assert await step(world, 9 * DAY) == 0
    assert await world.cards(seen.visit) == before


async def test_a_card_not_shown_yet_is_not_brought_back(world: World) -> None:
    """Whoever has it held until the morning is not woken by the reminder, nor by what goes on."""
    seen = await world.see()
    morning = NOON + 9 * HOUR
    for card in await world.cards(seen.visit):
        await world.store.outbox.delivered(replace(card, due_at=morning, attempts=1))
        await world.store.outbox.save(replace(card, attempts=0))
    await step(world, 15 * MINUTE)
    await world.see(seen.person, at=NOON + MINUTE)
    cards = await world.cards(seen.visit)
    assert [(c.again, c.due_at) for c in cards] == [(False, morning)] * 2


@pytest.mark.parametrize(
    ("policy", "stages"),
    [
        (replace(POLICY, remind=None), [Stage.ASKED, Stage.ESCALATED, EXPIRED]),
        (replace(POLICY, escalate=None), [Stage.REMINDED, Stage.REMINDED, EXPIRED]),
        (replace(POLICY, expire=None), [Stage.REMINDED, Stage.ESCALATED, Stage.ESCALATED]),
        (NOTHING, [Stage.ASKED] * 3),
    ],
    ids=["no reminder", "not passed on", "never given up", "nothing"],
)
async def test_a_step_can_be_left_out(
    world: World, policy: QuestionPolicy, stages: list[Stage | QuestionStatus]
) -> None:
    """The others are taken as ever; what is never due is not looked at again."""
    seen = await world.see()
    for after, stage in zip((16 * MINUTE, 31 * MINUTE, 2 * DAY), stages, strict=True):
        await step(world, after, policy)
        question = await asked(world, seen)
        assert stage in {question.stage, question.status}
    if policy is not NOTHING:
        assert await world.store.questions.due(NOON + 9 * DAY, limit=9) == []


async def test_what_was_missed_is_not_made_up_for(world: World) -> None:
    """After an hour without a worker others are asked at once; after days nobody is any more."""
    await hire(world, "Ada", Role.ADMIN)
    seen = await world.see()
    await shown(world, seen)
    assert await step(world, HOUR) == 1
    assert (await asked(world, seen)).stage is Stage.ESCALATED
    assert [c.again for c in await world.cards(seen.visit)] == [False] * 3
    other = await world.see(at=world.now)
    assert await step(world, 9 * DAY) == 2
    assert (await asked(world, other)).status is EXPIRED
    assert {*await dealt(world, other.visit)} == {"Maria", "Otto"}


async def test_other_times_count_for_what_is_open(world: World) -> None:
    """What is switched on later is done with questions asked before; what is put off, later."""
    seen = await world.see()
    assert await step(world, HOUR, NOTHING) == 0
    await step(world, HOUR, QuestionPolicy(remind=2 * HOUR, escalate=3 * HOUR))
    assert (await asked(world, seen)).due_at == NOON + 2 * HOUR
    later = QuestionPolicy(remind=4 * HOUR, escalate=5 * HOUR)
    assert await step(world, 2 * HOUR, later) == 0
    assert (await asked(world, seen)).due_at == NOON + 4 * HOUR


async def test_any_number_of_workers_take_each_step_once(world: World) -> None:
    """Five at the same instant: as many steps as questions, and every card brought back once."""
    seen = [await world.see() for _ in range(4)]
    for one in seen:
        await shown(world, one)
    await step(world, timedelta())
    world.now = NOON + 15 * MINUTE
    taken = await asyncio.gather(
        *(step_questions(world.store, POLICY, world.now) for _ in range(5))
    )
    assert sum(taken) == len(seen)
    cards = [card for one in seen for card in await world.cards(one.visit)]
    assert Counter(c.revision - c.delivered for c in cards) == {1: 2 * len(seen)}


async def test_an_answer_at_the_same_instant_wins_or_comes_late(world: World) -> None:
    """Whichever is first, the question ends answered and nobody is refused."""
    seen = [await world.see() for _ in range(5)]
    await step(world, timedelta())
    world.now = NOON + DAY
    answers = [world.say(Dismiss(), one.question) for one in seen]
    await asyncio.gather(step_questions(world.store, POLICY, world.now), *answers)
    assert {(await asked(world, one)).status for one in seen} == {QuestionStatus.ANSWERED}


async def test_what_expired_can_be_answered_late(world: World) -> None:
    """It counts like any answer, and a second one is told who was first."""
    seen = await world.see()
    await step(world, DAY)
    late = await asked(world, seen)
    opened = await open_question(world.store, question_id=late.id, account=world.maria)
    assert opened == late
    outcome = await world.say(Name("Anna"), late)
    assert outcome.person.name == "Anna"
    answered = await asked(world, seen)
    assert (answered.status, answered.decision_id) == (
        QuestionStatus.ANSWERED,
        outcome.decision.id,
    )
    with pytest.raises(AlreadyDecidedError):
        await world.say(Dismiss(), late, world.otto)


async def test_who_comes_again_is_asked_about_anew(world: World) -> None:
    """The question that expired makes way: an answer on its card reaches the new one."""
    first = await world.see()
    await step(world, DAY)
    second = await world.see(first.person)
    assert second.question
    assert second.question.status is OPEN
    assert (await asked(world, first)).status is QuestionStatus.SUPERSEDED
    await world.say(Name("Anna"), first.question)
    assert (await asked(world, second)).status is QuestionStatus.ANSWERED


async def test_a_visit_heard_of_late_asks_nothing_that_nobody_answered(world: World) -> None:
    """It was over before; the question that expired stays as it is."""
    seen = await world.see()
    await step(world, DAY)
    old = await world.see(seen.person, at=NOON - DAY)
    assert old.question is None
    assert (await asked(world, seen)).status is EXPIRED


async def put_off(world: World, card: Card, until: timedelta) -> Card:
    """Put a card of Maria's off until so long after noon."""
    return await snooze(
        world.store, card_id=card.id, until=NOON + until, account=world.maria, now=world.now
    )


async def test_a_snoozed_card_comes_back_when_its_time_is_over(world: World) -> None:
    """Reminders skip it meanwhile, for this chat alone; it comes back once."""
    seen = await world.see()
    hers, _ = await shown(world, seen)
    await put_off(world, hers, 2 * HOUR)
    await step(world, 15 * MINUTE)
    assert [c.again for c in await world.cards(seen.visit)] == [False, True]
    assert await wake_snoozed(world.store, NOON + 2 * HOUR - SECOND) == 0
    assert await wake_snoozed(world.store, NOON + 2 * HOUR) == 1
    hers, _ = await world.cards(seen.visit)
    assert (hers.again, hers.snoozed_until, hers.due_at) == (True, None, NOON + 2 * HOUR)
    assert await wake_snoozed(world.store, NOON + 9 * HOUR) == 0


@pytest.mark.parametrize("how", ["answered", "expired"])
async def test_a_snoozed_card_comes_back_unless_it_was_answered(world: World, how: str) -> None:
    """One that nobody answered meanwhile can be answered still."""
    seen = await world.see()
    hers, _ = await shown(world, seen)
    await put_off(world, hers, 2 * DAY)
    if how == "answered":
        await world.say(Dismiss(), seen.question, world.otto)
    await step(world, DAY)
    back = await wake_snoozed(world.store, NOON + 2 * DAY)
    hers, _ = await world.cards(seen.visit)
    assert (back, hers.again, hers.snoozed_until) == (how == "expired", how == "expired", None)


async def test_any_number_of_workers_wake_a_card_once(world: World) -> None:
    """Five at the same instant bring it back once."""
    seen = await world.see()
    hers, _ = await shown(world, seen)
    revision = (await put_off(world, hers, HOUR)).revision
    back = await asyncio.gather(*(wake_snoozed(world.store, NOON + HOUR) for _ in range(5)))
    hers, _ = await world.cards(seen.visit)
    assert (sum(back), hers.revision) == (1, revision + 2)  # put off, and brought back


async def test_a_delivery_under_way_does_not_undo_a_snooze_or_a_reminder(world: World) -> None:
    """What it knew is older; a message sent anew is what the reminder wanted."""
    seen = await world.see()
    hers, his = await shown(world, seen)
    await put_off(world, hers, 2 * HOUR)
    await step(world, 15 * MINUTE)
    for card in (hers, his):
        await world.store.outbox.delivered(card)
    hers, his = await world.cards(seen.visit)
    assert (hers.snoozed_until, his.again) == (NOON + 2 * HOUR, True)
    await world.store.outbox.delivered(replace(his, message_id=999, delivered=his.revision))
    _, his = await world.cards(seen.visit)
    assert not his.again


async def test_a_group_puts_off_its_own_card(world: World) -> None:
    """Whoever answers for the site may, for all who read there."""
    group = Group(id=new_id(), chat_id=-5, site_id=world.site.id, title="Desk", created_at=NOON)
    await world.store.groups.add(group)
    seen = await world.see()
    theirs, *_ = await shown(world, seen)
    assert theirs.group_id == group.id
    assert (await put_off(world, theirs, HOUR)).snoozed_until == NOON + HOUR
    uwe = await hire(world, "Uwe", Role.MANAGER, site_ids=(new_id(),))
    with pytest.raises(NotAllowedError):
        await snooze(world.store, card_id=theirs.id, until=NOON + HOUR, account=uwe, now=NOON)


@pytest.mark.parametrize(
    ("until", "said"),
    [(NOON, "still to come"), (NOON + LONGEST_SNOOZE + SECOND, "7 days at most")],
)
async def test_a_snooze_ends_and_soon(world: World, until: datetime, said: str) -> None:
    """Not in the past, and not next year."""
    seen = await world.see()
    card, _ = await world.cards(seen.visit)
    with pytest.raises(InvalidError, match=said):
        await snooze(world.store, card_id=card.id, until=until, account=world.maria, now=NOON)


async def test_only_what_one_is_asked_can_be_put_off(world: World) -> None:
    """Not somebody else's card, nor what is answered, nor what is no question."""
    seen = await world.see()
    hers, his = await world.cards(seen.visit)
    with pytest.raises(NotAllowedError):
        await put_off(world, his, HOUR)
    with pytest.raises(NotFoundError):
        await put_off(world, replace(hers, id=new_id()), HOUR)
    anna = await world.person("Anna")
    notice = replace(hers, id=new_id(), kind=CardKind.NOTICE, question_id=None)
    await world.store.outbox.add(replace(notice, visit_id=Id(anna.id)))
    with pytest.raises(NotFoundError):
        await put_off(world, notice, HOUR)
    await world.say(Dismiss(), seen.question)
    with pytest.raises(AlreadyDecidedError):
        await put_off(world, hers, HOUR)
