"""A server that takes crops as the contract says, and fails as it is told."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

KEY = "a-camera-key"


@dataclass(frozen=True)
class Arrival:
    """One request that was read whole."""

    idempotency_key: str
    captured_at: str
    track: str
    frame: str
    box: str
    image: bytes


Fault = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Inbox:
    """Keeps what arrives. Each entry of `faults` spoils one request, then all is well again."""

    port: int = 0
    arrivals: list[Arrival] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    always: Fault | None = None
    requests: int = 0

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def taken(self) -> dict[str, Arrival]:
        """What a server keeps that obeys idempotency keys."""
        return {arrival.idempotency_key: arrival for arrival in self.arrivals}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take one crop, or fail as told."""
        self.requests += 1
        fault = self.faults.popleft() if self.faults else self.always
        if fault is not None:
            return await fault(request)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return problem(401, "unknown key")
        await self.read(request)
        return self.accepted()

    def accepted(self) -> web.Response:
        """Return the answer for a crop that was kept."""
        return web.json_response({"detections": [{"id": f"{self.requests:024x}"}]}, status=202)

    async def read(self, request: web.Request) -> None:
        """Read a multipart request strictly: these fields, and one image."""
        assert request.content_type == "multipart/form-data"
        form = await request.post()
        assert set(form) == {"captured_at", "track", "frame", "box", "image"}
        image = form["image"]
        assert isinstance(image, web.FileField)
        assert image.content_type == "image/jpeg"
        texts = {name: str(form[name]) for name in ("captured_at", "track", "frame", "box")}
        key = request.headers["Idempotency-Key"]
        self.arrivals.append(Arrival(idempotency_key=key, image=image.file.read(), **texts))


def problem(status: int, detail: str, **headers: str) -> web.Response:
    """Return an RFC 9457 answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"type": "about:blank", "title": "no", "detail": detail, "status": status}
    return web.json_response(
        body, status=status, headers=named, content_type="application/problem+json"
    )


def answer(status: int, detail: str = "no", **headers: str) -> Fault:
    """Make a fault that answers so, the body unread."""

    async def fault(request: web.Request) -> web.Response:
        return problem(status, detail, **headers)

    return fault


async def reset(request: web.Request) -> web.Response:
    """Break the connection before anything is read."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def lost_answer(inbox: Inbox) -> Fault:
    """Make a fault that takes the crop, and breaks the connection before the answer."""

    async def fault(request: web.Request) -> web.Response:
        await inbox.read(request)
        return await reset(request)

    return fault


def web_page(status: int) -> Fault:
    """Make a fault that answers as a server does that is not Usher."""

    async def fault(request: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>", content_type="text/html")

    return fault


def chokes_on_the_first(inbox: Inbox) -> Fault:
    """Make a fault that gives 500 for the first crop it sees, each time, and takes all others."""
    first: list[str] = []

    async def fault(request: web.Request) -> web.Response:
        key = request.headers["Idempotency-Key"]
        first.append(key)
        if key == first[0]:
            return problem(500, "choked")
        await inbox.read(request)
        return inbox.accepted()

    return fault


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Return when a condition holds; fail after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - anything can be asked
            await asyncio.sleep(0.01)
