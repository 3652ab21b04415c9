"""The detection log, and a page for each detection."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlencode

from aiohttp import web

from admin_web.names import known_names
from admin_web.options import ACCOUNT, OPTIONS, STORE
from admin_web.rendering import page
from domain.decisions import clean_name
from domain.errors import InvalidError, NotFoundError
from domain.ids import parse_id
from domain.records import Account, Detection, DetectionStatus, Id, Person
from domain.sight import seen_detection, sites_of
from domain.store import DetectionQuery, Store
from domain.views import canonical_people

PAGE = 30
CROPS = 12
# What a filter may ask for; a database takes no others.
FIRST_YEAR, LAST_YEAR = 2000, 2200
_FILTERS = ("site", "camera", "status", "person", "since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The person whose reference was nearest, and the crop of it, if the account may see it."""

    person: Person
    detection_id: Id | None


async def show_detections(request: web.Request) -> web.Response:
    """Show a page of the log, newest first."""
    store, account = request.app[STORE], request[ACCOUNT]
    chosen = {key: request.query.get(key, "").strip() for key in _FILTERS}
    query, nobody = await _read_query(request, chosen)
    found = [] if nobody else await store.detections.page(query)
    shown = found[:PAGE]
    sites = [site for site in await store.sites.all() if account.may_see(site.id)]
    cameras = [c for c in await store.cameras.all() if account.may_see(c.site_id)]
    kept = {key: value for key, value in chosen.items() if value}
    return await page(
        request,
        "detections.html",
        detections=shown,
        people=await canonical_people(store, [d.person_id for d in shown]),
        sites=sites,
        cameras=cameras,
        site_names={site.id: site.name for site in sites},
        camera_names={camera.id: camera.name for camera in cameras},
        names=await known_names(store, account),
        chosen=chosen,
        person=await _person_asked(store, query),
        after=request.query.get("after", ""),
        first=f"/detections?{urlencode(kept)}",
        older=f"/detections?{urlencode({**kept, 'after': shown[-1].id})}"
        if len(found) > PAGE
        else None,
    )


async def _read_query(request: web.Request, chosen: dict[str, str]) -> tuple[DetectionQuery, bool]:
    """Return what to list, and whether the person asked for is nobody."""
    store, account = request.app[STORE], request[ACCOUNT]
    zone = request.app[OPTIONS].timezone
    status, after = chosen["status"], request.query.get("after")
    people = await _person_ids(store, chosen["person"]) if chosen["person"] else None
    query = DetectionQuery(
        site_ids=_site_ids(account, chosen["site"]),
        camera_id=parse_id(chosen["camera"]) if chosen["camera"] else None,
        person_ids=people,
        statuses=(_status(status),) if status else (),
        since=_moment(chosen["since"], zone),
        until=_moment(chosen["until"], zone),
        after=parse_id(after) if after else None,
        limit=PAGE + 1,
    )
    return query, people == ()


def _site_ids(account: Account, text: str) -> tuple[Id, ...] | None:
    if not text:
        return sites_of(account)
    site = parse_id(text)
    if not account.may_see(site):
        raise NotFoundError("There is no such site.")
    return (site,)


def _status(text: str) -> DetectionStatus:
    if text not in set(DetectionStatus):
        raise InvalidError("There is no such status.")
    return DetectionStatus(text)


def _moment(text: str, zone: tzinfo) -> datetime | None:
    """Return a time as a form gives it, in the site's zone."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidError("A time looks like 2026-11-22 14:30.") from error
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise InvalidError("That year is too far away.")
    return at if at.tzinfo else at.replace(tzinfo=zone)


async def _person_ids(store: Store, text: str) -> tuple[Id, ...]:
    """Return the ids of whoever has this id or name, with those merged into them."""
    try:
        found = [parse_id(text)]
    except InvalidError:
        found = [person.id for person in await store.persons.with_name(clean_name(text))]
    return tuple([id_ for one in found for id_ in await store.persons.members(one)])


async def _person_asked(store: Store, query: DetectionQuery) -> Person | None:
    return await store.persons.canonical(query.person_ids[0]) if query.person_ids else None


async def show_detection(request: web.Request) -> web.Response:
    """Show one detection: its crop with what was found in it, and what came of it."""
    store, account = request.app[STORE], request[ACCOUNT]
    detection = await seen_detection(store, account, parse_id(request.match_info["id"]))
    visit = await store.visits.get(detection.visit_id) if detection.visit_id else None
    crops: list[Detection] = []
    if visit:
        crops = await store.detections.page(
            DetectionQuery(visit_id=visit.id, site_ids=sites_of(account), limit=CROPS)
        )
    people = await canonical_people(
        store,
        [
            detection.person_id,
            detection.match.runner_up.person_id
            if detection.match and detection.match.runner_up
            else None,
        ],
    )
    return await page(
        request,
        "detection.html",
        detection=detection,
        site=await store.sites.get(detection.site_id),
        camera=await store.cameras.get(detection.camera_id),
        visit=visit,
        crops=crops,
        people=people,
        nearest=await _nearest(store, account, detection),
        may_retry=account.may_answer(detection.site_id)
        and detection.status is DetectionStatus.FAILED,
        retried="retried" in request.query,
    )


async def _nearest(store: Store, account: Account, detection: Detection) -> Nearest | None:
    if detection.match is None or detection.match.reference_id is None:
        return None
    reference = await store.references.get(detection.match.reference_id)
    person = await store.persons.canonical(reference.person_id) if reference else None
    if reference is None or person is None:
        return None
    source = await store.detections.get(reference.detection_id)
    seen = source is not None and account.may_see(source.site_id)
    return Nearest(person=person, detection_id=reference.detection_id if seen else None)


async def retry_detection(request: web.Request) -> web.Response:
    """Put a failed detection back into the queue."""
    store, account = request.app[STORE], request[ACCOUNT]
    detection = await seen_detection(store, account, parse_id(request.match_info["id"]))
    await store.detections.retry([detection.id])
    raise web.HTTPSeeOther(f"/detections/{detection.id}?retried")
