"""What every collection can do."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from domain.records import Id

T = TypeVar("T")


class Table(Protocol[T]):
    """What every collection can do."""

    async def get(self, id_: Id, /) -> T | None:
        """Return the record, or None."""

    async def some(self, ids: Sequence[Id], /) -> dict[Id, T]:
        """Return those of the records that exist, by id."""

    async def add(self, record: T, /) -> None:
        """Keep a new record."""

    async def save(self, record: T, /) -> None:
        """Replace the record that has this id."""

    async def erase(self, ids: Sequence[Id], /) -> None:
        """Delete these records for good; those that are gone already do not matter."""
