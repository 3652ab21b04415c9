"""Pictures as Telegram takes them: uploaded once, and named by its file id from then on."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from weakref import WeakValueDictionary

from domain.intake import Images
from domain.store import Store

REMEMBERED = 2_000
# So long a chat waits while another uploads the same picture; then it does so itself.
PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture: how to come by it (None when it is gone), and its file id if Telegram has it."""

    content: Callable[[], Awaitable[bytes | None]]
    file_id: str | None = None


class Photos:
    """Finds pictures by the key of the image store."""

    def __init__(self, store: Store, images: Images) -> None:
        self._store = store
        self._images = images
        self._known: OrderedDict[str, str] = OrderedDict()
        self._uploading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at_hand(self, key: str) -> AsyncIterator[Photo]:
        """Give a picture to be sent; while it is being uploaded, others who need it wait."""
        if file_id := await self._find(key):
            yield Photo(partial(self._content, key), file_id)
            return
        lock = self._uploading.setdefault(key, asyncio.Lock())
        taken = await _taken(lock)
        try:
            yield Photo(partial(self._content, key), self._known.get(key))
        finally:
            if taken:
                lock.release()

    def learn(self, key: str, file_id: str) -> None:
        """Remember what Telegram calls a picture."""
        self._known[key] = file_id
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def _content(self, key: str) -> bytes | None:
        try:
            return await self._images.get(key)
        except KeyError:
            return None

    async def _find(self, key: str) -> str | None:
        if key not in self._known and (found := await self._store.outbox.file_of(key)):
            self.learn(key, found)
        return self._known.get(key)


async def _taken(lock: asyncio.Lock) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await lock.acquire()
    except TimeoutError:
        return False
