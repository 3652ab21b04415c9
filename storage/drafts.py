"""Photos that somebody has given, before it is said what becomes of them."""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from domain.records import Draft, Id
from storage.documents import object_ids
from storage.table import OLDEST_FIRST, MongoTable


class MongoDrafts(MongoTable[Draft]):
    """Drafts."""

    kind = Draft
    name = "drafts"

    async def of(self, account_id: Id, /) -> list[Draft]:
        """Return the drafts of an account, oldest first."""
        return await self._many({"account_id": ObjectId(account_id)}, sort=OLDEST_FIRST)

    async def naming(self, person_ids: Sequence[Id], /) -> list[Draft]:
        """Return those with a face near one of these persons."""
        return await self._many({"faces.near.person_id": {"$in": object_ids(person_ids)}})

    async def forget(self, before: datetime, /) -> int:
        """Delete those made before a time; return how many."""
        result = await self._collection.delete_many({"made_at": {"$lt": before}})
        return int(result.deleted_count)
