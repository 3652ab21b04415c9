"""The journal: what a decision gave each record, field by field, so that it can be undone."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from domain.ids import new_id
from domain.records import (
    Account,
    Card,
    Change,
    Decision,
    Detection,
    Id,
    Person,
    PersonStatus,
    Question,
    Reference,
    Rejection,
    Visit,
)
from domain.store import Records, Table
from domain.whereabouts import refresh

Journaled = Person | Rejection | Reference | Visit | Detection | Question | Card
R = TypeVar("R", bound=Journaled)

_COLLECTIONS: Mapping[type[Any], str] = {
    Person: "persons",
    Rejection: "rejections",
    Reference: "references",
    Visit: "visits",
    Detection: "detections",
    Question: "questions",
    Card: "outbox",
}


def table(records: Records, collection: str) -> Table[Any]:
    """Return the table that a change names."""
    found: Table[Any] = getattr(records, collection)
    return found


def assigned(record: Journaled, values: Mapping[str, Any]) -> Change:
    """Return, for the journal, the fields a decision gives a record, before and after.

    A field is noted even where it had the value already: it has it by this decision as well, and
    keeps it when an earlier one is undone.
    """
    return Change(
        collection=_COLLECTIONS[type(record)],
        id=record.id,
        before={name: plain(getattr(record, name)) for name in values},
        after={name: plain(value) for name, value in values.items()},
    )


# Before the name of a free field, in the journal: each is a field of its own there.
NOTED = "metadata:"


def noted(person: Person, field: str, text: str | None) -> Change:
    """Return, for the journal, what a decision noted of somebody under a name; None: nothing."""
    name = f"{NOTED}{field}"
    before = {name: person.metadata.get(field)}
    return Change(collection="persons", id=person.id, before=before, after={name: text})


async def assign(records: Records, record: R, **values: Any) -> tuple[R, Change]:
    """Give a record these fields; return it, and what to note of it in the journal."""
    changed = replace(record, **values)
    await table(records, _COLLECTIONS[type(record)]).save(changed)
    return changed, assigned(record, values)


async def merge(
    records: Records, person: Person, into: Person, version: int
) -> tuple[Change, Change]:
    """Point a person to who they turned out to be; return what to note of it in the journal.

    While they are one, the picture of either may take the place of the other's: both are noted.
    """
    values = {"merged_into": into.id, "cover": person.cover, "version": version}
    _, change = await assign(records, person, **values)
    await refresh(records, [person.id])
    return change, assigned(into, {"cover": into.cover})


def made(record: Journaled, *, instead: Mapping[str, Any]) -> Change:
    """Return, for the journal, that a decision made a record; `instead` is how it is without it.

    Records are never deleted: without the decision they are there, and count for nothing.
    """
    return Change(
        collection=_COLLECTIONS[type(record)],
        id=record.id,
        before=dict(instead),
        after={name: plain(getattr(record, name)) for name in instead},
    )


def plain(value: Any) -> Any:
    """Return a value as the journal keeps it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(part) for name, part in asdict(value).items()}
    return [plain(part) for part in value] if isinstance(value, tuple) else value


class Journal:
    """One decision being made: who makes it, and all it changes."""

    def __init__(
        self,
        records: Records,
        *,
        account: Account,
        via: str,
        now: datetime,
        batch: Id | None = None,
    ) -> None:
        self._records = records
        self._account = account
        self._via = via
        self._now = now
        self._batch = batch
        self._changes: list[Change] = []

    async def assign(self, record: R, **values: Any) -> R:
        """Give a record these fields, and note them."""
        changed, change = await assign(self._records, record, **values)
        self._changes.append(change)
        return changed

    async def make(self, record: Journaled, *, instead: Mapping[str, Any]) -> None:
        """Keep a new record; `instead` is how it is left when the decision is undone."""
        await table(self._records, _COLLECTIONS[type(record)]).add(record)
        self._changes.append(made(record, instead=instead))

    async def tell_apart(self, person_id: Id, other_id: Id, version: int) -> None:
        """Remember, from a version of the gallery on, that these are two people."""
        rejection = Rejection(
            id=new_id(),
            person_id=person_id,
            other_id=other_id,
            version=version,
            created_at=self._now,
        )
        await self.make(rejection, instead={"withdrawn": True})

    async def part(self, whole_id: Id, version: int, *, cover: str | None) -> Person:
        """Make a stranger of what was another's; undone, they are the other again."""
        person = Person(
            id=new_id(),
            number=await self._records.persons.next_number(),
            status=PersonStatus.UNKNOWN,
            created_at=self._now,
            version=version,
            cover=cover,
        )
        await self.make(person, instead={"merged_into": whole_id})
        return person

    def note(self, *changes: Change) -> None:
        """Note changes that have been written."""
        self._changes += changes

    async def enter(self, verb: str, person_id: Id, **more: Any) -> Decision:
        """Keep the decision with all its changes, at the version the gallery has now."""
        decision = Decision(
            id=new_id(),
            at=self._now,
            account_id=self._account.id,
            account_name=self._account.name,
            via=self._via,
            verb=verb,
            person_id=person_id,
            changes=tuple(self._changes),
            version=await self._records.gallery.version(),
            batch=self._batch,
            **more,
        )
        await self._records.decisions.add(decision)
        return decision

    async def extend(self, decision: Decision) -> Decision:
        """Let a decision made before have changed all this as well."""
        extended = replace(decision, changes=(*decision.changes, *self._changes))
        await self._records.decisions.save(extended)
        return extended
