"""A clock that is moved on over every time in which nobody is at work.

An hour in which a program mostly waits takes as long as its work: while anything is under way the
clock runs as it does everywhere, and when nothing is, it jumps to the next moment that somebody
waits for. So what is measured by it is as it would have been in the whole hour.
"""

import asyncio
import contextvars
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

from aiohttp import web

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
# What comes from outside, such as a change in the database, may take as long to be heard of.
QUIET_S = 0.006
# Set where a call into another thread only listens for what may happen, for however long.
_listening: contextvars.ContextVar[bool] = contextvars.ContextVar("listening", default=False)


class _Selector(selectors.DefaultSelector):
    """Waits for what happens outside, and skips the wait where nothing can."""

    skipped_s = 0.0
    under_way = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what happened; when nothing does in a moment of quiet, the wait is over."""
        if timeout is None or timeout <= QUIET_S:
            return super().select(timeout)
        found = super().select(QUIET_S)
        if not found and not self.under_way:
            self.skipped_s += timeout - QUIET_S
        return found


class MovedLoop(asyncio.SelectorEventLoop):
    """An event loop with a moved clock: its timers, its timeouts and `time()` go by it."""

    def __init__(self) -> None:
        self._watched = _Selector()
        super().__init__(self._watched)

    def time(self) -> float:
        """Return seconds of the moved clock."""
        return super().time() + self._watched.skipped_s

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> "asyncio.Future[T]":
        """Call in another thread; until it returns the clock is not moved."""
        future = super().run_in_executor(executor, func, *args)
        if not _listening.get():
            self._watched.under_way += 1
            future.add_done_callback(self._done)
        return future

    def _done(self, _: "asyncio.Future[Any]") -> None:
        self._watched.under_way -= 1

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Keep the clock from being moved meanwhile."""
        self._watched.under_way += 1
        try:
            yield
        finally:
            self._watched.under_way -= 1


def run_moved(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop with a moved clock."""
    with asyncio.Runner(loop_factory=MovedLoop) as runner:
        return runner.run(work)


class MovedClock:
    """The time of a moved loop as a date, from a start on. Made inside the loop."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._loop = asyncio.get_running_loop()
        self._zero = self._loop.time()

    def __call__(self) -> datetime:
        """Return the time as the database keeps it."""
        at = self._start + timedelta(seconds=self._loop.time() - self._zero)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def timestamp(self) -> float:
        """Return seconds since 1970."""
        return self._start.timestamp() + self._loop.time() - self._zero


def only_listen() -> None:
    """Say that this task, from now on, only listens to the database for changes."""
    _listening.set(True)


def at_work_on(*idle: str) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return a middleware that keeps the clock from moving while a request is dealt with.

    Not so while one waits whose path ends with one of `idle`: it may wait for what never comes.
    """

    @web.middleware
    async def working(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, MovedLoop) or request.path.endswith(idle):
            return await handler(request)
        with loop.at_work():
            return await handler(request)

    return working
