"""The journal of cameras, sites and accounts."""

from collections.abc import Sequence

from bson import ObjectId

from domain.records import Deed, DeedKind, Id
from storage.table import NEWEST_FIRST, MongoTable


class MongoDeeds(MongoTable[Deed]):
    """Deeds."""

    kind = Deed
    name = "deeds"

    async def of(self, subject_id: Id, /, *, limit: int = 20) -> list[Deed]:
        """Return what was done to a camera, a site or an account, newest first."""
        query = {"subject_id": ObjectId(subject_id)}
        return await self._many(query, sort=NEWEST_FIRST, limit=limit)

    async def latest(self, kinds: Sequence[DeedKind], /, *, limit: int = 20) -> list[Deed]:
        """Return what was done to things of these kinds, newest first."""
        return await self._many({"kind": {"$in": list(kinds)}}, sort=NEWEST_FIRST, limit=limit)
