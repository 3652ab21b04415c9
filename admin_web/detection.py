"""A page for each detection."""

from dataclasses import dataclass

from aiohttp import web

from admin_web.options import ACCOUNT, STORE
from admin_web.rendering import page
from domain.ids import parse_id
from domain.records import Account, Detection, DetectionStatus, Id, Person
from domain.sight import seen_detection, sites_of
from domain.store import DetectionQuery, Store
from domain.views import canonical_people

CROPS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The person whose reference was nearest, and the crop of it, if the account may see it."""

    person: Person
    detection_id: Id | None


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
