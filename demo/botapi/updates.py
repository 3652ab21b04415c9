"""Updates for the bot: kept until it confirms them, fetched by long polling or posted to it."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

from demo.botapi.changes import Bell
from demo.botapi.errors import OTHER_POLLER, POLL_ENDED_BY_WEBHOOK, WEBHOOK_ACTIVE, ApiError

FIRST_UPDATE_ID = 100_000_001


@dataclass
class Webhook:
    """Where updates are posted, and how that went."""

    url: str
    secret: str = ""
    max_connections: int = 40
    last_error_at: int | None = None
    last_error: str = ""


class Updates:
    """The queue of one bot: ids rise, and an update stays until an offset passes it."""

    def __init__(self) -> None:
        self.pending: deque[dict[str, Any]] = deque()
        self.allowed: frozenset[str] = frozenset()
        self.webhook: Webhook | None = None
        self.bell = Bell()
        self._next_id = FIRST_UPDATE_ID
        self._poller: object | None = None

    def add(self, kind: str, content: dict[str, Any]) -> None:
        """Queue an update, unless the bot said that it does not want its kind."""
        if self.allowed and kind not in self.allowed:
            return
        self.pending.append({"update_id": self._next_id, kind: content})
        self._next_id += 1
        self.bell.ring()

    def confirm(self, offset: int) -> None:
        """Forget what lies before `offset`; a negative one keeps only so many of the newest."""
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
            return
        while self.pending and self.pending[0]["update_id"] < offset:
            self.pending.popleft()

    def set_webhook(self, webhook: Webhook | None) -> None:
        """Post updates from now on, or keep them for polling; a waiting poll ends with a 409."""
        self.webhook = webhook
        self.bell.ring()

    async def poll(self, *, offset: int, limit: int, timeout_s: float) -> list[dict[str, Any]]:
        """Return updates as soon as there are any; empty after `timeout_s`.

        As in the official server, a newer poll ends the one that waits with a 409.
        """
        if self.webhook:
            raise ApiError(409, WEBHOOK_ACTIVE)
        self.confirm(offset)
        mine = self._poller = object()
        self.bell.ring()
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        while not self.pending and (left := end - loop.time()) > 0 and not self.bell.closed:
            await self.bell.wait(left)
            if self._poller is not mine:
                raise ApiError(409, OTHER_POLLER)
            if self.webhook:
                raise ApiError(409, POLL_ENDED_BY_WEBHOOK)
        return list(self.pending)[:limit]
