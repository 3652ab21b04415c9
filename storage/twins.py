"""Embeddings of detections by further models, and the search for what has none yet."""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId
from pymongo.errors import BulkWriteError

from domain.records import Embedding, Id, Twin
from storage.documents import object_ids, to_document
from storage.table import DUPLICATE_KEY, Collection, MongoTable, Session


class MongoTwins(MongoTable[Twin]):
    """Twins; they go with their detection."""

    kind = Twin
    name = "twins"

    def __init__(self, collection: Collection, detections: Collection, session: Session) -> None:
        super().__init__(collection, session)
        self._detections = detections

    async def keep(self, twins: Sequence[Twin], /) -> None:
        """Keep twins, but those there are already and those of detections that are gone by now.

        The look comes after the write: a detection that goes meanwhile takes its twin with it, or
        is missed by the look.
        """
        if not twins:
            return
        try:
            await self._collection.insert_many([to_document(t) for t in twins], ordered=False)
        except BulkWriteError as error:
            failures = (error.details or {}).get("writeErrors", [])
            if any(failure["code"] != DUPLICATE_KEY for failure in failures):
                raise
        ids = object_ids(twin.detection_id for twin in twins)
        there = set(await self._detections.distinct("_id", {"_id": {"$in": ids}}))
        gone = [id_ for id_ in ids if id_ not in there]
        await self._collection.delete_many({"detection_id": {"$in": gone}})

    async def lacking(self, model: str, since: datetime, /) -> list[Id]:
        """Return the detections received since a time that could have a twin of a model."""
        done = await embedded_by(model, self._collection, self._session)
        could = {
            "received_at": {"$gte": since},
            "image.key": {"$ne": ""},
            "kept": False,
            "embedding": {"$ne": None},
            "model": {"$nin": [None, model]},
        }
        cursor = self._detections.find(could, projection={"_id": 1}, session=self._session)
        found = [d["_id"] for d in await cursor.to_list(None) if d["_id"] not in done]
        return [Id(str(id_)) for id_ in sorted(found)]

    async def of(self, detection_ids: Sequence[Id], model: str, /) -> dict[Id, Embedding]:
        """Return the twins of a model that these detections have, by detection."""
        found = await self._many(
            {"detection_id": {"$in": object_ids(detection_ids)}, "model": model}
        )
        return {twin.detection_id: twin.embedding for twin in found}

    async def forget(self, model: str, /) -> int:
        """Delete the twins of a model; return how many."""
        result = await self._collection.delete_many({"model": model}, session=self._session)
        return int(result.deleted_count)


async def embedded_by(model: str, collection: Collection, session: Session) -> set[ObjectId]:
    """Return the detections that a collection has an embedding of, by one model.

    The index on model and detection has it all; a lookup for each took more than ten times as long.
    """
    cursor = collection.find(
        {"model": model}, projection={"_id": 0, "detection_id": 1}, session=session
    )
    return {document["detection_id"] for document in await cursor.to_list(None)}
