"""Failed tries of passwords, kept where every process sees them."""

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from domain.records import Id, Tries
from storage.documents import to_document
from storage.table import MongoTable

# By the clock of the database; longer than anybody has to wait.
FORGET_SECONDS = 3_600


class MongoTries(MongoTable[Tries]):
    """Tries; `touched_at` is when the database last wrote them, and forgets them by."""

    kind = Tries
    name = "tries"

    async def swap(self, before: Tries | None, after: Tries, /) -> bool:
        """Replace tries as they were found (None: there were none); False when they are others."""
        found = {"count": before.count, "wait_until": before.wait_until} if before else {"count": 0}
        document = {**to_document(after), "touched_at": "$$NOW"}
        try:
            result = await self._collection.update_one(
                {"_id": ObjectId(after.id), **found},
                [{"$replaceWith": document}],
                upsert=before is None,
            )
        except DuplicateKeyError:
            return False
        return bool(result.matched_count or result.upserted_id)

    async def forget(self, id_: Id, /) -> None:
        """Forget the tries."""
        await self._collection.delete_one({"_id": ObjectId(id_)})
