"""What managers decide, in the chat or in the panel: the same functions for both doors."""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from domain.arrivals import welcome
from domain.errors import AlreadyDecidedError, NotAllowedError, NotFoundError
from domain.hand import Hand
from domain.records import UNANSWERED, Account, Id, Person, Question, QuestionStatus, Role, Visit
from domain.replies import (
    NAME_LENGTH,
    Answer,
    Block,
    Dismiss,
    IsNot,
    ItIs,
    Known,
    Name,
    NoFace,
    Outcome,
    Verdict,
    Visitor,
    clean_name,
)
from domain.splits import not_them
from domain.store import Records, Store

__all__ = [
    "NAME_LENGTH",
    "Answer",
    "Block",
    "Dismiss",
    "IsNot",
    "ItIs",
    "Known",
    "Name",
    "NoFace",
    "Outcome",
    "Verdict",
    "Visitor",
    "answer",
    "clean_name",
    "decidable",
    "decide",
    "may_decide",
    "not_them",
    "open_question",
]
Given = TypeVar("Given", bound=Answer)


async def answer(
    store: Store,
    *,
    question_id: Id,
    answer: Answer,
    account: Account,
    via: str,
    now: datetime,
    batch: Id | None = None,
) -> Outcome:
    """Answer an open question: the first answer counts, and is remembered.

    `batch` is that of the answers given at once with it. Raises NotFoundError, NotAllowedError,
    AlreadyDecidedError (with the decision that came first), NameTakenError and InvalidError; then
    nothing has changed.
    """
    given = _cleaned(answer)

    async def work(records: Records) -> Outcome:
        question = await open_question(records, question_id=question_id, account=account)
        person = await _person(records, question.person_id)
        hand = Hand(
            records,
            question=question,
            person=person,
            account=account,
            via=via,
            now=now,
            batch=batch,
        )
        outcome = await hand.play(given)
        visit = await records.visits.get(question.visit_id)
        await _tell(records, visit, outcome, account, now)
        return outcome

    return await store.transact(work)


async def decide(
    store: Store,
    *,
    person_id: Id,
    answer: Verdict,
    account: Account,
    via: str,
    now: datetime,
    batch: Id | None = None,
) -> Outcome:
    """Say something of a person whom nobody has asked about; open questions are closed by it.

    Admins may; others if the person was seen at a site they answer for. `batch` is that of the
    decisions made at once with it. Raises NotFoundError,
    NotAllowedError, NameTakenError and InvalidError; then nothing has changed.
    """
    given = _cleaned(answer)

    async def work(records: Records) -> Outcome:
        person = await decidable(records, person_id, account)
        hand = Hand(
            records,
            question=None,
            person=person,
            account=account,
            via=via,
            now=now,
            batch=batch,
        )
        outcome = await hand.play(given)
        latest = await records.visits.of(await records.persons.members(person_id), limit=1)
        for visit in (v for v in latest if v.open):
            await _tell(records, visit, outcome, account, now)
        return outcome

    return await store.transact(work)


def _cleaned(given: Given) -> Given:
    return replace(given, name=clean_name(given.name)) if isinstance(given, Name) else given


async def open_question(records: Records, *, question_id: Id, account: Account) -> Question:
    """Return a question that this account may answer now: nobody has, be it late or not.

    Raises NotFoundError, NotAllowedError, and AlreadyDecidedError with the decision.
    """
    question = await records.questions.get(question_id)
    if question is None:
        raise NotFoundError("There is no such question.")
    if not account.may_answer(question.site_id):
        raise NotAllowedError("You may not answer questions of this site.")
    if question.status is QuestionStatus.SUPERSEDED:
        question = await _successor(records, question)
    if question.status not in UNANSWERED:
        made = await records.decisions.get(question.decision_id) if question.decision_id else None
        raise AlreadyDecidedError(made)
    return question


async def _tell(
    records: Records, visit: Visit | None, outcome: Outcome, account: Account, now: datetime
) -> None:
    """Tell those who await the person that they have come, if the answer says who it is."""
    if visit:
        await welcome(records, person=outcome.person, visit=visit, now=now, but=account.id)


async def _successor(records: Records, question: Question) -> Question:
    """Return the question that took this one's place, if it is still open.

    Somebody may be answering an older card while the same person comes again.
    """
    members = await records.persons.members(question.person_id)
    newer = await records.questions.open_of(members)
    return next((q for q in newer if q.site_id == question.site_id), question)


async def _person(records: Records, id_: Id) -> Person:
    person = await records.persons.canonical(id_)
    if person is None:
        raise NotFoundError("There is no such person.")
    return person


async def decidable(records: Records, person_id: Id, account: Account) -> Person:
    """Return who a person turned out to be, of whom the account may decide.

    Raises NotFoundError and NotAllowedError.
    """
    person = await _person(records, person_id)
    if not await may_decide(records, person.id, account):
        raise NotAllowedError("You may not decide about people who were never at your sites.")
    return person


async def may_decide(records: Records, person_id: Id, account: Account) -> bool:
    """Tell whether an account may decide about a person, or anybody merged into them.

    Admins may; others where the person was seen, or added by photos, at a site they answer for.
    """
    if account.role is Role.ADMIN:
        return account.revoked_at is None
    person = await records.persons.canonical(person_id)
    return person is not None and any(account.may_answer(site) for site in person.site_ids)
