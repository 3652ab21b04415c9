"""One question for all who ask the same at the same time."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Line(Generic[V]):
    """Those who wait for one answer."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    asked: int = -1
    answer: V | None = None


class Joined(Generic[K, V]):
    """Asks on behalf of many; nobody gets an answer that was asked for before they came.

    Who comes while a question is under way shares the next one. So a burst of posts of one camera
    looks its key up twice, and a key revoked a moment ago is still refused.
    """

    def __init__(self, ask: Callable[[K], Awaitable[V | None]]) -> None:
        self._ask = ask
        self._turns = itertools.count()
        self._lines: dict[K, _Line[V]] = {}

    async def get(self, key: K) -> V | None:
        """Return an answer that was asked for no earlier than this call."""
        came = next(self._turns)
        line = self._lines.setdefault(key, _Line())
        line.waiting += 1
        try:
            async with line.lock:
                if line.asked < came:
                    asked = next(self._turns)
                    line.answer = await self._ask(key)
                    line.asked = asked
                return line.answer
        finally:
            line.waiting -= 1
            if not line.waiting:
                del self._lines[key]
