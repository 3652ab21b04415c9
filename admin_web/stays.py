"""When and where somebody was: their visits by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from aiohttp import web

from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from admin_web.person import person_page, require_own_page
from admin_web.timeline import WEEKS, Timeline, timeline
from domain.errors import InvalidError
from domain.records import Account, Camera, Id, Site, Visit
from domain.sight import sites_of
from domain.store import Store

VISITS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A visit with the places it names, and whether the account answers for its site.

    `shown` tells that its best crop is still kept.
    """

    visit: Visit
    site: Site | None
    cameras: tuple[Camera, ...]
    may_answer: bool
    shown: bool

    @property
    def minutes(self) -> int:
        """How long it was, in whole minutes."""
        return round((self.visit.last_seen_at - self.visit.opened_at).total_seconds() / 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The visits of one day, by the time they ended."""

    day: date
    stays: tuple[Stay, ...]


async def show_visits(request: web.Request) -> web.Response:
    """Show a page of somebody's visits, by day, newest first."""
    store, account = request.app[STORE], request[ACCOUNT]
    person = await require_own_page(request)
    members = await store.persons.members(person.id)
    before = _moment(request.query.get("before", ""))
    sites, zone = sites_of(account), request.app[OPTIONS].timezone
    visits = await store.visits.of(members, limit=VISITS + 1, site_ids=sites, before=before)
    shown = visits[:VISITS]
    stays = await _stays(store, account, shown)
    return await person_page(
        request,
        "person_visits.html",
        person,
        "visits",
        days=_by_day(stays, zone),
        older=shown[-1].last_seen_at.isoformat() if len(visits) > VISITS else None,
        before=before,
        timeline=None if before or not visits else await _drawn(request, members),
        weeks=WEEKS,
    )


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidError("There is no such page.") from error
    if at.tzinfo is None:
        raise InvalidError("There is no such page.")
    return at


async def _drawn(request: web.Request, members: Sequence[Id]) -> Timeline:
    """Draw the weeks until today."""
    zone, now = request.app[OPTIONS].timezone, request.app[CLOCK]()
    sites = sites_of(request[ACCOUNT])
    times = await request.app[STORE].visits.times(members, sites, now - timedelta(weeks=WEEKS))
    return timeline([at.astimezone(zone).date() for at in times], now.astimezone(zone).date())


async def _stays(store: Store, account: Account, visits: Sequence[Visit]) -> list[Stay]:
    sites = await store.sites.some([*{v.site_id for v in visits}])
    cameras = await store.cameras.some([*{c for v in visits for c in v.camera_ids}])
    best = await store.detections.some([v.best.detection_id for v in visits])
    shown = {crop.id for crop in best.values() if crop.image.key}
    return [
        Stay(
            visit=visit,
            site=sites.get(visit.site_id),
            cameras=tuple(cameras[id_] for id_ in visit.camera_ids if id_ in cameras),
            may_answer=account.may_answer(visit.site_id),
            shown=visit.best.detection_id in shown,
        )
        for visit in visits
    ]


def _by_day(stays: Sequence[Stay], zone: tzinfo) -> list[Day]:
    found: dict[date, list[Stay]] = {}
    for stay in stays:
        found.setdefault(stay.visit.last_seen_at.astimezone(zone).date(), []).append(stay)
    return [Day(day=day, stays=tuple(there)) for day, there in found.items()]
