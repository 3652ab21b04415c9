"""A door's receiver on loopback: it verifies what it gets, and fails as it is told."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Received:
    """One post that was read whole: when (the loop's clock), its id, and what it says."""

    at: float
    id: str
    stamp: int
    event: dict[str, Any]


@dataclass
class Receiver:
    """Keeps what is posted with a right signature. Each of `faults` spoils one answer."""

    secret: str
    tls: ssl.SSLContext | None = None
    port: int = 0
    posts: list[Received] = field(default_factory=list)
    forged: int = 0
    elsewhere: int = 0
    faults: deque[Fault] = field(default_factory=deque)
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where to post."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/open"

    @property
    def opened(self) -> dict[str, dict[str, Any]]:
        """What it has opened for: each id once, and no tests."""
        return {p.id: p.event["data"] for p in self.posts if p.event["type"] == "door.open"}

    async def start(self) -> None:
        """Listen, on the port it had before."""
        app = web.Application()
        app.router.add_post("/open", self._open)
        app.router.add_route("*", "/elsewhere", self._elsewhere)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, reuse_address=True, ssl_context=self.tls
        )
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _open(self, request: web.Request) -> web.StreamResponse:
        at, body = asyncio.get_running_loop().time(), await request.read()
        if not self._signed(request, body):
            self.forged += 1
            return web.Response(status=401)
        headers = request.headers
        self.posts.append(
            Received(
                at=at,
                id=headers["webhook-id"],
                stamp=int(headers["webhook-timestamp"]),
                event=json.loads(body),
            )
        )
        return await self.faults.popleft()(request) if self.faults else web.Response(status=204)

    def _signed(self, request: web.Request, body: bytes) -> bool:
        id_, stamp, signature = (
            request.headers.get(name, "")
            for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        )
        key = base64.b64decode(self.secret.partition("_")[2])
        made = hmac.digest(key, b".".join([id_.encode(), stamp.encode(), body]), hashlib.sha256)
        right = f"v1,{base64.b64encode(made).decode()}"
        fresh = abs(time.time() - int(stamp or 0)) < 5
        return fresh and hmac.compare_digest(right, signature) and f'"id":"{id_}"' in body.decode()

    async def _elsewhere(self, _: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response()


def status(code: int, **headers: str) -> Fault:
    """Answer with a status."""

    async def fault(_: web.Request) -> web.Response:
        return web.Response(status=code, headers=headers)

    return fault


def silence(seconds: float) -> Fault:
    """Answer well, but only after a while."""

    async def fault(_: web.Request) -> web.Response:
        await asyncio.sleep(seconds)
        return web.Response(status=204)

    return fault


async def cut(request: web.Request) -> web.Response:
    """Hang up without an answer."""
    if request.transport:
        request.transport.abort()
    return web.Response()


async def endless(request: web.Request) -> web.StreamResponse:
    """Say yes, and then go on for ever."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b"x" * 65536)


@asynccontextmanager
async def receiving(secret: str, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver meanwhile, by https with `tls`."""
    receiver = Receiver(secret, tls)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        receiver.port = probe.getsockname()[1]
    try:
        await receiver.start()
        yield receiver
    finally:
        await receiver.stop()
