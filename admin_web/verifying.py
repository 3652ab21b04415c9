"""Trying passwords, few at a time: each takes 64 MiB and a core for a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from aiohttp import web

MOST_AT_ONCE = 2


class Verifying:
    """Turns at trying a password: one at a time for each address.

    So whoever sends a thousand tries waits for their own, and keeps nobody else waiting.
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._addresses: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait for the turn of an address, and have it while the block runs."""
        own = self._addresses.setdefault(address, asyncio.Lock())
        async with own, self._slots:
            yield


VERIFYING = web.AppKey("verifying", Verifying)
