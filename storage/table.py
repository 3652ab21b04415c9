"""What every collection can do."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClientSession, AsyncIOMotorCollection

from domain.records import Id
from storage.documents import Document, object_ids, to_document, to_record

T = TypeVar("T")
Collection = AsyncIOMotorCollection[Document]
Session = AsyncIOMotorClientSession | None
OLDEST_FIRST = [("_id", 1)]
NEWEST_FIRST = [("_id", -1)]
DUPLICATE_KEY = 11000


def at_sites(site_ids: Sequence[Id] | None) -> dict[str, Any]:
    """Return the condition that a record is of one of these sites (None: of any)."""
    return {} if site_ids is None else {"site_id": {"$in": object_ids(site_ids)}}


class MongoTable(Generic[T]):
    """One collection of records of one kind, in one transaction or in none."""

    kind: ClassVar[type[Any]]
    name: ClassVar[str]

    def __init__(self, collection: Collection, session: Session) -> None:
        self._collection = collection
        self._session = session

    async def get(self, id_: Id, /) -> T | None:
        """Return the record, or None."""
        return await self._one({"_id": ObjectId(id_)})

    async def some(self, ids: Sequence[Id], /) -> dict[Id, T]:
        """Return those of the records that exist, by id."""
        found: list[Any] = await self._many({"_id": {"$in": object_ids(set(ids))}}) if ids else []
        return {record.id: record for record in found}

    async def add(self, record: T, /) -> None:
        """Keep a new record."""
        await self._collection.insert_one(self._document(record), session=self._session)

    async def save(self, record: T, /) -> None:
        """Replace the record that has this id."""
        document = self._document(record)
        await self._collection.replace_one(
            {"_id": document["_id"]}, document, session=self._session
        )

    async def erase(self, ids: Sequence[Id], /) -> None:
        """Delete these records for good; those that are gone already do not matter."""
        query = {"_id": {"$in": object_ids(ids)}}
        await self._collection.delete_many(query, session=self._session)

    def _document(self, record: T) -> Document:
        """Return the document that keeps a record."""
        return to_document(record)

    async def _one(self, query: Mapping[str, Any], **options: Any) -> T | None:
        document = await self._collection.find_one(query, session=self._session, **options)
        return None if document is None else to_record(self.kind, document)

    async def _many(
        self,
        query: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
        **options: Any,
    ) -> list[T]:
        cursor = self._collection.find(
            query, sort=sort, limit=limit, session=self._session, **options
        )
        return [to_record(self.kind, document) for document in await cursor.to_list(None)]
