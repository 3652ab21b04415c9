"""The application that cameras and programs talk to."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from aiohttp import web

from api import problems
from api.admission import Admission
from api.detections import get_detection, get_image, list_detections
from api.events import follow_events
from api.health import Check, Health, Readiness
from api.keys import (
    ADMISSION,
    CAMERA_KEYS,
    CLOCK,
    HEALTH,
    IMAGES,
    INSPECT,
    LIMITS,
    OUTAGES,
    STORE,
    STREAMS,
)
from api.limits import Limits
from api.posting import leave_waiting, post_detections
from api.principals import CameraKeys
from api.representations import ONE, ONE_IMAGE
from api.streams import Streams
from domain.intake import Images, Inspect
from domain.store import Store

_ID: Final = "{id:[0-9a-f]{24}}"


def create_app(
    *,
    store: Store,
    images: Images,
    inspect: Inspect,
    ready: Readiness,
    limits: Limits,
    clock: Callable[[], datetime],
    outages: tuple[type[Exception], ...] = (),
) -> web.Application:
    """Return the application, to be mounted under /api/v1 or served as it is.

    `ready` are checks beside the one of the backlog, which is the API's own. `outages` are what
    the store raises when its database cannot be reached for now: they become 503.
    """
    app = web.Application(middlewares=[problems.middleware(outages)])
    app[STORE], app[IMAGES], app[INSPECT] = store, images, inspect
    app[LIMITS], app[CLOCK], app[OUTAGES] = limits, clock, outages
    app[ADMISSION] = Admission(store=store, limits=limits)
    app[CAMERA_KEYS] = CameraKeys(store, seen_every=limits.seen_every.total_seconds())
    app[STREAMS] = Streams(
        most=limits.event_clients, retry_after=limits.retry_after.total_seconds()
    )
    app[HEALTH] = Health(
        {"backlog": _backlog_check(app[ADMISSION], limits), **ready},
        check_time=limits.check_time.total_seconds(),
    )
    _add_routes(app)
    app.on_shutdown.append(_end_streams)
    return app


def _add_routes(app: web.Application) -> None:
    router = app.router
    router.add_post("/detections", post_detections, expect_handler=leave_waiting)
    router.add_get("/detections", list_detections)
    router.add_get(f"/detections/{_ID}", get_detection, name=ONE)
    router.add_get(f"/detections/{_ID}/image", get_image, name=ONE_IMAGE)
    router.add_get("/events", follow_events, allow_head=False)
    add_health(app, app[HEALTH])


def add_health(app: web.Application, health: Health) -> None:
    """Serve /healthz and /readyz from this application; the root may do so as well."""
    app.router.add_get("/healthz", health.alive)
    app.router.add_get("/readyz", health.ready)


def _backlog_check(admission: Admission, limits: Limits) -> Check:
    async def check() -> str | None:
        waiting = await admission.backlog()
        return f"{waiting} crops wait, no more are taken" if waiting >= limits.backlog else None

    return check


async def _end_streams(app: web.Application) -> None:
    """Let the server stop without waiting for those who listen."""
    app[STREAMS].end()
