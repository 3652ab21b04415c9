"""Who was where on a day, visit by visit, at the sites an account sees."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.records import Account, Camera, Id, Person, PersonStatus, Site, Visit
from domain.sight import sites_of
from domain.store import Cursor, Store, VisitQuery
from domain.views import canonical_people

# So many visits are looked through for a page of those of a status, and so many at a time.
MOST_LOOKED_AT = 600
_TOGETHER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """A visit with whose it turned out to be, and where it was."""

    visit: Visit
    person: Person
    site: Site | None
    cameras: tuple[Camera, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendancePage:
    """A page of visits; `next` is where the one after it begins."""

    visits: tuple[Attended, ...]
    next: Cursor | None


def limited(account: Account, query: VisitQuery) -> VisitQuery:
    """Return a query within the sites that an account sees."""
    seen = sites_of(account)
    if seen is None or query.site_ids is None:
        return query if seen is None else replace(query, site_ids=seen)
    return replace(query, site_ids=tuple(id_ for id_ in query.site_ids if id_ in seen))


async def attendance(
    store: Store,
    account: Account,
    query: VisitQuery,
    *,
    statuses: Sequence[PersonStatus] = (),
) -> AttendancePage:
    """Return a page of visits to the account's sites, by people of these statuses (none: all).

    A page may be short, or empty, and there may be more for all that.
    """
    found: list[Attended] = []
    query, looked_at = limited(account, query), 0
    at_once = _TOGETHER if statuses else query.limit + 1
    while looked_at < MOST_LOOKED_AT:
        batch = await store.visits.page(replace(query, limit=at_once))
        looked_at += len(batch)
        for one in await _with_people(store, batch):
            if len(found) == query.limit:
                return AttendancePage(visits=tuple(found), next=_cursor(found[-1].visit))
            if not statuses or one.person.status in statuses:
                found.append(one)
        if len(batch) < at_once:
            return AttendancePage(visits=tuple(found), next=None)
        query = replace(query, after=_cursor(batch[-1]))
    return AttendancePage(visits=tuple(found), next=query.after)


async def attendance_by_site(
    store: Store,
    account: Account,
    query: VisitQuery,
    site_ids: Sequence[Id],
    *,
    statuses: Sequence[PersonStatus] = (),
) -> dict[Id, AttendancePage]:
    """Return a page of each site; what the visits name is looked up once for all of them."""
    queries = {id_: replace(query, site_ids=(id_,)) for id_ in site_ids}
    if statuses:
        async with asyncio.TaskGroup() as group:
            pages = {
                id_: group.create_task(attendance(store, account, wanted, statuses=statuses))
                for id_, wanted in queries.items()
            }
        return {id_: task.result() for id_, task in pages.items()}
    async with asyncio.TaskGroup() as group:
        reading = {id_: group.create_task(_batch(store, account, q)) for id_, q in queries.items()}
    batches = {id_: task.result() for id_, task in reading.items()}
    everything = [visit for batch in batches.values() for visit in batch[: query.limit]]
    told = {one.visit.id: one for one in await _with_people(store, everything)}
    return {
        id_: AttendancePage(
            visits=tuple(told[v.id] for v in batch[: query.limit] if v.id in told),
            next=_cursor(batch[query.limit - 1]) if len(batch) > query.limit else None,
        )
        for id_, batch in batches.items()
    }


async def _batch(store: Store, account: Account, query: VisitQuery) -> list[Visit]:
    """Return a page of visits, and the one after it if there is one."""
    return await store.visits.page(replace(limited(account, query), limit=query.limit + 1))


async def whole_attendance(
    store: Store,
    account: Account,
    query: VisitQuery,
    *,
    statuses: Sequence[PersonStatus] = (),
) -> AsyncIterator[tuple[Attended, ...]]:
    """Yield every visit that a query asks for, some at a time."""
    after = query.after
    while True:
        wanted = replace(query, after=after, limit=_TOGETHER)
        page = await attendance(store, account, wanted, statuses=statuses)
        yield page.visits
        after = page.next
        if after is None:
            return


def _cursor(visit: Visit) -> Cursor:
    return Cursor(visit.opened_at, visit.id)


async def _with_people(store: Store, visits: Sequence[Visit]) -> list[Attended]:
    """Return the visits with what they name; those of people forgotten are left out."""
    people = await canonical_people(store, [visit.person_id for visit in visits])
    sites = await store.sites.some([*{visit.site_id for visit in visits}])
    cameras = await store.cameras.some([*{id_ for visit in visits for id_ in visit.camera_ids}])
    return [
        Attended(
            visit=visit,
            person=people[visit.person_id],
            site=sites.get(visit.site_id),
            cameras=_known(cameras, visit),
        )
        for visit in visits
        if visit.person_id in people
    ]


def _known(cameras: Mapping[Id, Camera], visit: Visit) -> tuple[Camera, ...]:
    return tuple(cameras[id_] for id_ in visit.camera_ids if id_ in cameras)
