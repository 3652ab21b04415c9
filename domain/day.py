"""Who came on a day, at the sites an account sees."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import TypeVar

from domain.records import Account, Best, Camera, Id, Person, PersonStatus, Site, Visit
from domain.sight import sites_of
from domain.store import Store
from domain.views import canonical_people

Place = TypeVar("Place", Site, Camera)


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """Somebody who came: from when to when, how often, where, and the crop that shows them best.

    A visit that began the day before, or goes on after it, is given with the part of this day.
    """

    person: Person
    first: datetime
    last: datetime
    visits: int
    sites: tuple[Site, ...]
    cameras: tuple[Camera, ...]
    best: Best


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day and who came, in the order in which they came first."""

    day: date
    came: tuple[Came, ...]

    @property
    def unknown(self) -> int:
        """How many of them nobody has named."""
        return sum(one.person.status is PersonStatus.UNKNOWN for one in self.came)


async def who_came(
    store: Store,
    account: Account,
    *,
    day: date,
    zone: tzinfo | None,
    site_ids: Sequence[Id] | None = None,
) -> Day:
    """Return who came on a day of this zone; `site_ids` limits it to some of the account's sites.

    One query for each table, however many came.
    """
    start, end = bounds(day, zone)
    seen = sites_of(account)
    limit = seen if site_ids is None else tuple(id_ for id_ in site_ids if account.may_see(id_))
    visits = await store.visits.between(limit, start, end)
    people = await canonical_people(store, [v.person_id for v in visits])
    sites = await store.sites.some([*{v.site_id for v in visits}])
    cameras = await store.cameras.some([*{id_ for v in visits for id_ in v.camera_ids}])
    of: dict[Id, list[Visit]] = {}
    for visit in visits:
        if visit.person_id in people:
            of.setdefault(people[visit.person_id].id, []).append(visit)
    came = [
        _came(people[mine[0].person_id], mine, sites, cameras, start=start, end=end)
        for mine in of.values()
    ]
    return Day(day=day, came=tuple(sorted(came, key=lambda one: (one.first, one.person.number))))


def bounds(day: date, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """Return when a day starts and ends in a zone (None: this machine's)."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(zone)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(zone)
    return start, end


def _came(
    person: Person,
    visits: Sequence[Visit],
    sites: Mapping[Id, Site],
    cameras: Mapping[Id, Camera],
    *,
    start: datetime,
    end: datetime,
) -> Came:
    best = max((visit.best for visit in visits), key=lambda b: (not b.covered, b.quality))
    return Came(
        person=person,
        first=max(start, min(visit.opened_at for visit in visits)),
        last=min(end, max(visit.last_seen_at for visit in visits)),
        visits=len(visits),
        sites=_named(sites, (visit.site_id for visit in visits)),
        cameras=_named(cameras, (id_ for visit in visits for id_ in visit.camera_ids)),
        best=best,
    )


def _named(records: Mapping[Id, Place], ids: Iterable[Id]) -> tuple[Place, ...]:
    return tuple(records[id_] for id_ in dict.fromkeys(ids) if id_ in records)
