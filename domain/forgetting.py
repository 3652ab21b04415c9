"""Forgetting somebody: what is erased is gone, from every table, every picture and the journal.

What is left is that somebody was forgotten, by whom and when, and a person without any data, by
which every copy of the gallery learns to drop the embeddings it holds.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from domain import grants
from domain.errors import NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.intake import Images
from domain.records import (
    Account,
    Change,
    Decision,
    Id,
    Person,
    PersonStatus,
    Question,
    Reference,
    Visit,
)
from domain.store import DetectionQuery, Records, Store
from domain.whereabouts import NOWHERE

FORGET = "forget"
# Who forgets whose time is over, and why, as the journal has it.
NAME, RETENTION = "Usher", "retention"
# A journal, a list of visits as a whole.
ALL = 0
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What there is of somebody, and what would be erased."""

    person: Person
    photos: int
    visits: int


async def traces(store: Store, *, person_id: Id, account: Account | None) -> Traces:
    """Return what would be erased of somebody, if the account (None: this machine) may do so.

    Raises NotFoundError; NotAllowedError where they were at a site it does not answer for.
    """
    person, members = await _whom(store, person_id, account)
    totals = await store.visits.totals(members, None)
    return Traces(
        person=person,
        photos=await store.detections.count(DetectionQuery(person_ids=members)),
        visits=sum(total.visits for total in totals),
    )


async def forget(
    store: Store,
    images: Images,
    *,
    person_id: Id,
    account: Account | None,
    account_name: str,
    via: str,
    now: datetime,
) -> Traces:
    """Erase somebody, and everybody merged into them; return what there was.

    Recognition ends with the first step; what is left when this is cut off is erased by `sweep`.
    Raises NotFoundError, and NotAllowedError where they were at a site the account does not answer
    for; then nothing has changed.
    """
    found = await traces(store, person_id=person_id, account=account)

    async def work(records: Records) -> tuple[tuple[Id, ...], set[str]]:
        person, members = await _whom(records, person_id, account)
        keys = await _Erasing(records, members, now).do()
        decision = Decision(
            id=new_id(),
            at=now,
            account_id=account.id if account else None,
            account_name=account_name,
            via=via,
            verb=FORGET,
            person_id=person.id,
            version=await records.gallery.version(),
        )
        await records.decisions.add(decision)
        return members, keys

    members, keys = await store.transact(work)
    await _erase_crops(store, images, members)
    await images.delete(sorted(keys))
    return found


async def forget_overdue(store: Store, images: Images, *, now: datetime) -> int:
    """Erase everybody who was to be kept until now, as Usher's own decision; return how many."""
    gone = 0
    while overdue := await store.persons.overdue(now, limit=BATCH):
        for person in overdue:
            with suppress(NotFoundError):  # somebody else was quicker
                await forget(
                    store,
                    images,
                    person_id=person.id,
                    account=None,
                    account_name=NAME,
                    via=RETENTION,
                    now=now,
                )
                gone += 1
    return gone


async def sweep(store: Store, images: Images, *, since: datetime) -> int:
    """Erase what is left, or has come since, of those forgotten since a time; return how much."""
    gone = [person.id for person in await store.persons.forgotten(since)]
    return await _erase_crops(store, images, gone) if gone else 0


async def _whom(
    records: Records, person_id: Id, account: Account | None
) -> tuple[Person, tuple[Id, ...]]:
    person = await records.persons.canonical(person_id)
    if person is None:
        raise NotFoundError("There is no such person.")
    members = await records.persons.members(person.id)
    sites = await records.visits.sites(members) | await records.detections.sites(members)
    if account and not all(account.may_answer(site) for site in sites):
        raise NotAllowedError(
            "{name} was at a site that you do not answer for. Please ask an admin.",
            name=person.label,
        )
    return person, members


async def _erase_crops(store: Store, images: Images, person_ids: Sequence[Id]) -> int:
    """Delete the crops of these persons: each picture before its record, which leads to it."""
    query = DetectionQuery(person_ids=tuple(person_ids), limit=BATCH)
    erased = 0
    while crops := await store.detections.page(query):
        await images.delete([crop.image.key for crop in crops if crop.image.key])
        await store.detections.remove([crop.id for crop in crops])
        erased += len(crops)
    return erased


async def erase_records(records: Records, members: Sequence[Id], now: datetime) -> None:
    """Erase all there is of persons but their crops, inside a transaction; `sweep` does the rest.

    What stood in the journal about them goes too.
    """
    await _Erasing(records, members, now).do()


class _Erasing:
    """One erasure of everything but the crops, inside one transaction."""

    def __init__(self, records: Records, members: Sequence[Id], now: datetime) -> None:
        self._records = records
        self._members = members
        self._now = now

    async def do(self) -> set[str]:
        """Erase; return the keys of the pictures that nothing leads to any more."""
        records, members = self._records, self._members
        version = await records.gallery.advance()
        references = await records.references.of(members)
        visits = await records.visits.of(members, limit=ALL)
        questions = await records.questions.about(members)
        people = await records.persons.some(members)
        await self._scrub_journal(references, visits, questions)
        await records.references.erase([r.id for r in references])
        await records.references.undoubt(members)
        await records.visits.erase([v.id for v in visits])
        await records.questions.erase([q.id for q in questions])
        await records.questions.unsuggest(members)
        await records.rejections.erase([r.id for r in await records.rejections.ever_of(members)])
        await records.persons.unsuggest(members)
        await records.errands.end_about(members)
        drafts = await records.drafts.naming(members)
        await records.drafts.erase([d.id for d in drafts])
        names = [p.name for p in people.values() if p.name]
        await records.guests.erase([g.id for g in await records.guests.of(members, names)])
        await self._unwatch()
        await grants.erase(records, members, self._now)
        for person in people.values():
            await records.persons.save(_left(person, version, self._now))
            await records.persons.place(person.id, NOWHERE)
        await records.outbox.touch([v.id for v in visits], self._now)
        shown = _pictures(references, visits, people.values())
        return shown | {d.image.key for d in drafts}

    async def _unwatch(self) -> None:
        """Let nobody be told of the person any more."""
        gone = set(self._members)
        for account in await self._records.accounts.all():
            if gone & set(account.alerts.people):
                left = tuple(id_ for id_ in account.alerts.people if id_ not in gone)
                alerts = replace(account.alerts, people=left)
                await self._records.accounts.save(replace(account, alerts=alerts))

    async def _scrub_journal(
        self,
        references: Sequence[Reference],
        visits: Sequence[Visit],
        questions: Sequence[Question],
    ) -> None:
        """Delete the decisions about the person; take the person out of those about others."""
        ids = [*self._members, *(r.id for r in references)]
        ids += [v.id for v in visits] + [q.id for q in questions]
        named = await self._records.decisions.of(self._members, limit=ALL)
        found = {d.id: d for d in (*named, *await self._records.decisions.changing(ids))}
        members = set(self._members)
        await self._records.decisions.erase(
            [d.id for d in found.values() if d.person_id in members]
        )
        for decision in found.values():
            if decision.person_id not in members:
                await self._records.decisions.save(_without(decision, members, set(ids)))


def _without(decision: Decision, members: Collection[Id], ids: Collection[Id]) -> Decision:
    """Return what a decision about somebody else says without a person and their records."""
    return replace(
        decision,
        target_id=None if decision.target_id in members else decision.target_id,
        changes=tuple(
            change
            for change in decision.changes
            if change.id not in ids and not _names(members, change)
        ),
    )


def _names(members: Collection[Id], change: Change) -> bool:
    """Tell whether a change has the id of one of these persons anywhere in it."""
    said = repr((change.before, change.after))
    return any(member in said for member in members)


def _left(person: Person, version: int, now: datetime) -> Person:
    """Return what is left of a person."""
    return Person(
        id=person.id,
        number=person.number,
        status=PersonStatus.DISMISSED,
        created_at=person.created_at,
        version=version,
        forgotten_at=now,
    )


def _pictures(
    references: Sequence[Reference], visits: Sequence[Visit], people: Collection[Person]
) -> set[str]:
    keys = {r.image_key for r in references} | {v.best.image_key for v in visits}
    return {key for key in (*keys, *(p.cover for p in people)) if key}
