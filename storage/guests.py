"""Who is expected, and when."""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from domain.records import Guest, Id
from storage.documents import Document, object_ids
from storage.people import ANY_CASE
from storage.table import MongoTable


class MongoGuests(MongoTable[Guest]):
    """Guests."""

    kind = Guest
    name = "guests"

    async def expected(self, site_id: Id, at: datetime, /) -> list[Guest]:
        """Return who was announced at a site for the day of a time, by name."""
        return await self._many(
            {
                "site_id": ObjectId(site_id),
                "starts_at": {"$lte": at},
                "ends_at": {"$gt": at},
            },
            sort=[("name", 1), ("_id", 1)],
        )

    async def coming(self, site_ids: Sequence[Id] | None, now: datetime, /) -> list[Guest]:
        """Return who was announced at these sites (None: all) for days not over, next first."""
        query: Document = {"ends_at": {"$gt": now}}
        if site_ids is not None:
            query["site_id"] = {"$in": object_ids(site_ids)}
        return await self._many(query, sort=[("starts_at", 1), ("name", 1)])

    async def of(self, person_ids: Sequence[Id], names: Sequence[str], /) -> list[Guest]:
        """Return who came as one of these persons, or was announced by one of these names."""
        theirs = {"arrived.person_id": {"$in": object_ids(person_ids)}}
        return await self._many(
            {"$or": [theirs, {"name": {"$in": list(names)}}]}, collation=ANY_CASE
        )

    async def remove(self, id_: Id, /) -> None:
        """Expect somebody no more."""
        await self._collection.delete_one({"_id": ObjectId(id_)}, session=self._session)

    async def forget(self, ended_before: datetime, /) -> int:
        """Forget the guests of days that ended before a time; return how many."""
        result = await self._collection.delete_many({"ends_at": {"$lt": ended_before}})
        return int(result.deleted_count)
