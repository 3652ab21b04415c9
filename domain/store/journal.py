"""The journal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.records import Decision, Id
from domain.store.table import Table


class Decisions(Table[Decision], Protocol):
    """The journal."""

    async def of(self, person_ids: Sequence[Id], /, *, limit: int = 50) -> list[Decision]:
        """Return the decisions about these persons, newest first."""

    async def said_of(self, person_id: Id, /) -> list[Decision]:
        """Return the decisions not undone about this person alone, in the order they were made."""

    async def changing(self, record_ids: Sequence[Id], /) -> list[Decision]:
        """Return the decisions that changed these records, in the order they were made."""

    async def of_batch(self, batch: Id, /) -> list[Decision]:
        """Return the decisions that were made at once, in the order they were made."""

    async def standing(self, since: datetime, /, *, limit: int) -> list[Decision]:
        """Return the decisions made since a time and not undone, newest first."""
