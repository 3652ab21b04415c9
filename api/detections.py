"""GET /detections: the detection log, page by page, one by one, and the images."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from aiohttp import ETag, web

from api import fields
from api.keys import CAMERA_KEYS, CLOCK, IMAGES, STORE
from api.principals import Principal, principal_of
from api.problems import ProblemError
from api.representations import detection_json
from domain.errors import NotFoundError
from domain.log import cursor_at, cursor_text, read_cursor
from domain.records import Detection, Id
from domain.store import DetectionQuery, Store
from domain.views import canonical_people

MOST: Final = 200
USUAL: Final = 50
FILTERS: Final = frozenset(
    {"site", "camera", "person", "visit", "status", "since", "until", "limit", "cursor"}
)
# Who may see a face can change, so a browser asks again each time; mostly the answer is 304.
_PRIVATE: Final = "private, no-cache"


async def list_detections(request: web.Request) -> web.Response:
    """Answer a page of the log, the latest captured first, and the cursor of the next one."""
    principal = await _principal(request)
    query = await _query(request)
    narrowed = principal.narrow(query) if query else None
    found = (
        await request.app[STORE].detections.page(replace(narrowed, limit=narrowed.limit + 1))
        if narrowed
        else []
    )
    limit = narrowed.limit if narrowed else 0
    shown = found[:limit]
    return _json(
        {
            "detections": await _shapes(request, shown),
            "next": cursor_text(cursor_at(shown[-1])) if len(found) > limit else None,
        }
    )


async def get_detection(request: web.Request) -> web.Response:
    """Answer one detection."""
    detection = await _find(request)
    return _json((await _shapes(request, [detection]))[0])


async def get_image(request: web.Request) -> web.Response:
    """Answer the picture as it was posted."""
    detection = await _find(request)
    etag = ETag(detection.image.sha256)
    response = web.Response(headers={"Cache-Control": _PRIVATE})
    response.etag = etag
    if any(tag.value in {"*", etag.value} for tag in request.if_none_match or ()):
        response.set_status(304)
        return response
    try:
        response.body = await request.app[IMAGES].get(detection.image.key)
    except KeyError as error:
        raise ProblemError("image-gone", "The image is not kept any more.") from error
    response.content_type = detection.image.media_type
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


async def _principal(request: web.Request) -> Principal:
    app = request.app
    return await principal_of(request, keys=app[CAMERA_KEYS], store=app[STORE], now=app[CLOCK]())


async def _find(request: web.Request) -> Detection:
    principal = await _principal(request)
    detection = await request.app[STORE].detections.get(Id(request.match_info["id"]))
    if detection is None or not principal.sees(detection):
        raise NotFoundError("There is no such detection.")
    return detection


async def _shapes(request: web.Request, found: list[Detection]) -> list[dict[str, Any]]:
    people = await canonical_people(request.app[STORE], (d.person_id for d in found))
    return [detection_json(detection, people, request.app) for detection in found]


async def _query(request: web.Request) -> DetectionQuery | None:
    """Return what is asked for, or None when it is about a person nobody knows."""
    raw: dict[str, str] = {}
    statuses = [
        fields.parsed({"status": text}, "status", fields.status)
        for text in request.query.getall("status", [])
    ]
    for name, value in request.query.items():
        if name != "status":
            fields.collect(name, value, raw, FILTERS)
    query = _simple(raw)
    person = fields.parsed(raw, "person", fields.id_of)
    members = await _members(request.app[STORE], person) if person else None
    if person and not members:
        return None
    return replace(query, person_ids=members, statuses=tuple(s for s in statuses if s))


def _simple(raw: Mapping[str, str]) -> DetectionQuery:
    """Return the query that the plain filters make."""
    site = fields.parsed(raw, "site", fields.id_of)
    limit = fields.parsed(raw, "limit", partial(fields.whole, least=1, most=MOST))
    return DetectionQuery(
        site_ids=(site,) if site else None,
        camera_id=fields.parsed(raw, "camera", fields.id_of),
        visit_id=fields.parsed(raw, "visit", fields.id_of),
        since=fields.parsed(raw, "since", fields.moment),
        until=fields.parsed(raw, "until", fields.moment),
        after=fields.parsed(raw, "cursor", read_cursor),
        limit=limit or USUAL,
    )


async def _members(store: Store, id_: Id) -> tuple[Id, ...]:
    """Return the ids under which detections of this person may stand."""
    person = await store.persons.canonical(id_)
    return await store.persons.members(person.id) if person else ()


def _json(data: Any) -> web.Response:
    return web.json_response(data, headers={"Cache-Control": "private, no-store"})
