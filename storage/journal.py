"""The journal of decisions."""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from domain.records import Decision, Id
from storage.documents import object_ids, same_id
from storage.table import NEWEST_FIRST, MongoTable

# Those from before there were versions come first; they have none.
AS_MADE = [("version", 1), ("at", 1), ("_id", 1)]


class MongoDecisions(MongoTable[Decision]):
    """The journal."""

    kind = Decision
    name = "decisions"

    async def of(self, person_ids: Sequence[Id], /, *, limit: int = 50) -> list[Decision]:
        """Return the decisions about these persons, newest first."""
        ids = {"$in": object_ids(person_ids)}
        return await self._many(
            {"$or": [{"person_id": ids}, {"target_id": ids}]}, sort=NEWEST_FIRST, limit=limit
        )

    async def said_of(self, person_id: Id, /) -> list[Decision]:
        """Return the decisions not undone about this person alone, in the order they were made."""
        return await self._many({"person_id": ObjectId(person_id), "undone": None}, sort=AS_MADE)

    async def changing(self, record_ids: Sequence[Id], /) -> list[Decision]:
        """Return the decisions that changed these records, in the order they were made."""
        query = {"changes.id": {"$in": object_ids(record_ids)}}
        return await self._many(query, sort=AS_MADE)

    async def of_batch(self, batch: Id, /) -> list[Decision]:
        """Return the decisions that were made at once, in the order they were made."""
        return await self._many({"batch": same_id(batch)}, sort=AS_MADE)

    async def standing(self, since: datetime, /, *, limit: int) -> list[Decision]:
        """Return the decisions made since a time and not undone, newest first."""
        return await self._many(
            {"at": {"$gte": since}, "undone": None},
            sort=[(name, -order) for name, order in AS_MADE],
            limit=limit,
        )
