"""One answer being given, inside one transaction, whether somebody was asked or not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.errors import AlreadyDecidedError, InvalidError, NameTakenError, NotFoundError
from domain.journal import Journal, assigned, merge
from domain.records import (
    Account,
    Decision,
    Id,
    Person,
    PersonStatus,
    Question,
    QuestionStatus,
)
from domain.replies import (
    Answer,
    Block,
    Dismiss,
    IsNot,
    ItIs,
    Known,
    Name,
    NoFace,
    Outcome,
    Visitor,
)
from domain.store import DetectionQuery, Records
from domain.views import ruled_out

# The answers that only mark a person: the verb of the journal, the status, whether it is no face.
_MARKS: Mapping[type[Answer], tuple[str, PersonStatus, bool]] = {
    Block: ("block", PersonStatus.BLOCKED, False),
    Dismiss: ("dismiss", PersonStatus.DISMISSED, False),
    NoFace: ("no-face", PersonStatus.DISMISSED, True),
    Known: ("known", PersonStatus.KNOWN, False),
}


class Hand:
    """What an account says of a person, in answer to a question or of its own accord."""

    def __init__(
        self,
        records: Records,
        *,
        question: Question | None,
        person: Person,
        account: Account,
        via: str,
        now: datetime,
        batch: Id | None = None,
    ) -> None:
        self._records = records
        self._question = question
        self._person = person
        self._now = now
        self._journal = Journal(records, account=account, via=via, now=now, batch=batch)

    async def play(self, given: Answer) -> Outcome:
        """Do what was said, as a whole. Raises what `decisions.answer` does."""
        match given:
            case Name(name=name, another=another):
                return await self._name(name, another=another)
            case ItIs(person_id=target, offered=offered):
                return await self._merge(target, offered=offered)
            case IsNot(person_id=other):
                return await self._reject(other)
            case Visitor(until=until):
                return await self._mark(
                    "visitor",
                    status=PersonStatus.KNOWN,
                    no_face=False,
                    visitor=True,
                    visitor_until=until,
                )
            case _:
                verb, status, no_face = _MARKS[type(given)]
                return await self._mark(verb, status=status, no_face=no_face)

    async def _name(self, name: str, *, another: bool) -> Outcome:
        called = await self._records.persons.with_name(name)
        same = tuple(p.id for p in called if p.id != self._person.id)
        if same and not another:
            raise NameTakenError(name, same)
        outcome = await self._mark(
            "name",
            status=PersonStatus.KNOWN,
            no_face=False,
            name=name,
            visitor=False,
            visitor_until=None,
        )
        return replace(outcome, corrected=await self._earlier())

    async def _mark(self, verb: str, **values: Any) -> Outcome:
        person = await self._change_person(**values)
        decision = await self._conclude(verb, name=values.get("name"))
        return Outcome(decision=decision, person=person)

    async def _merge(self, target_id: Id, *, offered: bool) -> Outcome:
        target = await self._other(target_id, offered=offered)
        if target.id == self._person.id:
            raise InvalidError("This is the same person already.")
        theirs = await self._earlier()
        await self._withdraw_rejections(target)
        version = await self._records.gallery.advance()
        self._journal.note(*await merge(self._records, self._person, target, version))
        decision = await self._conclude("merge", target_id=target.id)
        return Outcome(decision=decision, person=target, corrected=theirs)

    async def _earlier(self) -> int:
        """Count the detections of the person before the visit that is asked about."""
        members = await self._records.persons.members(self._person.id)
        everything = await self._records.detections.count(DetectionQuery(person_ids=members))
        visit = self._question and await self._records.visits.get(self._question.visit_id)
        return max(0, everything - visit.detections) if visit else everything

    async def _other(self, id_: Id, *, offered: bool) -> Person:
        """Return who somebody pointed at turned out to be; `offered`, if still suggested."""
        other = await self._records.persons.canonical(id_)
        if other is None:
            raise NotFoundError("There is no such person.")
        if offered and self._question:
            await self._require_offered(self._question, other.id)
        return other

    async def _require_offered(self, question: Question, other_id: Id) -> None:
        """Raise when the question does not suggest this person; say who ruled them out."""
        others = await self._records.persons.members(other_id)
        suggested = any(s.person_id in others for s in question.suggestions)
        if suggested and other_id not in await ruled_out(self._records, self._person):
            return
        earlier = await self._records.decisions.said_of(self._person.id)
        said = (d for d in reversed(earlier) if d.verb == "reject" and d.target_id in others)
        raise AlreadyDecidedError(next(said, None))

    async def _reject(self, other_id: Id) -> Outcome:
        """Remember that these are two; who it is stays open."""
        other = await self._other(other_id, offered=True)
        version = await self._records.gallery.advance()
        await self._journal.tell_apart(self._person.id, other.id, version)
        if self._question:
            await self._records.outbox.touch([self._question.visit_id], self._now)
        decision = await self._enter("reject", target_id=other.id)
        return Outcome(decision=decision, person=self._person)

    async def _withdraw_rejections(self, target: Person) -> None:
        """Let a merge overrule an earlier "not Anna": the later word counts."""
        mine = set(await self._records.persons.members(self._person.id))
        theirs = set(await self._records.persons.members(target.id))
        for rejection in await self._records.rejections.of([*mine]):
            if {rejection.person_id, rejection.other_id} & theirs:
                version = await self._records.gallery.advance()
                await self._journal.assign(rejection, withdrawn=True, version=version)

    async def _change_person(self, **values: Any) -> Person:
        version = await self._records.gallery.advance()
        return await self._journal.assign(self._person, version=version, **values)

    async def _conclude(self, verb: str, **more: Any) -> Decision:
        """Close every unanswered question about the person, and show it where they are seen."""
        members = await self._records.persons.members(self._person.id)
        open_ones = await self._records.questions.unanswered_of(members)
        given_up = (q for q in open_ones if q.status is QuestionStatus.EXPIRED)
        self._journal.note(*(assigned(q, _answer(self._now)) for q in given_up))
        decision = await self._enter(verb, **more)
        for question in open_ones:
            await self._records.questions.save(answered(question, decision))
        here = [v.id for v in await self._records.visits.of(members) if v.open]
        named = await self._records.questions.suggesting(members)
        asked = [q.visit_id for q in (*open_ones, *named)]
        await self._records.outbox.touch([*here, *asked], self._now)
        return decision

    async def _enter(self, verb: str, **more: Any) -> Decision:
        asked = self._question.id if self._question else None
        return await self._journal.enter(verb, self._person.id, question_id=asked, **more)


def answered(question: Question, decision: Decision) -> Question:
    """Return a question as a decision leaves it that says who somebody is."""
    return replace(question, decision_id=decision.id, **_answer(decision.at))


def _answer(at: datetime) -> dict[str, Any]:
    return {"status": QuestionStatus.ANSWERED, "decided_at": at}
