"""What changed since when: the person's side waits for it, without asking again and again."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress

from demo.botapi.records import Callback, Chat, Message, User

Changed = User | Chat | Message | Callback


class Bell:
    """Wakes everybody who waits, once, each time it is rung."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.closed = False

    def ring(self) -> None:
        """Wake all who wait now."""
        self._event.set()
        self._event = asyncio.Event()

    def close(self) -> None:
        """Wake all who wait, and let nobody wait again: the server is going down."""
        self.closed = True
        self.ring()

    async def wait(self, timeout_s: float) -> None:
        """Return when it rings, at the latest after `timeout_s`, at once when it is closed."""
        if self.closed:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._event.wait()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`, however often it rings meanwhile; at once when it is closed."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not self.closed and (left := end - loop.time()) > 0:
            await self.wait(left)


class Changes:
    """Numbers every change; remembers for each record the number of its last one."""

    def __init__(self) -> None:
        self.revision = 0
        self.bell = Bell()
        self._last: OrderedDict[int, Changed] = OrderedDict()

    def touch(self, record: Changed) -> None:
        """Note that a record is new or different."""
        self.revision += 1
        record.revision = self.revision
        self._last[id(record)] = record
        self._last.move_to_end(id(record))
        self.bell.ring()

    def since(self, revision: int) -> list[Changed]:
        """Return the records changed after `revision`, the one changed longest ago first."""
        return list(self._newest_down_to(revision))[::-1]

    def _newest_down_to(self, revision: int) -> Iterator[Changed]:
        for record in reversed(self._last.values()):
            if record.revision <= revision:
                return
            yield record
