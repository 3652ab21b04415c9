"""The journal of cameras, sites and accounts."""

from collections.abc import Sequence
from typing import Protocol

from domain.records import Deed, DeedKind, Id
from domain.store.table import Table


class Deeds(Table[Deed], Protocol):
    """The journal of cameras, sites and accounts."""

    async def of(self, subject_id: Id, /, *, limit: int = 20) -> list[Deed]:
        """Return what was done to a camera, a site or an account, newest first."""

    async def latest(self, kinds: Sequence[DeedKind], /, *, limit: int = 20) -> list[Deed]:
        """Return what was done to things of these kinds, newest first."""
