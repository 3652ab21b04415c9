"""Where and when somebody on a picture was seen before, as far as an account may know."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.looking import Looked, Near
from domain.records import Account, Camera, Id, MatchKind, Site, Visit
from domain.sight import may_see_person, sites_of
from domain.store import Store

LAST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """Somebody near a face, how often they were at the account's sites, and their last visits."""

    near: Near
    visits: int
    last: tuple[Visit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A face of a picture: its answer, and whom of those near it the account may know of.

    Whoever was at other sites only is nobody here.
    """

    face: Looked
    kind: MatchKind
    known: tuple[Recalled, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The sites and cameras that visits name."""

    sites: Mapping[Id, Site]
    cameras: Mapping[Id, Camera]


async def recall(store: Store, account: Account, face: Looked) -> Memory:
    """Return what there is to say of a face."""
    known = [
        await _recalled(store, account, near)
        for near in face.near
        if await may_see_person(store, account, near.person)
    ]
    meant = bool(known) and known[0].near is face.near[0]
    kind = face.kind if meant else MatchKind.STRANGER
    return Memory(face=face, kind=kind, known=tuple(known))


async def _recalled(store: Store, account: Account, near: Near) -> Recalled:
    members = await store.persons.members(near.person.id)
    totals = await store.visits.totals(members, sites_of(account))
    visits = await store.visits.of(members, limit=10 * LAST)
    return Recalled(
        near=near,
        visits=sum(total.visits for total in totals),
        last=tuple(v for v in visits if account.may_see(v.site_id))[:LAST],
    )


async def places(store: Store, memories: list[Memory]) -> Places:
    """Return the sites and cameras of the visits recalled."""
    visits = [v for memory in memories for one in memory.known for v in one.last]
    return Places(
        sites=await store.sites.some([*{v.site_id for v in visits}]),
        cameras=await store.cameras.some([*{id_ for v in visits for id_ in v.camera_ids}]),
    )
