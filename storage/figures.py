"""Counting in the database, each by an index on site and time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne

from domain.records import DayCount, DetectionStatus, Id, PersonStatus
from domain.store.figures import Arrivals, Crops, Given, Part, ToldApart
from storage.documents import Document, object_ids, to_document
from storage.finding import THERE
from storage.table import Collection, MongoTable, Session
from storage.visits import day_indexes

HOUR_MS = 3_600_000
# The index by the last time seen looks as good to the database, and is not.
_BY_OPENING = dict(next(keys for keys in day_indexes() if keys[0][0] == "site_id"))
_ENDING = ["name", "merge", "visitor", "block", "dismiss", "no-face", "known"]


class MongoFigures:
    """Counts of what happened."""

    def __init__(
        self,
        *,
        visits: Collection,
        detections: Collection,
        questions: Collection,
        decisions: Collection,
        persons: Collection,
        session: Session,
    ) -> None:
        self._visits = visits
        self._detections = detections
        self._questions = questions
        self._decisions = decisions
        self._persons = persons
        self._session = session

    async def arrivals(
        self, site_ids: Sequence[Id], start: datetime, end: datetime, /
    ) -> list[Arrivals]:
        """Count visits by when they began."""
        since = {"$subtract": ["$opened_at", start]}
        key = {
            "site": "$site_id",
            "hour": {"$toInt": {"$floor": {"$divide": [since, HOUR_MS]}}},
            "first": {"$eq": ["$ordinal", 1]},
        }
        within = _within(site_ids, "opened_at", start, end)
        counted = {"_id": key, "visits": {"$sum": 1}}
        found = await self._rows(
            self._visits, [{"$match": within}, {"$group": counted}], hint=_BY_OPENING
        )
        return [
            Arrivals(
                site_id=_id(d["_id"]["site"]),
                hour=d["_id"]["hour"],
                first=d["_id"]["first"],
                visits=d["visits"],
            )
            for d in found
        ]

    async def crops(self, site_ids: Sequence[Id], start: datetime, end: datetime, /) -> list[Crops]:
        """Count crops by when they were taken."""
        key = {"site": "$site_id", "status": "$status", "kind": "$match.kind"}
        found = await self._grouped(
            self._detections,
            _within(site_ids, "captured_at", start, end),
            key,
            crops={"$sum": 1},
            bytes={"$sum": "$image.bytes"},
        )
        return [
            Crops(
                site_id=_id(d["_id"]["site"]),
                status=d["_id"]["status"],
                kind=d["_id"].get("kind"),
                crops=d["crops"],
                bytes=d["bytes"],
            )
            for d in found
        ]

    async def reasons(
        self, site_ids: Sequence[Id], start: datetime, end: datetime, /
    ) -> list[Part]:
        """Count why crops were unusable; one may be for several reasons."""
        unusable = {"status": DetectionStatus.UNUSABLE}
        within = _within(site_ids, "captured_at", start, end) | unusable
        found = await self._grouped(
            self._detections,
            within,
            {"site": "$site_id", "kind": "$reasons"},
            {"$unwind": "$reasons"},
            count={"$sum": 1},
        )
        return _parts(found)

    async def asked(self, site_ids: Sequence[Id], start: datetime, end: datetime, /) -> list[Part]:
        """Count questions by what has become of them."""
        within = _within(site_ids, "asked_at", start, end)
        key = {"site": "$site_id", "kind": "$status"}
        return _parts(await self._grouped(self._questions, within, key, count={"$sum": 1}))

    async def given(self, site_ids: Sequence[Id], start: datetime, end: datetime, /) -> list[Given]:
        """Return the answers given in this time that ended a question."""
        made = {
            "at": {"$gte": start, "$lt": end},
            "question_id": {"$type": "objectId"},
            "account_id": {"$type": "objectId"},
            "verb": {"$in": _ENDING},
        }
        told = {"account_id": 1, "via": 1, "question_id": 1, "at": 1, "undone.at": 1}
        found = await self._rows(self._decisions, [{"$match": made}, {"$project": told}])
        asked = await self._asked_at([d["question_id"] for d in found], site_ids)
        return [
            Given(
                site_id=_id(asked[d["question_id"]]["site_id"]),
                account_id=_id(d["account_id"]),
                via=d["via"],
                waited_s=(d["at"] - asked[d["question_id"]]["asked_at"]).total_seconds(),
                undone=bool(d.get("undone")),
            )
            for d in found
            if d["question_id"] in asked
        ]

    async def _asked_at(
        self, ids: Sequence[ObjectId], site_ids: Sequence[Id]
    ) -> dict[ObjectId, Document]:
        """Return when and where these questions were asked, if at one of these sites."""
        theirs = {"_id": {"$in": list(ids)}, "site_id": {"$in": object_ids(site_ids)}}
        told = {"site_id": 1, "asked_at": 1}
        found = await self._rows(self._questions, [{"$match": theirs}, {"$project": told}])
        return {d["_id"]: d for d in found}

    async def told_apart(
        self, site_ids: Sequence[Id], start: datetime, end: datetime, /
    ) -> list[ToldApart]:
        """Return the visits told apart in this time, but those taken back."""
        made = {
            "at": {"$gte": start, "$lt": end},
            "verb": "split",
            "undone": None,
            "site_id": {"$in": object_ids(site_ids)},
        }
        found = await self._rows(
            self._decisions,
            [
                {"$match": made},
                {"$unwind": "$changes"},
                {"$match": {"changes.collection": "visits"}},
                {"$project": {"site_id": 1, "confidence": "$changes.before.confidence"}},
            ],
        )
        return [
            ToldApart(site_id=_id(d["site_id"]), confidence=d["confidence"])
            for d in found
            if d.get("confidence") is not None
        ]

    async def people_by_site(self) -> dict[Id, dict[PersonStatus, int]]:
        """Count everybody by status, at each site where they were seen."""
        key = {"site": "$site_ids", "status": "$status"}
        found = await self._grouped(
            self._persons, THERE, key, {"$unwind": "$site_ids"}, count={"$sum": 1}
        )
        counts: dict[Id, dict[PersonStatus, int]] = {}
        for one in found:
            of_site = counts.setdefault(_id(one["_id"]["site"]), {})
            of_site[PersonStatus(one["_id"]["status"])] = one["count"]
        return counts

    async def people(self, site_ids: Sequence[Id] | None, /) -> dict[PersonStatus, int]:
        """Count everybody who was seen at one of these sites (None: everybody) by status."""
        there: Document = dict(THERE)
        if site_ids is not None:
            there["site_ids"] = {"$in": object_ids(site_ids)}
        found = await self._grouped(self._persons, there, "$status", count={"$sum": 1})
        return {PersonStatus(d["_id"]): d["count"] for d in found}

    async def _grouped(
        self,
        collection: Collection,
        match: Mapping[str, Any],
        key: Any,
        *between: Mapping[str, Any],
        **sums: Any,
    ) -> list[Document]:
        return await self._rows(
            collection, [{"$match": match}, *between, {"$group": {"_id": key, **sums}}]
        )

    async def _rows(
        self, collection: Collection, pipeline: Sequence[Mapping[str, Any]], **options: Any
    ) -> list[Document]:
        found: list[Document] = await collection.aggregate(
            list(pipeline), session=self._session, **options
        ).to_list(None)
        return found


class MongoDayCounts(MongoTable[DayCount]):
    """What was counted of each day."""

    kind = DayCount
    name = "day_counts"

    async def between(
        self, site_ids: Sequence[Id] | None, start: datetime, end: datetime, /
    ) -> list[DayCount]:
        """Return the counts of the days of these sites that begin within a time, oldest first."""
        query = _within(site_ids or (), "start", start, end)
        if site_ids is None:
            query["site_id"] = None
        return await self._many(query, sort=[("start", 1)])

    async def keep(self, counts: Sequence[DayCount], /) -> None:
        """Keep counts, in place of those there are of the same days."""
        changes = [_in_place(to_document(count)) for count in counts]
        if changes:
            await self._collection.bulk_write(changes, session=self._session)


def _in_place(document: Document) -> UpdateOne:
    """Return the change that keeps a count; the id is that of the first one of the day."""
    day = {name: document.pop(name) for name in ("site_id", "start")}
    first = {"_id": document.pop("_id")}
    return UpdateOne(day, {"$set": document, "$setOnInsert": first}, upsert=True)


def _within(site_ids: Sequence[Id], field: str, start: datetime, end: datetime) -> dict[str, Any]:
    return {"site_id": {"$in": object_ids(site_ids)}, field: {"$gte": start, "$lt": end}}


def _parts(found: Sequence[Document]) -> list[Part]:
    return [
        Part(site_id=_id(d["_id"]["site"]), kind=str(d["_id"]["kind"]), count=d["count"])
        for d in found
    ]


def _id(value: ObjectId) -> Id:
    return Id(str(value))
