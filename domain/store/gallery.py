"""The version of the gallery."""

from dataclasses import dataclass
from typing import Protocol

from domain.records import PackInUse, Person, Reference, Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryChanges:
    """What changed in the gallery up to and including `version`; the model in use as of then."""

    version: int
    model: str | None = None
    persons: tuple[Person, ...]
    references: tuple[Reference, ...]
    rejections: tuple[Rejection, ...]


class GalleryLog(Protocol):
    """The version that every change of references, persons or rejections advances."""

    async def version(self) -> int:
        """Return the current version."""

    async def advance(self, expected: int | None = None, *, model: str | None = None) -> int:
        """Take the next version inside a transaction.

        Raises StaleError when the version is not the expected one, or another model than this is
        in use (None: any will do).
        """

    async def in_use(self) -> PackInUse | None:
        """Return the pack in use; None where none was ever recorded."""

    async def use(self, pack: PackInUse, /) -> None:
        """Record the pack in use, inside a transaction that advances the version."""

    async def since(self, version: int, model: str, /) -> GalleryChanges:
        """Return what changed after a version, with the references of one model.

        Those retired are among them; not so after version 0, when nobody knows them yet.
        """
