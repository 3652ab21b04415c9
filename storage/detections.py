"""The detection log."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from bson import ObjectId
from pymongo.errors import BulkWriteError, DuplicateKeyError

from domain.errors import ClaimLostError, StaleError
from domain.records import Detection, DetectionStatus, Id
from domain.store import Cursor, DetectionQuery, LoggedFace
from storage.documents import Document, object_ids
from storage.log import NEWEST, OLDEST, in_runs, index_for, log_document, log_filter, mark
from storage.table import (
    DUPLICATE_KEY,
    NEWEST_FIRST,
    OLDEST_FIRST,
    Collection,
    MongoTable,
    Session,
)

BY_MODEL = [("model", 1), ("classified_at", 1), ("_id", 1)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MongoDetections(MongoTable[Detection]):
    """Detections; a lease is `claim`, free when there is none or it has run out."""

    kind = Detection
    name = "detections"

    def __init__(self, collection: Collection, twins: Collection, session: Session) -> None:
        super().__init__(collection, session)
        self._twins = twins

    def _document(self, record: Detection) -> Document:
        return log_document(record)

    async def enter(self, entries: Sequence[Detection], /) -> list[Detection]:
        """Keep new detections, journaled; where one has a key already, return that one instead."""
        try:
            await self._collection.insert_many(
                [log_document(entry) for entry in entries], ordered=False, session=self._session
            )
        except BulkWriteError as error:
            failures = (error.details or {}).get("writeErrors", [])
            if any(failure["code"] != DUPLICATE_KEY for failure in failures):
                raise
            doubled = {failure["index"] for failure in failures}
            return [
                await self._twin(entry) if n in doubled else entry
                for n, entry in enumerate(entries)
            ]
        return list(entries)

    async def _twin(self, entry: Detection) -> Detection:
        query = {"camera_id": ObjectId(entry.camera_id), "keys": {"$in": list(entry.keys)}}
        found = await self._one(query)
        if found is None:
            raise StaleError("The detection posted before is being removed.")
        return found

    async def page(self, query: DetectionQuery, /) -> list[Detection]:
        """Return a page of the log, newest first, without embeddings."""
        upwards = query.before is not None
        found: list[Detection] = []
        for run in in_runs(log_filter(query)):
            found += await self._run(run, query.limit, upwards=upwards)
        nearest = sorted(found, key=_place, reverse=not upwards)[: query.limit or None]
        return nearest[::-1] if upwards else nearest

    async def _run(
        self, filter_: Mapping[str, Any], limit: int, *, upwards: bool
    ) -> list[Detection]:
        return await self._many(
            filter_,
            sort=OLDEST if upwards else NEWEST,
            limit=limit,
            hint=index_for(filter_),
            projection={"embedding": 0, "marks": 0},
        )

    async def count(self, query: DetectionQuery, /) -> int:
        """Count what a query is about, wherever a page of it would begin or end."""
        wanted = log_filter(replace(query, after=None, before=None))
        return int(await self._collection.count_documents(wanted, session=self._session))

    async def faces(self, model: str, after: Cursor | None, limit: int, /) -> list[LoggedFace]:
        """Return the faces recognised with a model, in the order of that, from a place on."""
        wanted: dict[str, Any] = {"model": model, "embedding": {"$ne": None}}
        if after:
            passed = {"classified_at": after.at, "_id": {"$lte": ObjectId(after.id)}}
            wanted |= {"classified_at": {"$gte": after.at}, "$nor": [passed]}
        cursor = self._collection.find(
            wanted,
            projection={"site_id": 1, "classified_at": 1, "embedding": 1},
            sort=BY_MODEL[1:],
            limit=limit,
            hint=BY_MODEL,
        )
        return [
            LoggedFace(
                Id(str(found["_id"])),
                Id(str(found["site_id"])),
                found["classified_at"] or EPOCH,
                np.frombuffer(found["embedding"], dtype="<f4"),
            )
            for found in await cursor.to_list(None)
        ]

    async def count_faces(self, model: str, /) -> int:
        """Count the detections recognised with a model."""
        return int(await self._collection.count_documents({"model": model}, hint=BY_MODEL))

    async def existing(self, ids: Sequence[Id], /) -> set[Id]:
        """Return those of the detections that there are."""
        cursor = self._collection.find({"_id": {"$in": object_ids(ids)}}, projection={"_id": 1})
        return {Id(str(found["_id"])) for found in await cursor.to_list(None)}

    async def reassign(self, ids: Sequence[Id], person_id: Id, /) -> None:
        """Note that these detections show another person than was thought."""
        await self._collection.update_many(
            {"_id": {"$in": object_ids(ids)}},
            {"$set": {"person_id": ObjectId(person_id)}},
            session=self._session,
        )

    async def revisit(self, ids: Sequence[Id], visit_id: Id, /) -> None:
        """Note that these detections belong to another visit than was thought."""
        await self._collection.update_many(
            {"_id": {"$in": object_ids(ids)}},
            {"$set": {"visit_id": ObjectId(visit_id)}},
            session=self._session,
        )

    async def backlog(self, limit: int, /) -> int:
        """Count the detections not yet dealt with, up to `limit`."""
        return int(
            await self._collection.count_documents({"status": DetectionStatus.NEW}, limit=limit)
        )

    async def claim(
        self, *, worker: str, now: datetime, until: datetime, limit: int, max_attempts: int
    ) -> list[Detection]:
        """Lease up to `limit` new detections nobody holds, oldest first."""
        free = {
            "status": DetectionStatus.NEW,
            "$or": [{"claim": None}, {"claim.until": {"$lte": now}}],
        }
        ids = await self._next(free, limit, max_attempts)
        if not ids:
            return []
        claim = {
            "worker": worker,
            "token": str(ObjectId()),
            "until": until,
            "attempts": {"$add": [{"$ifNull": ["$claim.attempts", 0]}, 1]},
        }
        await self._collection.update_many(
            {"_id": {"$in": ids}, **free}, [{"$set": {"claim": claim}}]
        )
        return await self._many(
            {"_id": {"$in": ids}, "claim.token": claim["token"]}, sort=OLDEST_FIRST
        )

    async def _next(self, free: dict[str, Any], limit: int, max_attempts: int) -> list[ObjectId]:
        """Return the ids to lease; what was tried before goes alone, or not at all any more."""
        cursor = self._collection.find(
            free, projection={"claim.attempts": 1}, sort=OLDEST_FIRST, limit=limit
        )
        fresh = []
        for document in await cursor.to_list(None):
            attempts = (document.get("claim") or {}).get("attempts", 0)
            if attempts >= max_attempts:
                await self._give_up(document["_id"], free)
            elif attempts == 0:
                fresh.append(document["_id"])
            elif not fresh:
                return [document["_id"]]
        return fresh

    async def _give_up(self, id_: ObjectId, free: dict[str, Any]) -> None:
        """Fail what was tried often enough, keeping the last error."""
        error = {"$ifNull": ["$error", "Its workers stopped without a word, each time."]}
        failed = _now(DetectionStatus.FAILED) | {"claim": None, "error": error}
        await self._collection.update_one({"_id": id_, **free}, [{"$set": failed}])

    async def extend(self, tokens: Sequence[str], until: datetime, /) -> None:
        """Hold the leases longer."""
        await self._collection.update_many(
            {"status": DetectionStatus.NEW, "claim.token": {"$in": list(tokens)}},
            {"$set": {"claim.until": until}},
        )

    async def release(self, ids: Sequence[Id], token: str, error: str | None, /) -> None:
        """Give leased detections back at once, with what went wrong, if anything did.

        Giving back without an error does not count as a try.
        """
        free = {"claim.until": EPOCH, "claim.token": ""}
        await self._collection.update_many(
            {
                "_id": {"$in": object_ids(ids)},
                "status": DetectionStatus.NEW,
                "claim.token": token,
            },
            {"$set": {**free, "error": error}}
            if error
            else {"$set": free, "$inc": {"claim.attempts": -1}},
        )

    async def settle(self, detection: Detection, token: str, /) -> None:
        """Write what became of a leased detection."""
        document = self._document(detection)
        try:
            result = await self._collection.replace_one(
                {"_id": document["_id"], "claim.token": token}, document, session=self._session
            )
        except DuplicateKeyError as error:
            raise StaleError("The person is already in this frame.") from error
        if result.matched_count == 0:
            raise ClaimLostError("The lease on this detection ran out.")

    async def retry(self, ids: Sequence[Id], /) -> int:
        """Make failed detections new again; return how many."""
        result = await self._collection.update_many(
            {"_id": {"$in": object_ids(ids)}, "status": DetectionStatus.FAILED},
            {"$set": _now(DetectionStatus.NEW) | {"claim": None, "error": None}},
            session=self._session,
        )
        return int(result.modified_count)

    async def in_frame(self, camera_id: Id, frame: str, /) -> list[Id]:
        """Return the persons already found in a frame."""
        found = await self._collection.distinct(
            "person_id",
            {"camera_id": ObjectId(camera_id), "frame": frame, "person_id": {"$ne": None}},
        )
        return [Id(str(id_)) for id_ in found]

    async def seen_together(self, some: Sequence[Id], others: Sequence[Id], /) -> bool:
        """Tell whether one of these persons was ever in a frame with one of those."""
        frames = await self._collection.distinct(
            "frame", {"person_id": {"$in": object_ids(some)}, "frame": {"$ne": None}}
        )
        query = {"person_id": {"$in": object_ids(others)}, "frame": {"$in": frames}}
        return bool(frames) and await self._collection.find_one(query, {"_id": 1}) is not None

    async def track_person(self, camera_id: Id, track: str, since: datetime, /) -> Id | None:
        """Return the person a camera's track was last classified as."""
        document = await self._collection.find_one(
            {
                "camera_id": ObjectId(camera_id),
                "track": {"$eq": track, "$type": "string"},
                "person_id": {"$ne": None},
                "captured_at": {"$gte": since},
            },
            projection={"person_id": 1},
            sort=NEWEST_FIRST,
            hint=[("camera_id", 1), ("track", 1), ("_id", -1)],
        )
        return Id(str(document["person_id"])) if document else None

    async def lately(
        self, detection: Detection, person_ids: Sequence[Id], since: datetime, /
    ) -> list[Detection]:
        """Return what the site's cameras captured since a time.

        Of these persons, and of the detection's own track, whoever that was taken for.
        """
        whose: list[dict[str, Any]] = [{"person_id": {"$in": object_ids(person_ids)}}]
        if detection.track:
            camera = ObjectId(detection.camera_id)
            whose.append({"camera_id": camera, "track": detection.track})
        return await self._many(
            {
                "captured_at": {"$gte": since},
                "site_id": ObjectId(detection.site_id),
                "status": {"$ne": DetectionStatus.NEW},
                "$or": whose,
            },
            # A person may have ten thousand crops, but nobody has many of the last seconds.
            hint=[("site_id", 1), *NEWEST],
            projection={"embedding": 0},
        )

    async def repeating(self, detections: Sequence[Detection], /) -> set[Id]:
        """Return those of the detections whose very bytes were posted before."""
        return {d.id for d in detections if await self._repeats(d)}

    async def _repeats(self, detection: Detection) -> bool:
        earlier = {"$lt": detection.received_at}
        at_once = {"received_at": detection.received_at, "_id": {"$lt": ObjectId(detection.id)}}
        query = {
            "image.sha256": detection.image.sha256,
            "$or": [{"received_at": earlier}, at_once],
        }
        found = await self._collection.find_one(query, {"_id": 1}, session=self._session)
        return found is not None

    async def expired(
        self, before: datetime, limit: int, /, *, with_image: bool = False
    ) -> list[Detection]:
        """Return detections received before a time, oldest first."""
        query: dict[str, Any] = {"received_at": {"$lt": before}}
        if with_image:
            query |= {"image.key": {"$ne": ""}, "kept": False}
        return await self._many(
            query,
            sort=[("received_at", 1)],
            limit=limit,
            projection={"embedding": 0},
        )

    async def sites(self, person_ids: Sequence[Id], /) -> set[Id]:
        """Return the sites that have detections of these persons."""
        query = {"person_id": {"$in": object_ids(person_ids)}}
        found = await self._collection.distinct("site_id", query, session=self._session)
        return {Id(str(id_)) for id_ in found}

    async def let_go(self, ids: Sequence[Id], /) -> None:
        """Note that no reference needs these detections any more: they are not `kept`."""
        await self._collection.update_many(
            {"_id": {"$in": object_ids(ids)}, "kept": True}, {"$set": {"kept": False}}
        )

    async def forget_images(self, ids: Sequence[Id], /) -> None:
        """Note that the images of these detections are gone: their key becomes empty."""
        await self._collection.update_many(
            {"_id": {"$in": object_ids(ids)}}, {"$set": {"image.key": ""}}
        )

    async def remove(self, ids: Sequence[Id], /) -> None:
        """Delete detections for good, and their twins."""
        await self._collection.delete_many({"_id": {"$in": object_ids(ids)}})
        await self._twins.delete_many({"detection_id": {"$in": object_ids(ids)}})

    async def forget_embeddings(self, model: str, /) -> int:
        """Delete the embeddings of a model from the log; return how many."""
        result = await self._collection.update_many(
            {"model": model, "embedding": {"$ne": None}}, {"$set": {"embedding": None}}
        )
        return int(result.modified_count)


def _now(status: DetectionStatus) -> dict[str, Any]:
    """Return what to set of one that has no answer, and so no reasons, when this becomes of it."""
    return {"status": status, "marks": [mark(status)]}


def _place(detection: Detection) -> tuple[datetime, Id]:
    return detection.captured_at, detection.id
