"""The open event streams: how many there may be, and how they end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.problems import ProblemError
from domain.store import Event


class Streams:
    """Lets in so many listeners, and ends them all when the server stops."""

    def __init__(self, *, most: int, retry_after: float) -> None:
        self._most = most
        self._retry_after = retry_after
        self._open: set[asyncio.Timeout] = set()
        self._ended = False

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a place; what is inside is broken off, quietly, when the server stops."""
        if self._ended or len(self._open) >= self._most:
            raise ProblemError(
                "too-many-streams",
                "Too many listen already. Try again later.",
                headers={"Retry-After": f"{self._retry_after:.0f}"},
            )
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._open.add(scope)
                try:
                    yield
                finally:
                    self._open.discard(scope)
        except TimeoutError:
            if not scope.expired():
                raise

    def end(self) -> None:
        """Break off every stream and let in no more."""
        self._ended = True
        for scope in self._open:
            scope.reschedule(0)


class Upcoming:
    """The next event of a stream, waited for in pieces: a wait that ends early loses nothing."""

    def __init__(self, events: AsyncIterator[Event]) -> None:
        self._events = events
        self._next: asyncio.Future[Event] | None = None

    async def get(self, seconds: float) -> Event | None:
        """Return the next event, or None when there is none in this time."""
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._events))
        done, _ = await asyncio.wait({self._next}, timeout=seconds)
        if not done:
            return None
        coming, self._next = self._next, None
        return coming.result()

    async def close(self) -> None:
        """Let go of the stream."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
            self._next = None
        if hasattr(self._events, "aclose"):
            await self._events.aclose()
