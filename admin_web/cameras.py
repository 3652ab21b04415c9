"""The cameras: whether they send and how well, adding them, their keys, and their sites."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from admin_web.camera_words import HINTS, LIVE, bars, spark
from admin_web.doing import doer
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from admin_web.rendering import page, part
from admin_web.trying import Trial, try_picture
from domain.camera_views import CameraView, live, seen_camera, watch
from domain.cameras import (
    Keyed,
    add_camera,
    add_site,
    give_key,
    rename_camera,
    rename_site,
    revoke_camera,
)
from domain.decisions import NAME_LENGTH
from domain.errors import InvalidError, NoModelsError
from domain.ids import parse_id
from domain.records import DeedKind, Detection, Id
from domain.store import DetectionQuery
from domain.store.traffic import Sent

CROPS = 24
REASONS = 3
NEW_SITE = "new"
_SHOWN: dict[str, Any] = {
    "LIVE": LIVE,
    "HINTS": HINTS,
    "spark": spark,
    "longest": NAME_LENGTH,
    "NEW_SITE": NEW_SITE,
    "most_reasons": REASONS,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote into a form that was refused."""

    note: str = ""
    name: str = ""
    site: str = ""
    site_name: str = ""


async def show_cameras(request: web.Request) -> web.Response:
    """Show every camera of the account's sites."""
    return await _show(request)


async def _show(
    request: web.Request, status: int = 200, *, adding: Said | None = None, note: str = ""
) -> web.Response:
    store, account = request.app[STORE], request[ACCOUNT]
    found = await watch(store, account, request.app[CLOCK]())
    return await page(
        request,
        "cameras.html",
        status,
        views=found.cameras,
        lately=found.lately,
        sites=[site for site in await store.sites.all() if account.may_see(site.id)],
        adding=adding or Said(),
        note=note,
        deeds=await store.deeds.latest([DeedKind.CAMERA, DeedKind.SITE], limit=CROPS),
        **_SHOWN,
    )


async def show_camera(request: web.Request) -> web.Response:
    """Show one camera."""
    return await _show_camera(request)


async def try_camera(request: web.Request) -> web.Response:
    """Say what would become of a picture if this camera sent it."""
    try:
        trial = await try_picture(request)
    except (InvalidError, NoModelsError) as error:
        return await _show_camera(request, 400, refused=str(error))
    return await _show_camera(request, trial=trial)


async def _show_camera(
    request: web.Request,
    status: int = 200,
    *,
    note: str = "",
    trial: Trial | None = None,
    refused: str = "",
) -> web.Response:
    store, now = request.app[STORE], request.app[CLOCK]()
    camera, site = await seen_camera(store, request[ACCOUNT], _id(request))
    lately = await store.traffic.lately(now)
    crops = await store.detections.page(DetectionQuery(camera_id=camera.id, limit=CROPS))
    view = CameraView(
        camera=camera,
        site=site,
        live=live(camera, now),
        last=crops[0] if crops else None,
        sent=lately.cameras.get(camera.id, Sent()),
    )
    return await page(
        request,
        "camera.html",
        status,
        view=view,
        lately=lately,
        crops=crops,
        bars=bars(await store.traffic.hours(camera.id, now)),
        deeds=await store.deeds.of(camera.id),
        note=note,
        trial=trial,
        refused=refused,
        **_SHOWN,
    )


async def make_camera(request: web.Request) -> web.Response:
    """Make a camera, and its site if asked to; show its key, this once."""
    form = await request.post()
    said = Said(
        name=str(form.get("name", "")),
        site=str(form.get("site", "")),
        site_name=str(form.get("site_name", "")),
    )
    try:
        made = await add_camera(
            request.app[STORE],
            name=said.name,
            site_id=None if said.site in {"", NEW_SITE} else parse_id(said.site),
            site_name=said.site_name,
            doer=doer(request),
        )
    except InvalidError as error:
        refused = Said(note=str(error), name=said.name, site=said.site, site_name=said.site_name)
        return await _show(request, 400, adding=refused)
    return await _show_key(request, made)


async def make_key(request: web.Request) -> web.Response:
    """Give a camera a new key and show it, this once."""
    return await _show_key(
        request,
        await give_key(request.app[STORE], camera_id=_id(request), doer=doer(request)),
    )


async def _show_key(request: web.Request, made: Keyed) -> web.Response:
    newest = await _newest(request, made.camera.id)
    return await page(
        request,
        "camera_key.html",
        made=made,
        url=request.app[OPTIONS].public_origin or str(request.url.origin()),
        first=None,
        after=newest.id if newest else "",
        **_SHOWN,
    )


async def show_first(request: web.Request) -> web.Response:
    """Show the first crop that came after another (`after`, an id), or that none has come yet."""
    camera, _ = await seen_camera(request.app[STORE], request[ACCOUNT], _id(request))
    after = request.query.get("after", "")
    newest = await _newest(request, camera.id)
    first = newest if newest and newest.id != after else None
    return part(request, "camera_first.html", camera=camera, first=first, after=after, **_SHOWN)


async def _newest(request: web.Request, camera_id: Id) -> Detection | None:
    return (await request.app[STORE].traffic.newest([camera_id])).get(camera_id)


async def call_camera(request: web.Request) -> web.Response:
    """Call a camera otherwise."""
    name = str((await request.post()).get("name", ""))
    store, id_ = request.app[STORE], _id(request)
    try:
        await rename_camera(store, camera_id=id_, name=name, doer=doer(request))
    except InvalidError as error:
        return await _show_camera(request, 400, note=str(error))
    raise web.HTTPSeeOther(f"/cameras/{id_}")


async def end_camera(request: web.Request) -> web.Response:
    """Make a camera's key worthless."""
    id_ = _id(request)
    await revoke_camera(request.app[STORE], camera_id=id_, doer=doer(request))
    raise web.HTTPSeeOther(f"/cameras/{id_}")


async def make_site(request: web.Request) -> web.Response:
    """Make a site."""
    name = str((await request.post()).get("name", ""))
    try:
        await add_site(request.app[STORE], name=name, doer=doer(request))
    except InvalidError as error:
        return await _show(request, 400, note=str(error))
    raise web.HTTPSeeOther("/cameras#sites")


async def call_site(request: web.Request) -> web.Response:
    """Call a site otherwise."""
    name = str((await request.post()).get("name", ""))
    store, id_ = request.app[STORE], _id(request)
    try:
        await rename_site(store, site_id=id_, name=name, doer=doer(request))
    except InvalidError as error:
        return await _show(request, 400, note=str(error))
    raise web.HTTPSeeOther("/cameras#sites")


def _id(request: web.Request) -> Id:
    return parse_id(request.match_info["id"])
