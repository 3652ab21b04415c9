"""Under which keys the application holds its collaborators."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from api.admission import Admission
from api.health import Health
from api.limits import Limits
from api.principals import CameraKeys
from api.streams import Streams
from domain.intake import Images, Inspect
from domain.store import Store

STORE: web.AppKey[Store] = web.AppKey("store")
IMAGES: web.AppKey[Images] = web.AppKey("images")
INSPECT: web.AppKey[Inspect] = web.AppKey("inspect")
LIMITS: web.AppKey[Limits] = web.AppKey("limits")
CLOCK: web.AppKey[Callable[[], datetime]] = web.AppKey("clock")
OUTAGES: web.AppKey[tuple[type[Exception], ...]] = web.AppKey("outages")
ADMISSION: web.AppKey[Admission] = web.AppKey("admission")
CAMERA_KEYS: web.AppKey[CameraKeys] = web.AppKey("camera_keys")
STREAMS: web.AppKey[Streams] = web.AppKey("streams")
HEALTH: web.AppKey[Health] = web.AppKey("health")
