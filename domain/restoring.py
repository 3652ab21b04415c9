"""What records are by the decisions that stand, when one of them has been undone.

Everything is as if the undone one had never been made. A field has what the last standing decision
gave it, and where none stands, what it was before the first; what something else than a decision
has changed since is kept. Questions and rejections follow from all decisions together, for one that
did nothing to them may now be the one that settles them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.covers import COVER, best_image, chosen, chosen_image
from domain.hand import answered
from domain.journal import NOTED, plain, table
from domain.labelling import FIELD, labels_by
from domain.moving import MOVE
from domain.records import (
    Best,
    CardKind,
    Change,
    Consent,
    Decision,
    Id,
    Person,
    PersonStatus,
    Question,
    QuestionStatus,
    Reference,
    Rejection,
    Retired,
    Retirement,
    Stage,
    Visit,
)
from domain.splits import SPLIT
from domain.store import Records

MERGE, SEPARATE = "merge", "separate"
# By these somebody says who or what a person is, and all that was asked about them is answered.
ANSWERING = frozenset({"name", MERGE, "visitor", "block", "dismiss", "no-face", "known"})
# In this order what hangs on other records comes after them. Questions and rejections, which hang
# on everything, come last, by rules of their own.
_ORDER = ("detections", "references", "persons", "visits", "outbox")
_COVER = "cover"
# What follows from more than the decisions that gave it: a picture, and which crops a visit has.
_BY_RULE = frozenset({"version", _COVER, "visit_id", "detections"})
# By these a visit is another's, or a part of it.
_PARTING = frozenset({SPLIT, MOVE})
_EXPIRED = QuestionStatus.EXPIRED
_ANSWERABLE = frozenset({QuestionStatus.OPEN, QuestionStatus.ANSWERED})


def _retired(value: Mapping[str, Any] | None) -> Retired | None:
    return Retired(at=value["at"], reason=Retirement(value["reason"])) if value else None


_READ: Mapping[str, Callable[[Any], Any]] = {
    "status": PersonStatus,
    "kind": CardKind,
    "retired": _retired,
    "best": lambda value: Best(**{**value, "covered": tuple(value["covered"])}),
    "consent": lambda value: Consent(**value) if value else None,
}


def _order(decision: Decision) -> tuple[Any, ...]:
    return decision.version, decision.at, decision.id


@dataclass(frozen=True, slots=True)
class Fields:
    """Gives records back the fields that an undone decision gave them, inside one transaction.

    `version` is the gallery's, just taken: every copy of the gallery learns of it.
    """

    records: Records
    undone: Decision
    version: int

    async def restore(self) -> None:
        """Restore all but questions and rejections."""
        changes = [c for c in self.undone.changes if c.collection in _ORDER]
        history = await self.records.decisions.changing([c.id for c in changes])
        for collection in _ORDER:
            mine = [c for c in changes if c.collection == collection]
            there = await table(self.records, collection).some([c.id for c in mine])
            found = [(there[c.id], c) for c in mine if c.id in there]
            others = [(r, _values(r, c, history, self.undone)) for r, c in found]
            await self._save(collection, [(r, values) for r, values in others if values])

    async def restore_covers(self) -> None:
        """Show people by the picture they had, unless it is not theirs any more."""
        for change in self.undone.changes:
            person = await self.records.persons.get(change.id) if _COVER in change.after else None
            if person:
                history = await self.records.decisions.changing([person.id])
                cover = await self._cover(person, history)
                await self.records.persons.save(replace(person, cover=cover, version=self.version))

    async def _cover(self, person: Person, history: Sequence[Decision]) -> str | None:
        """Return the picture somebody chose; else the first they had that nobody has taken.

        Else the best there is. One that was only trimmed had been followed by another before any
        decision was made.
        """
        picture = await chosen_image(self.records, person.id)
        if picture:
            return picture
        said = [(d, c) for d, c in _said(person.id, history) if _COVER in c.after]
        members = await self.records.persons.members(person.id)
        there = await self.records.references.of(members)
        for shown in _pictures(said):
            gone = [r.retired for r in there if r.image_key == shown]
            if None in gone or not (gone or _taken(shown, said)):
                return shown
            if not any(r and r.reason is Retirement.TRIMMED for r in gone):
                break
        return await best_image(self.records, person.id)

    async def _save(self, collection: str, found: Sequence[tuple[Any, dict[str, Any]]]) -> None:
        if collection == "detections":
            owners = [(crop, values.pop("person_id", None)) for crop, values in found]
            for id_ in {owner for _, owner in owners if owner}:
                theirs = [crop.id for crop, owner in owners if owner == id_]
                await self.records.detections.reassign(theirs, id_)
        for record, values in ((r, values) for r, values in found if values):
            await self._save_one(collection, record, values)

    async def _save_one(self, collection: str, record: Any, values: Mapping[str, Any]) -> None:
        if isinstance(record, Visit):
            values = {**values, "open": await self._may_be_open(replace(record, **values))}
        if isinstance(record, Person | Reference):
            values = {**values, "version": self.version}
        restored = replace(record, **_whole(record, values))
        await table(self.records, collection).save(restored)
        if isinstance(restored, Person):
            await self._break_circle(restored)

    async def _may_be_open(self, visit: Visit) -> bool:
        """Tell whether a visit can go on: whoever it is of again may have come anew since."""
        others = await self.records.visits.open_of([visit.person_id], visit.site_id)
        return visit.open and not any(other.id != visit.id for other in others)

    async def _break_circle(self, person: Person) -> None:
        """Let nobody be merged into somebody who turns out to be them: it said nothing."""
        at = await self.records.persons.get(person.merged_into) if person.merged_into else None
        while at and at.merged_into:
            if at.merged_into == person.id:
                freed = replace(at, merged_into=None, version=self.version)
                await self.records.persons.save(freed)
                return
            at = await self.records.persons.get(at.merged_into)


def concerned(decision: Decision) -> set[Id]:
    """Return everybody whose visits, photos or identity a decision changed, before and after."""
    ids = {decision.person_id, decision.target_id}
    for change in decision.changes:
        ids |= {change.before.get("person_id"), change.after.get("person_id")}
        if change.collection == "persons":
            ids |= {change.id, change.before.get("merged_into"), change.after.get("merged_into")}
    return {Id(id_) for id_ in ids if id_}


def _pictures(said: Sequence[tuple[Decision, Change]]) -> list[str | None]:
    """Return the pictures somebody had, in order, but for those they had by choice alone."""
    by_choice = {found[1] for d, _ in said if d.verb == COVER and (found := chosen(d))}
    first, *others = dict.fromkeys(c.before[_COVER] for _, c in said)
    return [first, *(picture for picture in others if picture not in by_choice)]


def _said(record_id: Id, history: Iterable[Decision]) -> list[tuple[Decision, Change]]:
    return [(d, c) for d in history for c in d.changes if c.id == record_id]


def _taken(picture: str | None, said: Iterable[tuple[Decision, Change]]) -> bool:
    """Tell whether a standing decision gave somebody another picture than this."""
    changes = (c for d, c in said if d.undone is None)
    return any(c.before[_COVER] == picture != c.after[_COVER] for c in changes)


def _values(
    record: Any, change: Change, history: Sequence[Decision], undone: Decision
) -> dict[str, Any]:
    """Return the fields of a record that are others without the undone decision."""
    values: dict[str, Any] = {}
    for name in change.after.keys() - _BY_RULE:
        said = [(d, c) for d, c in _said(record.id, history) if name in c.after]
        if name == FIELD:
            values[name] = labels_by(said)
            continue
        in_force = [c for d, c in said if d.undone is None or d.id == undone.id]
        standing = [c for d, c in said if d.undone is None]
        if _value(record, name) != in_force[-1].after[name]:
            continue
        value = standing[-1].after[name] if standing else said[0][1].before[name]
        values[name] = _READ[name](value) if name in _READ else value
    return values


def _value(record: Any, name: str) -> Any:
    """Return a field of a record as the journal has it; each free field is one."""
    if name.startswith(NOTED):
        return record.metadata.get(name.removeprefix(NOTED))
    return plain(getattr(record, name))


def _whole(record: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of a record as it has them, with free fields put into what is noted."""
    free = {n.removeprefix(NOTED): value for n, value in values.items() if n.startswith(NOTED)}
    others = {name: value for name, value in values.items() if not name.startswith(NOTED)}
    if not free:
        return others
    metadata = {name: text for name, text in (record.metadata | free).items() if text is not None}
    return {**others, "metadata": metadata}


@dataclass(frozen=True, slots=True)
class Asked:
    """Says how questions and rejections stand by all decisions, inside one transaction."""

    records: Records
    undone: Decision

    async def in_force(self, rejection: Rejection) -> bool:
        """Tell whether two are still said not to be one.

        Not so when nobody says it any more, when a later word has made them one, or when it was
        said of nobody, because the visit they were made for has been given back.
        """
        one = await self.records.persons.canonical(rejection.person_id)
        other = await self.records.persons.canonical(rejection.other_id)
        about = [rejection.id, rejection.person_id]
        history = await self.records.decisions.changing(about)
        undone = [d for d in history if d.undone]
        taken_back = any(c.after == {"withdrawn": False} for _, c in _said(rejection.id, undone))
        nobody = any(_made(d, rejection.person_id) for d in undone)
        return one != other and not taken_back and not nobody

    async def settled(self, question: Question) -> Question:
        """Return a question as it stands: answered by the first who did, or open.

        It is as it was before it was asked because of the undone decision, if it was; and what
        nobody had answered in time, before somebody did, is given up as it was.
        """
        said = _said(question.id, await self.records.decisions.changing([question.id]))
        splits = [(d, c) for d, c in said if d.verb in _PARTING]
        last = next((d for d, _ in reversed(splits) if d.undone is None), None)
        if any(d.id == self.undone.id for d, _ in splits):
            over = [c for d, c in splits if last is None or _order(d) > _order(last)]
            question = _as_before(question, over[0]) if over else question
            if question.status not in _ANSWERABLE:
                return question
        if last and last.verb == MOVE:
            return question  # whose visit it is has been said; nobody is asked about it

        def after(decision: Decision) -> bool:
            if last:
                return _order(decision) > _order(last)
            return decision.at >= question.asked_at

        made = await self._answer(question.person_id, after)
        if made:
            return answered(question, made)
        expired = (c.before for d, c in said if after(d) and c.before.get("status") == _EXPIRED)
        unanswered = {"status": QuestionStatus.OPEN, "decided_at": None} | next(expired, {})
        return replace(question, decision_id=None, **_read(unanswered))

    async def _answer(self, about: Id, after: Callable[[Decision], bool]) -> Decision | None:
        """Return the first standing decision that answers what was asked about somebody.

        Whom Usher itself has joined to another is asked about as that one from then on.
        """
        said = await self.records.decisions.said_of(about)
        made = next((d for d in said if _answers(d) and after(d)), None)
        joined = next((d for d in said if d.verb == MERGE), None)
        if made or joined is None or joined.target_id is None:
            return made
        return await self._answer(
            joined.target_id, lambda d: after(d) and _order(d) > _order(joined)
        )


def _made(decision: Decision, person_id: Id) -> bool:
    """Tell whether somebody is there by a decision that took photos from another."""
    mine = (c for c in decision.changes if c.id == person_id and decision.person_id == person_id)
    return decision.verb in _PARTING and any("merged_into" in c.after for c in mine)


def _answers(decision: Decision) -> bool:
    """Tell whether a decision answers questions: Usher's own do where they say that they did."""
    if decision.account_id:
        return decision.verb in ANSWERING
    return any(c.after.get("status") == QuestionStatus.ANSWERED for c in decision.changes)


def _as_before(question: Question, change: Change) -> Question:
    """Return a question as it was before a split asked it, or asked it again."""
    values = {"decision_id": None, "decided_at": None, **change.before}
    return replace(question, **_read(values))


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields of a question as the record has them."""
    read = {"status": QuestionStatus, "stage": Stage}
    return {name: read[name](v) if name in read else v for name, v in values.items()}
