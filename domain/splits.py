"""A visit of somebody recognised wrongly is made one of a stranger, and is asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.asking import deal
from domain.covers import shown_by
from domain.errors import AlreadyDecidedError, NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.journal import Journal, assigned
from domain.records import (
    Account,
    CardKind,
    Decision,
    Detection,
    Id,
    Person,
    Question,
    QuestionKind,
    QuestionStatus,
    Stage,
    Visit,
)
from domain.replies import Outcome
from domain.store import DetectionQuery, Records, Store
from domain.whereabouts import refresh

SPLIT = "split"
# A visit of a day has a few thousand crops.
ALL = 0


async def not_them(
    store: Store,
    *,
    visit_id: Id,
    account: Account,
    via: str,
    now: datetime,
    person_id: Id | None = None,
) -> Outcome:
    """Say that a visit was not of whom it was taken for; ask who it was.

    The visit goes to a new stranger with its crops and the references made from them.
    `person_id` is whom it was shown as, if the one who says so saw that. Raises NotFoundError,
    NotAllowedError, and AlreadyDecidedError when the visit is of another or of a stranger by now;
    then nothing has changed.
    """

    async def work(records: Records) -> Outcome:
        visit = await records.visits.get(visit_id)
        taken_for = await records.persons.canonical(visit.person_id) if visit else None
        if visit is None or taken_for is None:
            raise NotFoundError("There is no such visit.")
        if not account.may_answer(visit.site_id):
            raise NotAllowedError("You may not answer for the site of this visit.")
        meant = await records.persons.canonical(person_id) if person_id else taken_for
        if not taken_for.recognised or meant != taken_for:
            raise AlreadyDecidedError(await _latest(records, visit))
        journal = Journal(records, account=account, via=via, now=now)
        return await split(records, visit=visit, taken_for=taken_for, journal=journal, now=now)

    return await store.transact(work)


async def _latest(records: Records, visit: Visit) -> Decision | None:
    """Return who said last whom a visit is of, if anybody did."""
    moved = await records.decisions.changing([visit.id])
    return next((d for d in reversed(moved) if d.undone is None), None)


async def split(
    records: Records, *, visit: Visit, taken_for: Person, journal: Journal, now: datetime
) -> Outcome:
    """Make a visit one of somebody new, who is not the one it was taken for."""
    return await _Split(records, visit, taken_for, journal, now).make()


@dataclass(frozen=True, slots=True)
class _Split:
    """One visit being split off, inside one transaction."""

    records: Records
    visit: Visit
    taken_for: Person
    journal: Journal
    now: datetime

    async def make(self) -> Outcome:
        version = await self.records.gallery.advance()
        person = await self.journal.part(
            self.visit.person_id, version, cover=self.visit.best.image_key
        )
        await self._move_faces(person, version)
        await self.journal.assign(self.visit, person_id=person.id, ordinal=1, confidence=None)
        await self.journal.tell_apart(person.id, self.taken_for.id, version)
        await self._ask(person)
        await refresh(self.records, [person.id, self.visit.person_id])
        decision = await self.journal.enter(
            SPLIT, person.id, target_id=self.taken_for.id, site_id=self.visit.site_id
        )
        return Outcome(decision=decision, person=person)

    async def _move_faces(self, person: Person, version: int) -> None:
        """Give the crops of the visit, and the references made from them, to the new person."""
        query = DetectionQuery(visit_id=self.visit.id, limit=ALL)
        crops = await self.records.detections.page(query)
        ids = [crop.id for crop in crops]
        self.journal.note(*(assigned(crop, {"person_id": person.id}) for crop in crops))
        await self.records.detections.reassign(ids, person.id)
        for reference in await self.records.references.of_detections(ids):
            await self.journal.assign(reference, person_id=person.id, version=version)
        await self._change_cover(crops, version)

    async def _change_cover(self, crops: Sequence[Detection], version: int) -> None:
        """Show those the visit was of by another picture, where they had one of its crops."""
        gone = {crop.image.key for crop in crops}
        for id_ in {self.visit.person_id, self.taken_for.id}:
            owner = await self.records.persons.get(id_)
            if owner and owner.cover in gone:
                cover = await shown_by(self.records, owner.id)
                await self.journal.assign(owner, cover=cover, version=version)

    async def _ask(self, person: Person) -> None:
        """Ask who it was on the cards the visit has, and on new ones in the other chats."""
        question = await self._question(person)
        for card in await self.records.outbox.of_visit(self.visit.id):
            if card.kind not in {CardKind.QUESTION, CardKind.GUEST}:
                await self.journal.assign(card, kind=CardKind.QUESTION, question_id=question.id)
        await self.records.outbox.touch([self.visit.id], self.now)
        await deal(self.records, CardKind.QUESTION, self.visit, question, self.now)

    async def _question(self, person: Person) -> Question:
        """Return the question about the visit, asked anew if it had been answered."""
        earlier = await self.records.questions.of_visit(self.visit.id)
        if earlier:
            return await self.journal.assign(
                earlier,
                person_id=person.id,
                status=QuestionStatus.OPEN,
                asked_at=self.now,
                stage=Stage.ASKED,
                due_at=None,
                decision_id=None,
                decided_at=None,
            )
        question = Question(
            id=new_id(),
            visit_id=self.visit.id,
            site_id=self.visit.site_id,
            person_id=person.id,
            kind=QuestionKind.WHO,
            status=QuestionStatus.OPEN,
            asked_at=self.now,
        )
        await self.journal.make(question, instead={"status": QuestionStatus.WITHDRAWN})
        return question
