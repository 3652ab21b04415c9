"""Rules that open something, and their log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.records import Door, Grant, Id
from domain.store.table import Table


class Doors(Table[Door], Protocol):
    """Rules that open something. No two in use have the same name."""

    async def at(self, site_id: Id, /) -> list[Door]:
        """Return the doors in use at a site, by name."""

    async def named(self, name: str, /) -> Door | None:
        """Return the door in use of this name, whatever its case."""

    async def all(self) -> list[Door]:
        """Return every door in use, by name."""

    async def naming(self, person_ids: Sequence[Id], /) -> list[Door]:
        """Return the doors, in use or not, that name one of these persons."""


class Grants(Table[Grant], Protocol):
    """The doors' log. `add` raises StaleError when a crop was used at the door before."""

    async def about(self, door_id: Id, person_ids: Sequence[Id], since: datetime, /) -> list[Grant]:
        """Return what came of these persons at a door since a time, newest first."""

    async def of(self, person_ids: Sequence[Id], /) -> list[Grant]:
        """Return everything that came of these persons, at any door."""

    async def used(self, door_id: Id, detection_ids: Sequence[Id], /) -> set[Id]:
        """Return those of the detections that were used at a door before."""

    async def claim(self, *, now: datetime, until: datetime) -> Grant | None:
        """Lease a grant that is to be delivered now and still worth something, oldest first."""

    async def overdue(self, now: datetime, /) -> list[Grant]:
        """Return what was asked or granted in vain: its time is over, and nobody is at it."""

    async def next_due(self) -> datetime | None:
        """Return when the next falls due: to be delivered, or to be over."""

    async def last(self, limit: int, /, *, door_id: Id | None = None) -> list[Grant]:
        """Return the last entries of the log, newest first."""

    async def forget(self, before: datetime, /) -> int:
        """Delete for good what is older than a time; return how many."""
