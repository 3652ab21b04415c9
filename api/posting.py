"""POST /detections: crops come in."""

from aiohttp import web

from api.bodies import Body, check_head, read_body
from api.fields import idempotency_key, post_fields
from api.keys import ADMISSION, CAMERA_KEYS, CLOCK, IMAGES, INSPECT, LIMITS, STORE
from api.principals import camera_of
from api.problems import ProblemError, from_domain
from api.representations import address
from domain.errors import ImageRefusedError
from domain.intake import ImageFacts, Inspect, Post, receive
from domain.records import Camera, Detection


async def leave_waiting(request: web.Request) -> None:
    """Do not ask for the body yet, whatever the client expects: `post_detections` decides."""


async def post_detections(request: web.Request) -> web.Response:
    """Answer 202 once every crop is on disk and in the journal."""
    app = request.app
    camera = await camera_of(request, keys=app[CAMERA_KEYS])
    await app[ADMISSION].check()
    key = idempotency_key(request.headers.getall("Idempotency-Key", []))
    check_head(request, limits=app[LIMITS])
    await _ask_for_body(request)
    with app[ADMISSION].hold() as held:
        body = await read_body(request, limits=app[LIMITS], held=held)
        detections = await _enter(request, _post(camera, body, key))
    await app[CAMERA_KEYS].posted(camera, app[CLOCK]())
    return _accepted(detections, app)


async def _ask_for_body(request: web.Request) -> None:
    """Send 100 Continue to a client that waits for it (RFC 9110, section 10.1.1)."""
    expected = request.headers.get("Expect")
    if expected is None or request.version < (1, 1):
        return
    if expected.lower() != "100-continue":
        raise ProblemError("expectation-failed", "Only 100-continue is understood.", close=True)
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    # aiohttp tells by this whether the answer itself has been started.
    request.writer.output_size = 0


def _post(camera: Camera, body: Body, key: str | None) -> Post:
    fields = post_fields(body.fields)
    return Post(
        camera=camera,
        crops=body.crops,
        captured_at=fields.captured_at,
        track=fields.track,
        frame=fields.frame,
        box=fields.box,
        idempotency_key=key,
    )


class _Inspecting:
    """Looks at image after image, so that a refusal can say which one it was."""

    def __init__(self, inspect: Inspect) -> None:
        self._inspect = inspect
        self.number = -1

    def __call__(self, data: bytes) -> ImageFacts:
        self.number += 1
        return self._inspect(data)


async def _enter(request: web.Request, post: Post) -> list[Detection]:
    app, inspecting = request.app, _Inspecting(request.app[INSPECT])
    try:
        return await receive(app[STORE], app[IMAGES], inspecting, post=post, now=app[CLOCK]())
    except ImageRefusedError as error:
        problem = from_domain(error)
        problem.extras["image"] = inspecting.number
        raise problem from error


def _accepted(detections: list[Detection], app: web.Application) -> web.Response:
    entered = [
        {"id": detection.id, "status": detection.status, "url": address(app, detection.id)}
        for detection in detections
    ]
    headers = {"Location": entered[0]["url"]} if len(entered) == 1 else {}
    return web.json_response(
        {"detections": entered}, status=202, headers={"Cache-Control": "no-store", **headers}
    )
