"""Photos that do not look like their person: what managers say of them, in either door."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.errors import AlreadyDecidedError, InvalidError, NotAllowedError, NotFoundError
from domain.journal import Journal, assign
from domain.records import (
    Account,
    Change,
    Decision,
    Id,
    Person,
    Reference,
    Retirement,
    Role,
)
from domain.store import Records, Store
from domain.upkeep import retire
from domain.views import canonical_people

VOUCH, REMOVE = "vouch", "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtView:
    """A reference in doubt with everything that is said of it.

    `likely` is somebody recognised to whom it is nearer. `decision` says how it was settled.
    """

    reference: Reference
    person: Person
    likely: Person | None = None
    decision: Decision | None = None


def may_see_doubt(account: Account, reference: Reference) -> bool:
    """Tell whether a reference in doubt, by the site of its photo, is an account's business."""
    return _allowed(account, reference, account.may_see)


def may_settle(account: Account, reference: Reference) -> bool:
    """Tell whether an account may say if a reference in doubt shows its person."""
    return _allowed(account, reference, account.may_answer)


def _allowed(account: Account, reference: Reference, may: Callable[[Id], bool]) -> bool:
    """Apply a right to the site of the photo; where that is not known, admins alone have it."""
    site = reference.doubt.site_id if reference.doubt else None
    return may(site) if site else account.role is Role.ADMIN and account.revoked_at is None


async def view_doubts(store: Store, references: Iterable[Reference]) -> list[DoubtView]:
    """Gather what there is to say of references that are or were in doubt, in order."""
    given = [(r, r.doubt) for r in references if r.doubt]
    ids = [id_ for r, doubt in given for id_ in (r.person_id, doubt.other_id)]
    people = await canonical_people(store, ids)
    return [
        DoubtView(
            reference=r,
            person=people[r.person_id],
            likely=_likely(people, r.person_id, doubt.other_id),
            decision=None if r.doubted else await _decision(store, r),
        )
        for r, doubt in given
        if r.person_id in people
    ]


def _likely(people: Mapping[Id, Person], person_id: Id, other_id: Id | None) -> Person | None:
    """Return the other person, unless it has turned out to be the same one."""
    other = people.get(other_id) if other_id else None
    return other if other and other.id != people[person_id].id else None


async def settle(
    store: Store, *, reference_id: Id, theirs: bool, account: Account, via: str, now: datetime
) -> Decision:
    """Say of a reference in doubt that it shows its person, or remove it; the first answer counts.

    What is said goes for the photo: for the references of every model that were made from it.
    Raises NotFoundError, NotAllowedError, AlreadyDecidedError with the decision that came first,
    and InvalidError when the person would be left without any reference; then nothing has changed.
    """

    async def work(records: Records) -> Decision:
        reference, person = await _open_doubt(records, reference_id, account)
        journal = Journal(records, account=account, via=via, now=now)
        journal.note(*await _apply(records, reference, person, theirs=theirs, now=now))
        site = reference.doubt.site_id if reference.doubt else None
        return await journal.enter(VOUCH if theirs else REMOVE, person.id, site_id=site)

    return await store.transact(work)


async def _apply(
    records: Records, reference: Reference, person: Person, *, theirs: bool, now: datetime
) -> list[Change]:
    """Vouch for, or retire, all references made from one photo; return what changed."""
    in_use = await records.references.used(await records.persons.members(person.id))
    twins = [r for r in in_use if r.detection_id == reference.detection_id]
    if not theirs and len(twins) == len(in_use):
        raise InvalidError(
            "This is the only photo by which {name} is recognised.", name=person.label
        )
    version = await records.gallery.advance()
    if theirs:
        vouched = [await assign(records, r, vouched=True, version=version) for r in twins]
        return [change for _, change in vouched]
    return await retire(
        records,
        person_id=person.id,
        references=twins,
        why=Retirement.REMOVED,
        version=version,
        now=now,
    )


async def _open_doubt(
    records: Records, reference_id: Id, account: Account
) -> tuple[Reference, Person]:
    """Return a reference that waits for an answer this account may give, and whose it is."""
    reference = await records.references.get(reference_id)
    person = await records.persons.canonical(reference.person_id) if reference else None
    if reference is None or person is None or reference.doubt is None:
        raise NotFoundError("There is no such photo in doubt.")
    if not may_settle(account, reference):
        raise NotAllowedError("You may not answer for the site of this photo.")
    if not reference.doubted:
        raise AlreadyDecidedError(await _decision(records, reference))
    return reference, person


async def _decision(records: Records, reference: Reference) -> Decision | None:
    """Return what was said of a reference, if anybody said anything."""
    made = await records.decisions.of(await _family(records, reference.person_id))
    said = (d for d in made if d.verb in {VOUCH, REMOVE} and d.undone is None)
    return next((d for d in said if any(c.id == reference.id for c in d.changes)), None)


async def _family(records: Records, person_id: Id) -> tuple[Id, ...]:
    """Return everybody a person is one with."""
    person = await records.persons.canonical(person_id)
    return await records.persons.members(person.id) if person else (person_id,)
