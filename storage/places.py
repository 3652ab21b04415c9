"""Sites and their cameras."""

from datetime import datetime

from bson import ObjectId

from domain.records import Camera, Id, Site
from storage.table import MongoTable

BY_NAME = [("name", 1)]


class MongoSites(MongoTable[Site]):
    """Sites."""

    kind = Site
    name = "sites"

    async def named(self, name: str, /) -> Site | None:
        """Return the site of this name."""
        return await self._one({"name": name})

    async def all(self) -> list[Site]:
        """Return every site, by name."""
        return await self._many({}, sort=BY_NAME)


class MongoCameras(MongoTable[Camera]):
    """Cameras."""

    kind = Camera
    name = "cameras"

    async def by_key(self, key_hash: str, /) -> Camera | None:
        """Return the camera whose key has this hash, revoked or not."""
        return await self._one({"key_hash": key_hash})

    async def at(self, site_id: Id, name: str, /) -> Camera | None:
        """Return the camera of this name at a site, revoked or not."""
        return await self._one({"site_id": ObjectId(site_id), "name": name})

    async def all(self) -> list[Camera]:
        """Return every camera, by name."""
        return await self._many({}, sort=BY_NAME)

    async def seen(self, id_: Id, at: datetime, /) -> None:
        """Note when the camera last posted."""
        await self._collection.update_one({"_id": ObjectId(id_)}, {"$max": {"last_seen_at": at}})
