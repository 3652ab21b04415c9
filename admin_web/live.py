"""Telling open inboxes that something changed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from aiohttp import web

from admin_web.guard import identify
from domain.store import Store

_LOG = logging.getLogger(__name__)
# Between two of these a browser looks for itself: crops counted since, sessions ended meanwhile.
HEARTBEAT = timedelta(seconds=10)
PAUSE_AFTER_TROUBLE = timedelta(seconds=2)
# A browser that lost its connection comes back after so many milliseconds.
_HELLO = b"retry: 2000\n\n"
_CHANGED = b"event: changed\ndata: questions\n\n"


class Bell:
    """Rings for every open inbox when a question is asked or answered, or somebody ruled out.

    One change stream serves all browsers of a process.
    """

    def __init__(
        self,
        store: Store,
        *,
        heartbeat: timedelta = HEARTBEAT,
        outages: tuple[type[Exception], ...] = (),
    ) -> None:
        self._store = store
        self._heartbeat = heartbeat.total_seconds()
        self._outages = outages
        self._ears: set[asyncio.Event] = set()
        self.closed = False

    async def watch(self) -> None:
        """Follow the questions for ever; after trouble, ring and start over."""
        while True:
            try:
                async for _ in self._store.follow(["questions", "rejections"]):
                    self.ring()
            except self._outages:
                _LOG.warning("The database is away; the inboxes wait for it.")
            except Exception:  # noqa: BLE001 - the border of a job: an inbox may be late, never dead
                _LOG.exception("cannot follow the questions; trying again")
            await asyncio.sleep(PAUSE_AFTER_TROUBLE.total_seconds())
            self.ring()

    def ring(self) -> None:
        """Wake everybody who listens."""
        for ear in self._ears:
            ear.set()

    def close(self) -> None:
        """Send everybody home, so that the server can stop."""
        self.closed = True
        self.ring()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """Give an event that is set by each ring."""
        ear = asyncio.Event()
        self._ears.add(ear)
        try:
            yield ear
        finally:
            self._ears.discard(ear)

    async def wait(self, ear: asyncio.Event) -> None:
        """Return after the next ring, or a heartbeat later."""
        with suppress(TimeoutError):
            await asyncio.wait_for(ear.wait(), self._heartbeat)
        ear.clear()


BELL = web.AppKey("bell", Bell)


async def watching(app: web.Application) -> AsyncIterator[None]:
    """Keep the bell going while the application runs."""
    task = asyncio.get_running_loop().create_task(app[BELL].watch())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def hang_up(app: web.Application) -> None:
    """End the streams at shutdown."""
    app[BELL].close()


async def stream_changes(request: web.Request) -> web.StreamResponse:
    """Send an event at once, and whenever the inbox should look again, while the session lasts."""
    bell = request.app[BELL]
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    with bell.listening() as ear, suppress(ConnectionError):
        await response.write(_HELLO)
        while not bell.closed and await identify(request):
            await response.write(_CHANGED)
            await bell.wait(ear)
    return response
