"""What is asked about visits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from domain.records import UNANSWERED, Id, Question, QuestionStatus, Stage
from storage.documents import object_ids, same_id
from storage.table import NEWEST_FIRST, OLDEST_FIRST, MongoTable, at_sites


class MongoQuestions(MongoTable[Question]):
    """Questions; one is open about a person at a site."""

    kind = Question
    name = "questions"

    async def about(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return every question about these persons."""
        return await self._many({"person_id": {"$in": object_ids(person_ids)}})

    async def unsuggest(self, ids: Sequence[Id], /) -> None:
        """Suggest these persons in no question any more."""
        await self._collection.update_many(
            {"suggestions.person_id": {"$in": object_ids(ids)}},
            {"$pull": {"suggestions": {"person_id": {"$in": object_ids(ids)}}}},
            session=self._session,
        )

    async def open_of(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the open questions about these persons."""
        return await self._many(
            {"person_id": {"$in": object_ids(person_ids)}, "status": QuestionStatus.OPEN}
        )

    async def unanswered_of(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the questions about these persons that are open, or expired, oldest first."""
        return await self._many(
            {"person_id": {"$in": object_ids(person_ids)}, "status": {"$in": [*UNANSWERED]}},
            sort=OLDEST_FIRST,
        )

    async def due(self, now: datetime, /, *, limit: int) -> list[Question]:
        """Return open questions to be looked at, oldest first: a step is due, or none is set."""
        unset = {"due_at": None, "stage": {"$in": [None, Stage.ASKED]}}
        return await self._many(
            {"status": QuestionStatus.OPEN, "$or": [{"due_at": {"$lte": now}}, unset]},
            sort=OLDEST_FIRST,
            limit=limit,
        )

    async def look_again(self, at: datetime, /) -> None:
        """Let each open question be looked at anew at a time."""
        await self._collection.update_many(
            {"status": QuestionStatus.OPEN}, {"$set": {"due_at": at}}, session=self._session
        )

    async def suggesting(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the open questions about others that suggest one of these persons."""
        suggested = {"suggestions.person_id": {"$in": object_ids(person_ids)}}
        return await self._many({"status": QuestionStatus.OPEN, **suggested})

    async def answered(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the answered questions about these persons."""
        return await self._many(
            {"person_id": {"$in": object_ids(person_ids)}, "status": QuestionStatus.ANSWERED}
        )

    async def decided(
        self, site_ids: Sequence[Id], since: datetime, until: datetime, /, *, limit: int
    ) -> list[Question]:
        """Return answered questions of these sites that suggested somebody, newest first."""
        query = {
            "site_id": {"$in": object_ids(site_ids)},
            "asked_at": {"$gte": since, "$lt": until},
            "status": QuestionStatus.ANSWERED,
            "suggestions.0": {"$exists": True},
        }
        return await self._many(query, sort=[("asked_at", -1)], limit=limit)

    async def of_decision(self, decision_id: Id, /) -> list[Question]:
        """Return the questions that a decision answered."""
        return await self._many({"decision_id": same_id(decision_id)})

    async def of_visit(self, visit_id: Id, /) -> Question | None:
        """Return the question asked about a visit."""
        return await self._one({"visit_id": ObjectId(visit_id)})

    async def inbox(
        self, site_ids: Sequence[Id] | None, /, *, after: Id | None = None, limit: int = 20
    ) -> list[Question]:
        """Return open questions of these sites (None: all), newest first, older than `after`."""
        query = _open_at(site_ids)
        if after:
            query["_id"] = {"$lt": ObjectId(after)}
        return await self._many(query, sort=NEWEST_FIRST, limit=limit)

    async def oldest(
        self, site_ids: Sequence[Id] | None, /, *, after: Id | None = None, limit: int = 20
    ) -> list[Question]:
        """Return open questions of these sites (None: all), oldest first, newer than `after`."""
        query = _open_at(site_ids)
        if after:
            query["_id"] = {"$gt": ObjectId(after)}
        return await self._many(query, sort=OLDEST_FIRST, limit=limit)

    async def open_count(self, site_ids: Sequence[Id] | None, /, *, most: int = 0) -> int:
        """Count the open questions of these sites (None: all); if `most` is given, up to that."""
        limit: dict[str, Any] = {"limit": most} if most else {}
        return int(await self._collection.count_documents(_open_at(site_ids), **limit))


def _open_at(site_ids: Sequence[Id] | None) -> dict[str, object]:
    return {"status": QuestionStatus.OPEN} | at_sites(site_ids)
