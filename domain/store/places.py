"""Sites and cameras."""

from datetime import datetime
from typing import Protocol

from domain.records import Camera, Id, Site
from domain.store.table import Table


class Sites(Table[Site], Protocol):
    """Places."""

    async def named(self, name: str, /) -> Site | None:
        """Return the site of this name."""

    async def all(self) -> list[Site]:
        """Return every site, by name."""


class Cameras(Table[Camera], Protocol):
    """Clients that post crops."""

    async def by_key(self, key_hash: str, /) -> Camera | None:
        """Return the camera whose key has this hash, revoked or not."""

    async def at(self, site_id: Id, name: str, /) -> Camera | None:
        """Return the camera of this name at a site, revoked or not."""

    async def all(self) -> list[Camera]:
        """Return every camera, by name."""

    async def seen(self, id_: Id, at: datetime, /) -> None:
        """Note when the camera last posted."""
