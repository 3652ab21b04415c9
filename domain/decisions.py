"""What managers decide, in the chat or in the panel: the same functions for both doors."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeVar

from domain.arrivals import welcome
from domain.errors import (
    AlreadyDecidedError,
    InvalidError,
    NameTakenError,
    NotAllowedError,
    NotFoundError,
)
from domain.ids import new_id
from domain.records import (
    UNANSWERED,
    Account,
    Change,
    Decision,
    Id,
    Person,
    PersonStatus,
    Question,
    QuestionKind,
    QuestionStatus,
    Reference,
    Rejection,
)
from domain.store import Records, Store

NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Name:
    """This is somebody called so. `another` allows a second person of a name already known."""

    name: str
    another: bool = False


@dataclass(frozen=True, slots=True)
class ItIs:
    """This is a person Usher has met; `offered` if only while the question still suggests them."""

    person_id: Id
    offered: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """Let in, without a name."""


@dataclass(frozen=True, slots=True)
class Block:
    """Alert every time."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Never ask again."""


@dataclass(frozen=True, slots=True)
class IsNot:
    """Not the one asked about; who it is stays open. Counts while the question suggests them."""

    person_id: Id


Answer = Name | ItIs | Visitor | Block | Dismiss | IsNot


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A decision, and who the person is after it."""

    decision: Decision
    person: Person


def clean_name(text: str) -> str:
    """Return a name as it is kept: one line, no doubled or outer spaces, no control characters.

    Raises InvalidError when nothing is left or it is longer than NAME_LENGTH.
    """
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not name:
        raise InvalidError("A name needs at least one letter.")
    if len(name) > NAME_LENGTH:
        raise InvalidError("A name has at most {n} characters.", n=NAME_LENGTH)
    return name


async def answer(
    store: Store, *, question_id: Id, answer: Answer, account: Account, via: str, now: datetime
) -> Outcome:
    """Answer an open question: the first answer counts, and is remembered.

    Raises NotFoundError, NotAllowedError, AlreadyDecidedError (with the decision that came
    first), NameTakenError and InvalidError; then nothing has changed.
    """
    given = replace(answer, name=clean_name(answer.name)) if isinstance(answer, Name) else answer

    async def work(records: Records) -> Outcome:
        hand = await _take_up(records, question_id, account, via, now)
        outcome = await hand.play(given)
        await _tell(records, outcome, account, now)
        return outcome

    return await store.transact(work)


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


async def _tell(records: Records, outcome: Outcome, account: Account, now: datetime) -> None:
    """Tell those who await the person that they have come, if the answer says so."""
    id_ = outcome.decision.question_id
    question = await records.questions.get(id_) if id_ else None
    visit = await records.visits.get(question.visit_id) if question else None
    if visit:
        await welcome(records, person=outcome.person, visit=visit, now=now, but=account.id)


async def _take_up(
    records: Records, question_id: Id, account: Account, via: str, now: datetime
) -> "_Hand":
    question = await open_question(records, question_id=question_id, account=account)
    person = await records.persons.canonical(question.person_id)
    if person is None:
        raise NotFoundError("There is no such person.")
    return _Hand(records, question=question, person=person, account=account, via=via, now=now)


async def _successor(records: Records, question: Question) -> Question:
    """Return the question that took this one's place, if it is still open.

    Somebody may be answering an older card while the same person comes again.
    """
    members = await records.persons.members(question.person_id)
    newer = await records.questions.open_of(members)
    return next((q for q in newer if q.site_id == question.site_id), question)


class _Hand:
    """One answer being given, inside one transaction."""

    def __init__(
        self,
        records: Records,
        *,
        question: Question,
        person: Person,
        account: Account,
        via: str,
        now: datetime,
    ) -> None:
        self._records = records
        self._question = question
        self._person = person
        self._account = account
        self._via = via
        self._now = now
        self._changes: list[Change] = []

    async def play(self, given: Answer) -> Outcome:
        match given:
            case Name(name=name, another=another):
                return await self._name(name, another=another)
            case ItIs(person_id=target, offered=offered):
                if offered:
                    await self._require_offered(target)
                return await self._merge(target)
            case Visitor():
                return await self._mark("visitor", status=PersonStatus.KNOWN, visitor=True)
            case Block():
                return await self._mark("block", status=PersonStatus.BLOCKED)
            case Dismiss():
                return await self._mark("dismiss", status=PersonStatus.DISMISSED)
            case IsNot(person_id=other):
                return await self._reject(other)

    async def _name(self, name: str, *, another: bool) -> Outcome:
        same = await self._records.persons.with_name(name)
        if same and not another:
            raise NameTakenError(name, tuple(p.id for p in same))
        return await self._mark("name", name=name, status=PersonStatus.KNOWN)

    async def _mark(self, verb: str, **values: Any) -> Outcome:
        person = await self._change_person(self._person, **values)
        decision = await self._conclude(verb, person, name=values.get("name"))
        return Outcome(decision=decision, person=person)

    async def _merge(self, target_id: Id) -> Outcome:
        target = await self._records.persons.canonical(target_id)
        if target is None:
            raise NotFoundError("There is no such person.")
        if target.id == self._person.id:
            raise InvalidError("This is the same person already.")
        await self._withdraw_rejections(target)
        await self._change_person(self._person, merged_into=target.id)
        decision = await self._conclude("merge", self._person, target_id=target.id)
        return Outcome(decision=decision, person=target)

    async def _require_offered(self, target_id: Id) -> None:
        """Raise when the question does not suggest this person; say who ruled them out."""
        target = await self._records.persons.members(target_id)
        if any(s.person_id in target for s in self._question.suggestions):
            return
        earlier = await self._records.decisions.of([self._question.person_id])
        raise AlreadyDecidedError(
            next((d for d in earlier if d.verb == "reject" and d.target_id in target), None)
        )

    async def _reject(self, other_id: Id) -> Outcome:
        """Remember that these are two; ask who it is instead."""
        other = await self._records.persons.canonical(other_id)
        if other is None:
            raise NotFoundError("There is no such person.")
        await self._require_offered(other.id)
        rejection = Rejection(
            id=new_id(),
            person_id=self._person.id,
            other_id=other.id,
            version=await self._records.gallery.advance(),
            created_at=self._now,
        )
        await self._records.rejections.add(rejection)
        self._changes.append(
            Change(collection="rejections", id=rejection.id, before={}, after={"withdrawn": False})
        )
        others = await self._records.persons.members(other.id)
        left = tuple(s for s in self._question.suggestions if s.person_id not in others)
        asked = replace(self._question, kind=QuestionKind.WHO, suggestions=left)
        await self._records.questions.save(asked)
        await self._records.outbox.touch([asked.visit_id], self._now)
        decision = await self._journal("reject", self._person, target_id=other.id)
        return Outcome(decision=decision, person=self._person)

    async def _withdraw_rejections(self, target: Person) -> None:
        """Let a merge overrule an earlier "not Anna": the later word counts."""
        mine = set(await self._records.persons.members(self._person.id))
        theirs = set(await self._records.persons.members(target.id))
        for rejection in await self._records.rejections.of([*mine]):
            if {rejection.person_id, rejection.other_id} & theirs:
                version = await self._records.gallery.advance()
                await self._save(
                    "rejections", rejection, replace(rejection, withdrawn=True, version=version)
                )

    async def _change_person(self, person: Person, **values: Any) -> Person:
        version = await self._records.gallery.advance()
        changed = replace(person, version=version, **values)
        await self._save("persons", person, changed)
        return changed

    async def _save(
        self, collection: str, before: Person | Rejection, after: Person | Rejection
    ) -> None:
        """Write a record, and what changed into the journal."""
        if isinstance(after, Person):
            await self._records.persons.save(after)
        else:
            await self._records.rejections.save(after)
        self._changes.append(difference(collection, before, after))

    async def _conclude(
        self, verb: str, person: Person, *, target_id: Id | None = None, name: str | None = None
    ) -> Decision:
        """Close every question about the person and show it on the cards."""
        decision = await self._journal(verb, person, target_id=target_id, name=name)
        open_ones = await self._records.questions.unanswered_of(
            await self._records.persons.members(self._person.id)
        )
        for question in open_ones:
            await self._records.questions.save(
                replace(
                    question,
                    status=QuestionStatus.ANSWERED,
                    decision_id=decision.id,
                    decided_at=self._now,
                )
            )
        await self._records.outbox.touch([q.visit_id for q in open_ones], self._now)
        return decision

    async def _journal(
        self, verb: str, person: Person, *, target_id: Id | None = None, name: str | None = None
    ) -> Decision:
        decision = Decision(
            id=new_id(),
            at=self._now,
            account_id=self._account.id,
            account_name=self._account.name,
            via=self._via,
            verb=verb,
            person_id=person.id,
            question_id=self._question.id,
            target_id=target_id,
            name=name,
            changes=tuple(self._changes),
        )
        await self._records.decisions.add(decision)
        return decision


Journaled = TypeVar("Journaled", bound=Person | Rejection | Reference)


def difference(collection: str, before: Journaled, after: Journaled) -> Change:
    """Return, for the journal, the fields in which two states of one record differ."""
    names = [f.name for f in fields(before)]
    touched = [n for n in names if getattr(before, n) is not getattr(after, n)]
    old, new = asdict(before), asdict(after)
    changed: Sequence[str] = [name for name in touched if old[name] != new[name]]
    return Change(
        collection=collection,
        id=before.id,
        before={name: old[name] for name in changed},
        after={name: new[name] for name in changed},
    )
