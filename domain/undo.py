"""Taking decisions back: for a while, in any order, as if they had never been made."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.about import CONSENT, EDIT, KEEP
from domain.covers import COVER
from domain.decisions import may_decide
from domain.enrolling import ADD
from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.journal import assign
from domain.labelling import Labelling
from domain.moving import ALL, MOVE
from domain.photos import DROP, REFER
from domain.policy import DecisionPolicy
from domain.rearranging import rearrange
from domain.records import (
    Account,
    Decision,
    Id,
    Person,
    PersonStatus,
    Question,
    QuestionStatus,
    Rejection,
    Retirement,
    Role,
    Undone,
)
from domain.restoring import ANSWERING, MERGE, SEPARATE, Asked, Fields, concerned
from domain.splits import SPLIT
from domain.store import DetectionQuery, Records, Store
from domain.unenrolling import changes_something, take_back
from domain.whereabouts import refresh

VOUCH, REMOVE, REJECT = "vouch", "remove", "reject"
_PARTING = frozenset({SPLIT, MOVE})
_CAN_BE = (
    ANSWERING
    | _PARTING
    | {REJECT, ADD, VOUCH, REMOVE, COVER, DROP, REFER, SEPARATE, EDIT, CONSENT, KEEP, *Labelling}
)
# So many of the last decisions are looked through for those of one account's sites.
MOST_LOOKED_AT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """A decision taken back, and who the person it was about is now.

    What happened since is kept: `kept` crops stay with `kept_with`. Who was made by the decision,
    and is gone with it, is `forgotten_at` that time.
    """

    decision: Decision
    person: Person
    kept: int = 0
    kept_with: Person | None = None


def undoable(decision: Decision, now: datetime, policy: DecisionPolicy) -> bool:
    """Tell whether a decision can still be undone, by whoever may."""
    recently = now - decision.at <= policy.undo
    can_be = decision.verb in _CAN_BE and changes_something(decision)
    return decision.undone is None and can_be and recently


async def may_undo(records: Records, decision: Decision, account: Account) -> bool:
    """Tell whether an account may undo a decision: if it answers for the site it was about.

    What was said of a person without a question may be undone where the person was seen, and by
    whoever said it.
    """
    site = decision.site_id
    if decision.question_id:
        question = await records.questions.get(decision.question_id)
        site = question.site_id if question else None
    if site:
        return account.may_answer(site)
    if account.id == decision.account_id and account.role is not Role.VIEWER:
        return account.revoked_at is None
    return await may_decide(records, decision.person_id, account)


async def undo(
    store: Store,
    *,
    decision_id: Id,
    account: Account,
    via: str,
    now: datetime,
    policy: DecisionPolicy,
) -> Undoing:
    """Take a decision back; everything is as if it had never been made, but for what came since.

    Raises NotFoundError, NotAllowedError, and InvalidError when it has been undone or can be no
    more; then nothing has changed.
    """

    async def work(records: Records) -> Undoing:
        decision = await records.decisions.get(decision_id)
        if decision is None:
            raise NotFoundError("There is no such decision.")
        if not await may_undo(records, decision, account):
            raise NotAllowedError("You may not undo what was decided for another site.")
        if decision.undone:
            raise InvalidError("{who} has undone this already.", who=decision.undone.account_name)
        if not undoable(decision, now, policy):
            raise InvalidError("This can be undone no more: too much time has passed.")
        undone = Undone(at=now, account_id=account.id, account_name=account.name, via=via)
        return await _TakingBack(records, replace(decision, undone=undone), now).do()

    return await store.transact(work)


class _TakingBack:
    """One decision being undone, inside one transaction."""

    def __init__(self, records: Records, decision: Decision, now: datetime) -> None:
        self._records = records
        self._decision = decision
        self._now = now
        self._asked = Asked(records, decision)
        self._touched: set[Id] = set()

    async def do(self) -> Undoing:
        decision = self._decision
        added = decision.verb == ADD
        if decision.verb in {REMOVE, DROP}:
            await self._require_pictures()
        await self._records.decisions.save(decision)
        version = await self._records.gallery.advance()
        fields = Fields(self._records, decision, version)
        await fields.restore()
        if decision.verb in _PARTING:
            self._touched |= await rearrange(self._records, decision, version)
        if decision.verb == MERGE:
            await self._take_back_trimmed(version)
        await self._settle_rejections(version)
        await fields.restore_covers()
        gone = await take_back(self._records, decision, version, self._now) if added else None
        await self._settle_questions()
        await refresh(self._records, concerned(decision))
        await self._touch()
        if gone:
            return Undoing(decision=decision, person=gone)
        return await self._noted(await self._outcome())

    async def _noted(self, made: Undoing) -> Undoing:
        """Keep in the journal what stays as it has become since."""
        undone = made.decision.undone
        if undone is None or made.kept_with is None:
            return made
        undone = replace(undone, kept=made.kept, kept_with=made.kept_with.id)
        decision = replace(made.decision, undone=undone)
        await self._records.decisions.save(decision)
        return replace(made, decision=decision)

    async def _require_pictures(self) -> None:
        """Raise InvalidError when a removed photo has been deleted for good."""
        ids = [c.id for c in self._decision.changes if c.collection == "references"]
        references = await self._records.references.some(ids)
        crops = await self._records.detections.some([r.detection_id for r in references.values()])
        if len(references) < len(ids) or not all(crop.image.key for crop in crops.values()):
            raise InvalidError("The photo is not kept any more.")

    async def _take_back_trimmed(self, version: int) -> None:
        """Recognise both again by the references that were one too many while they were one."""
        for reference in await self._records.references.of(await self._both()):
            gone = reference.retired
            since = reference.version > self._decision.version
            if gone and gone.reason is Retirement.TRIMMED and since:
                await assign(self._records, reference, retired=None, version=version)

    async def _both(self) -> tuple[Id, ...]:
        """Return everybody who is the person of the decision, or the other one, by now."""
        found: dict[Id, None] = {}
        for id_ in (self._decision.person_id, self._decision.target_id):
            person = await self._records.persons.canonical(id_) if id_ else None
            if person:
                found |= dict.fromkeys(await self._records.persons.members(person.id))
        return tuple(found)

    async def _settle_rejections(self, version: int) -> None:
        """Let those count, and only those, that somebody still says."""
        ids = [c.id for c in self._decision.changes if c.collection == "rejections"]
        known = await self._records.rejections.some(ids)
        if self._decision.verb in {MERGE, SPLIT, MOVE}:
            members = await self._records.persons.members(self._decision.person_id)
            known |= {r.id: r for r in await self._records.rejections.ever_of(members)}
        for rejection in known.values():
            withdrawn = not await self._asked.in_force(rejection)
            if withdrawn != rejection.withdrawn:
                await assign(self._records, rejection, withdrawn=withdrawn, version=version)
        if self._decision.account_id is None and self._decision.target_id:
            await self._keep_apart(self._decision.target_id, version)

    async def _keep_apart(self, other_id: Id, version: int) -> None:
        """Remember that two are not one, or Usher would join them again at the next crop."""
        rejection = Rejection(
            id=new_id(),
            person_id=self._decision.person_id,
            other_id=other_id,
            version=version,
            created_at=self._now,
        )
        await self._records.rejections.add(rejection)

    async def _settle_questions(self) -> None:
        """Open again what the decision had closed, and what others closed only because of it."""
        ids = [c.id for c in self._decision.changes if c.collection == "questions"]
        known = await self._records.questions.some(ids)
        closed = await self._records.questions.of_decision(self._decision.id)
        if self._decision.verb == MERGE:
            members = await self._records.persons.members(self._decision.person_id)
            closed += await self._records.questions.answered(members)
        for question in {q.id: q for q in (*known.values(), *closed)}.values():
            await self._settle(question)
        if self._decision.verb == SPLIT:
            await self._withdraw_moot()

    async def _settle(self, question: Question) -> None:
        settled = await self._asked.settled(question)
        if settled.status is QuestionStatus.OPEN:
            settled = await self._make_way(settled)
        if settled != question:
            await self._records.questions.save(settled)
            self._touched.add(question.visit_id)

    async def _make_way(self, question: Question) -> Question:
        """Return a question open again; or superseded, where a newer one is open by now."""
        person = await self._records.persons.canonical(question.person_id)
        members = await self._records.persons.members(person.id) if person else ()
        over = QuestionStatus.SUPERSEDED
        for other in await self._records.questions.open_of(members):
            if other.id == question.id or other.site_id != question.site_id:
                continue
            if other.asked_at >= question.asked_at:
                return replace(question, status=over, decided_at=self._now)
            await assign(self._records, other, status=over, decided_at=self._now)
            self._touched.add(other.visit_id)
        return question

    async def _withdraw_moot(self) -> None:
        """Ask no more about somebody made by a split who turns out to be known all along."""
        person = await self._records.persons.canonical(self._decision.person_id)
        if person is None or person.status is PersonStatus.UNKNOWN:
            return
        for question in await self._records.questions.open_of([self._decision.person_id]):
            withdrawn = QuestionStatus.WITHDRAWN
            await assign(self._records, question, status=withdrawn, decided_at=self._now)
            self._touched.add(question.visit_id)

    async def _touch(self) -> None:
        """Show it on every card concerned, and on those that called somebody by it."""
        self._touched |= {c.id for c in self._decision.changes if c.collection == "visits"}
        for id_ in (self._decision.person_id, self._decision.target_id):
            self._touched |= await self._seen_since(id_) if id_ else set()
        named = await self._records.questions.suggesting(await self._both())
        self._touched |= {q.visit_id for q in named}
        if self._decision.question_id:
            asked = await self._records.questions.get(self._decision.question_id)
            self._touched |= {asked.visit_id} if asked else set()
        await self._records.outbox.touch([*self._touched], self._now)

    async def _seen_since(self, id_: Id) -> set[Id]:
        """Return somebody's visits since the decision, and those under way when it was made.

        Those that photos were moved from or to have been shown anew too.
        """
        person = await self._records.persons.canonical(id_)
        members = await self._records.persons.members(person.id) if person else ()
        earlier: dict[tuple[Id, Id], Id] = {}
        since: set[Id] = set()
        for visit in await self._records.visits.of(members):
            if visit.last_seen_at >= self._decision.at:
                since.add(visit.id)
            else:
                earlier.setdefault((visit.person_id, visit.site_id), visit.id)
        journal = await self._records.decisions.of(members, limit=ALL)
        moved = [c for d in journal if d.verb == MOVE for c in d.changes]
        return {*since, *earlier.values(), *(c.id for c in moved if c.collection == "visits")}

    async def _outcome(self) -> Undoing:
        person = await self._records.persons.canonical(self._decision.person_id)
        if person is None:
            raise NotFoundError("There is no such person.")
        target = self._decision.target_id
        other = await self._records.persons.canonical(target) if target else None
        made = Undoing(decision=self._decision, person=person)
        if other is None or other.id == person.id:
            return made
        if self._decision.verb == MOVE:
            return replace(made, person=other)
        if self._decision.verb == MERGE:
            return _keeping(made, await self._recognised_as(person, other), other)
        if self._decision.verb == SPLIT:
            theirs = DetectionQuery(person_ids=(self._decision.person_id,))
            kept = await self._records.detections.count(theirs)
            return _keeping(replace(made, person=other), kept, person)
        return made

    async def _recognised_as(self, person: Person, other: Person) -> int:
        """Count the crops since that are the other's, recognised by a face of this one."""
        members = await self._records.persons.members(person.id)
        faces = await self._records.references.of(members)
        return await self._records.detections.count(
            DetectionQuery(
                person_ids=await self._records.persons.members(other.id),
                reference_ids=tuple(r.id for r in faces),
                since=self._decision.at,
            )
        )


def _keeping(made: Undoing, kept: int, kept_with: Person) -> Undoing:
    return replace(made, kept=kept, kept_with=kept_with if kept else None)
