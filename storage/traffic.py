"""What cameras sent lately, counted by indexes of the detection log."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from domain.records import Detection, DetectionStatus, Id
from domain.store.traffic import (
    HOURS,
    MINUTES,
    MOST_CROPS,
    MOST_OF_ONE,
    MOST_UNUSABLE,
    WINDOW,
    Hour,
    Lately,
    Sent,
)
from storage.documents import Document, object_ids, to_record
from storage.table import Collection, Session

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


class MongoTraffic:
    """Counts over the collection of detections; nothing reads more than its limit."""

    def __init__(self, detections: Collection, session: Session) -> None:
        self._detections = detections
        self._session = session

    async def lately(self, now: datetime, /) -> Lately:
        """Count what came in the last day, or the last MOST_CROPS if those came in less."""
        since = now - WINDOW
        counted = await self._all(*counting(since, now))
        reasons = await self._reasons(since)
        full = sum(found["n"] for found in counted) >= MOST_CROPS
        first = min((found["first"] for found in counted), default=since)
        of_camera: dict[ObjectId, list[Document]] = {}
        for found in counted:
            of_camera.setdefault(found["_id"]["camera"], []).append(found)
        return Lately(
            since=first if full else since,
            whole=not full,
            cameras={
                Id(str(id_)): _sent(counts, reasons.get(id_, {}))
                for id_, counts in of_camera.items()
            },
        )

    async def _reasons(self, since: datetime) -> dict[ObjectId, dict[str, int]]:
        """Return how often each reason stands at a camera's unusable crops, of the newest ones."""
        found = await self._all(
            {"$match": {"received_at": {"$gte": since}, "status": DetectionStatus.UNUSABLE}},
            {"$sort": {"received_at": -1}},
            {"$limit": MOST_UNUSABLE},
            {"$project": {"camera_id": 1, "reasons": 1}},
            {"$unwind": "$reasons"},
            {
                "$group": {
                    "_id": {"camera": "$camera_id", "reason": "$reasons"},
                    "n": {"$sum": 1},
                }
            },
        )
        told: dict[ObjectId, dict[str, int]] = {}
        for one in found:
            told.setdefault(one["_id"]["camera"], {})[one["_id"]["reason"]] = one["n"]
        return told

    async def newest(self, camera_ids: Sequence[Id], /) -> dict[Id, Detection]:
        """Return the last crop of each camera that has sent one, without its embedding."""
        last = await self._all(
            {"$match": {"camera_id": {"$in": object_ids(camera_ids)}}},
            # As the index is sorted: then one key of each camera is read, and not all of them.
            {"$sort": {"camera_id": 1, "captured_at": -1, "_id": -1}},
            {"$group": {"_id": "$camera_id", "last": {"$first": "$_id"}}},
        )
        cursor = self._detections.find(
            {"_id": {"$in": [one["last"] for one in last]}},
            projection={"embedding": 0},
            session=self._session,
        )
        found = [to_record(Detection, document) for document in await cursor.to_list(None)]
        return {detection.camera_id: detection for detection in found}

    async def hours(self, camera_id: Id, now: datetime, /) -> list[Hour]:
        """Count the last MOST_OF_ONE crops of a camera by hour, of the last day, oldest first."""
        since = now - WINDOW
        found = await self._all(
            {"$match": {"camera_id": ObjectId(camera_id), "captured_at": {"$gte": since}}},
            {"$sort": {"captured_at": -1, "_id": -1}},
            {"$limit": MOST_OF_ONE},
            {"$match": {"received_at": {"$gte": since}}},
            {
                "$group": {
                    "_id": {"hour": _since(since, HOUR_MS, HOURS - 1), "status": "$status"},
                    "n": {"$sum": 1},
                }
            },
        )
        crops, unusable = Counter[int](), Counter[int]()
        for one in found:
            crops[one["_id"]["hour"]] += one["n"]
            if one["_id"]["status"] == DetectionStatus.UNUSABLE:
                unusable[one["_id"]["hour"]] += one["n"]
        return [
            Hour(at=since + timedelta(hours=n), crops=crops[n], unusable=unusable[n])
            for n in range(HOURS)
        ]

    async def _all(self, *stages: Document) -> list[Document]:
        cursor = self._detections.aggregate(list(stages), session=self._session)
        found: list[Document] = await cursor.to_list(None)
        return found


def counting(since: datetime, now: datetime) -> list[Document]:
    """Return the stages that count by camera, status and minute of the last hour (-1: before it).

    An index has all that is asked for: no document is read.
    """
    hour = now - timedelta(minutes=MINUTES)
    minute = {"$cond": [{"$gte": ["$received_at", hour]}, _since(hour, MINUTE_MS, MINUTES - 1), -1]}
    return [
        {"$match": {"received_at": {"$gte": since}}},
        {"$sort": {"received_at": -1}},
        {"$limit": MOST_CROPS},
        {"$project": {"_id": 0, "camera_id": 1, "status": 1, "received_at": 1}},
        {
            "$group": {
                "_id": {"camera": "$camera_id", "status": "$status", "minute": minute},
                "n": {"$sum": 1},
                "first": {"$min": "$received_at"},
            }
        },
    ]


def _since(start: datetime, unit_ms: int, most: int) -> Document:
    """Return the expression of which minute or hour since `start` a crop came in."""
    passed: Any = {"$floor": {"$divide": [{"$subtract": ["$received_at", start]}, unit_ms]}}
    return {"$toInt": {"$min": [passed, most]}}


def _sent(counted: Sequence[Document], reasons: dict[str, int]) -> Sent:
    minutes = [0] * MINUTES
    for found in counted:
        if found["_id"]["minute"] >= 0:
            minutes[found["_id"]["minute"]] += found["n"]
    bad = DetectionStatus.UNUSABLE
    return Sent(
        crops=sum(found["n"] for found in counted),
        unusable=sum(found["n"] for found in counted if found["_id"]["status"] == bad),
        minutes=tuple(minutes),
        reasons=reasons,
    )
