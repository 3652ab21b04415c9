"""What becomes of a question that nobody answers: put off, reminded of, passed on, given up.

Everything is kept with the question and its cards, so that a restart forgets nothing. Any number of
workers may do this at once: each step is one transaction, that looks again before it writes.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from domain.asking import deal_to, everybody
from domain.decisions import open_question
from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.policy import QuestionPolicy
from domain.records import UNANSWERED, Account, Card, CardKind, Id, Question, QuestionStatus, Stage
from domain.store import Records, Store

LONGEST_SNOOZE = timedelta(days=7)
BATCH = 100


async def step_questions(store: Store, policy: QuestionPolicy, now: datetime) -> int:
    """Take the step that is due with each open question; return how many were taken."""
    taken = 0
    if not _steps(Stage.ASKED, policy):
        return taken
    while due := await store.questions.due(now, limit=BATCH):
        for question in due:
            work = partial(_step, question_id=question.id, policy=policy, now=now)
            taken += await store.transact(work)
    return taken


async def _step(
    records: Records, *, question_id: Id, policy: QuestionPolicy, now: datetime
) -> bool:
    """Take the last of the steps that are due, and set when the next one is.

    Those that were missed before it are not made up for.
    """
    question = await records.questions.get(question_id)
    if question is None or question.status is not QuestionStatus.OPEN:
        return False
    due = [step for step in _steps(question.stage, policy) if question.asked_at + step[1] <= now]
    if not due:
        await records.questions.save(_scheduled(question, policy))
        return False
    match due[-1][0]:
        case Stage.REMINDED:
            await _remind(records, question, now)
        case Stage.ESCALATED:
            await _escalate(records, question, now)
        case _:
            await _expire(records, question, now)
            return True
    await records.questions.save(_scheduled(replace(question, stage=due[-1][0]), policy))
    return True


def _steps(stage: Stage, policy: QuestionPolicy) -> list[tuple[Stage | None, timedelta]]:
    """Return what comes after a stage, and how long after it was asked; None is the end."""
    every = (
        (Stage.REMINDED, policy.remind),
        (Stage.ESCALATED, policy.escalate),
        (None, policy.expire),
    )
    return [(to, after) for to, after in every[[*Stage].index(stage) :] if after is not None]


def _scheduled(question: Question, policy: QuestionPolicy) -> Question:
    """Return a question with the time of its next step; of one that is overdue, it is past."""
    left = _steps(question.stage, policy)
    return replace(question, due_at=question.asked_at + left[0][1] if left else None)


async def _remind(records: Records, question: Question, now: datetime) -> None:
    """Bring the cards of those asked to the bottom of their chats, but those put off."""
    cards = await records.outbox.of_visit(question.visit_id)
    shown = [c for c in cards if c.kind is CardKind.QUESTION and (c.message_id or c.paged)]
    awake = [c.id for c in shown if c.snoozed_until is None or c.snoozed_until <= now]
    await records.outbox.bring_back(awake, now)


async def _escalate(records: Records, question: Question, now: datetime) -> None:
    """Ask everybody else who may answer."""
    visit = await records.visits.get(question.visit_id)
    if visit is None:
        return
    for recipient in await everybody(records, question.site_id):
        await deal_to(
            records, recipient, kind=CardKind.QUESTION, visit=visit, question=question, now=now
        )
    await records.outbox.touch([visit.id], now)


async def _expire(records: Records, question: Question, now: datetime) -> None:
    """Note that nobody answered; who does so late is still heard."""
    expired = replace(question, status=QuestionStatus.EXPIRED, decided_at=now)
    await records.questions.save(expired)
    await records.outbox.touch([question.visit_id], now)


async def snooze(
    store: Store, *, card_id: Id, until: datetime, account: Account, now: datetime
) -> Card:
    """Leave a chat alone with a question until a time; then its card comes back, if unanswered.

    Raises InvalidError, NotFoundError, NotAllowedError and AlreadyDecidedError.
    """
    if until <= now:
        raise InvalidError("Please choose a time that is still to come.")
    if until - now > LONGEST_SNOOZE:
        raise InvalidError("A question waits {n} days at most.", n=LONGEST_SNOOZE.days)

    async def work(records: Records) -> Card:
        card = await records.outbox.get(card_id)
        if card is None or card.question_id is None or card.visit_id is None:
            raise NotFoundError("There is no such question.")
        if card.account_id not in {None, account.id}:
            raise NotAllowedError("This card is somebody else's.")
        await open_question(records, question_id=card.question_id, account=account)
        snoozed = replace(card, snoozed_until=until)
        await records.outbox.save(snoozed)
        await records.outbox.touch([card.visit_id], now)
        return snoozed

    return await store.transact(work)


async def wake_snoozed(store: Store, now: datetime) -> int:
    """Bring back the cards whose time is over, unless they were answered; return how many."""
    back = 0
    while over := await store.outbox.snoozed(now, limit=BATCH):
        for card in over:
            back += await store.transact(partial(_wake, card_id=card.id, now=now))
    return back


async def _wake(records: Records, *, card_id: Id, now: datetime) -> bool:
    card = await records.outbox.get(card_id)
    if card is None or card.snoozed_until is None or card.snoozed_until > now:
        return False
    question = await records.questions.get(card.question_id) if card.question_id else None
    await records.outbox.save(replace(card, snoozed_until=None))
    if question is None or question.status not in UNANSWERED:
        return False
    await records.outbox.bring_back([card.id], now)
    return True
