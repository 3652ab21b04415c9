"""Whether there is room for one more post: in the backlog, and in memory."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager

from api.limits import Limits
from api.problems import ProblemError
from domain.store import Store


class Held:
    """The bytes that one request holds, counted against what all may hold together."""

    def __init__(self, admission: "Admission") -> None:
        self._admission = admission
        self.bytes = 0

    def add(self, count: int) -> None:
        """Hold more; raise when memory is short."""
        self._admission.held += count
        self.bytes += count
        self._admission.check_memory()


class Admission:
    """Refuses posts that could not be dealt with soon, before their bodies are read."""

    def __init__(self, *, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._counting = asyncio.Lock()
        self._counted_at = -math.inf
        self._backlog = 0
        self.held = 0

    async def backlog(self) -> int:
        """Count what waits, up to the limit; the answer is at most `backlog_age` old."""
        now = asyncio.get_running_loop().time
        if now() - self._counted_at < self._limits.backlog_age.total_seconds():
            return self._backlog
        async with self._counting:
            if now() - self._counted_at >= self._limits.backlog_age.total_seconds():
                counted_at = now()
                self._backlog = await self._store.detections.backlog(self._limits.backlog)
                self._counted_at = counted_at
        return self._backlog

    async def check(self) -> None:
        """Raise ProblemError when a post has to wait."""
        if await self.backlog() >= self._limits.backlog:
            raise self._refusal("backlog-full", "Too many crops wait to be recognised.")
        self.check_memory()

    def check_memory(self) -> None:
        """Raise ProblemError when the bodies being read fill the memory they may take."""
        if self.held > self._limits.held_bytes:
            raise self._refusal("busy", "Too many posts at once.")

    @contextmanager
    def hold(self) -> Iterator[Held]:
        """Count the bytes of one request until it is done."""
        held = Held(self)
        try:
            yield held
        finally:
            self.held -= held.bytes

    def _refusal(self, key: str, detail: str) -> ProblemError:
        wait = str(math.ceil(self._limits.retry_after.total_seconds()))
        return ProblemError(
            key, f"{detail} Try again later.", headers={"Retry-After": wait}, close=True
        )
