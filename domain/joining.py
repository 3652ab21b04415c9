"""What two people have, before somebody says that they are one: nothing is changed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.records import Account, DetectionStatus, Id, Person, Reference, Site
from domain.sight import sites_of
from domain.store import DetectionQuery, Store
from domain.views import ruled_out

# More photos than this are not counted.
MOST_COUNTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two: what an account may know of them.

    `photos` are counted up to one more than MOST_COUNTED.
    """

    person: Person
    photos: int
    visits: int
    references: tuple[Reference, ...]
    sites: tuple[Site, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A field that both have, with different values: the one that stays, and the one behind it."""

    name: str
    stays: str
    behind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Two people who may be one: `other` would become a part of `stays`, who keeps name and status.

    `apart` tells that somebody said they are two, which a merge overrules.
    """

    stays: Side
    other: Side
    conflicts: tuple[Conflict, ...]
    apart: bool


async def joining(store: Store, account: Account, stays: Person, other: Person) -> Joining:
    """Return what there is to know before two are made one."""
    one, two = await _side(store, account, stays), await _side(store, account, other)
    return Joining(
        stays=one,
        other=two,
        conflicts=tuple(
            Conflict(name=name, stays=one.metadata[name], behind=value)
            for name, value in two.metadata.items()
            if one.metadata.get(name, value) != value
        ),
        apart=other.id in await ruled_out(store, stays),
    )


async def _side(store: Store, account: Account, person: Person) -> Side:
    members = await store.persons.members(person.id)
    totals = await store.visits.totals(members, sites_of(account))
    sites = await store.sites.some([total.site_id for total in totals])
    photos = DetectionQuery(
        site_ids=sites_of(account),
        person_ids=members,
        statuses=(DetectionStatus.CLASSIFIED,),
        limit=MOST_COUNTED + 1,
    )
    return Side(
        person=person,
        photos=len(await store.detections.page(photos)),
        visits=sum(total.visits for total in totals),
        references=tuple(await store.references.used(members)),
        sites=tuple(sites[total.site_id] for total in totals if total.site_id in sites),
        metadata=await metadata_of(store, person, members),
    )


async def metadata_of(store: Store, person: Person, members: Sequence[Id]) -> dict[str, str]:
    """Return what is noted of somebody and of everybody merged into them; their own comes first."""
    there = await store.persons.some([id_ for id_ in members if id_ != person.id])
    found: dict[str, str] = {}
    for part in sorted(there.values(), key=lambda one: one.number, reverse=True):
        found |= part.metadata
    return dict(sorted((found | person.metadata).items()))
