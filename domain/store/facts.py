"""Who is at work, and small facts."""

from datetime import datetime
from typing import Protocol

from domain.records import WorkerState


class Workers(Protocol):
    """Who is at work."""

    async def beat(self, worker: WorkerState, /) -> None:
        """Note that a worker is alive."""

    async def alive(self, since: datetime, /) -> list[WorkerState]:
        """Return the workers seen since a time."""

    async def leave(self, name: str, /) -> None:
        """Note that a worker has stopped."""


class Values(Protocol):
    """Small facts that processes tell one another, such as the bot's name."""

    async def get(self, name: str, /) -> str | None:
        """Return a value, or None."""

    async def put(self, name: str, value: str, /) -> None:
        """Keep a value."""
