"""What processes tell one another: who is at work, and small facts.

A worker is forgotten a day after its last beat.
"""

from datetime import datetime

from domain.records import WorkerState
from storage.documents import to_document, to_record
from storage.table import Collection, Session

NAME = "workers"
FORGET_SECONDS = 24 * 3600


class MongoWorkers:
    """Workers, by name."""

    def __init__(self, collection: Collection, session: Session) -> None:
        self._collection = collection
        self._session = session

    async def beat(self, worker: WorkerState, /) -> None:
        """Note that a worker is alive."""
        await self._collection.replace_one(
            {"name": worker.name}, to_document(worker), upsert=True, session=self._session
        )

    async def alive(self, since: datetime, /) -> list[WorkerState]:
        """Return the workers seen since a time."""
        cursor = self._collection.find(
            {"seen_at": {"$gte": since}}, sort=[("name", 1)], session=self._session
        )
        return [to_record(WorkerState, document) for document in await cursor.to_list(None)]

    async def leave(self, name: str, /) -> None:
        """Note that a worker has stopped."""
        await self._collection.delete_one({"name": name}, session=self._session)


class MongoValues:
    """Small facts, in the collection `settings`."""

    def __init__(self, collection: Collection, session: Session) -> None:
        self._collection = collection
        self._session = session

    async def get(self, name: str, /) -> str | None:
        """Return a value, or None."""
        document = await self._collection.find_one({"_id": name}, session=self._session)
        return str(document["value"]) if document else None

    async def put(self, name: str, value: str, /) -> None:
        """Keep a value."""
        await self._collection.replace_one(
            {"_id": name}, {"value": value}, upsert=True, session=self._session
        )
