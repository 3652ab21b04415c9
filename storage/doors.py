"""Doors, and the log of what they opened for."""

from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from domain.errors import InvalidError, StaleError
from domain.records import Door, Grant, GrantStatus, Id
from storage.documents import Document, object_ids, to_record
from storage.people import ANY_CASE
from storage.places import BY_NAME
from storage.table import NEWEST_FIRST, MongoTable


class MongoDoors(MongoTable[Door]):
    """Doors; one that was removed stays, unused, for the sake of its log."""

    kind = Door
    name = "doors"

    async def add(self, record: Door, /) -> None:
        """Keep a new door; raise InvalidError when there is one of this name."""
        try:
            await super().add(record)
        except DuplicateKeyError as error:
            raise InvalidError("There is a door called {name}.", name=record.name) from error

    async def at(self, site_id: Id, /) -> list[Door]:
        """Return the doors in use at a site, by name."""
        return await self._many({"site_id": ObjectId(site_id), "disabled_at": None}, sort=BY_NAME)

    async def named(self, name: str, /) -> Door | None:
        """Return the door in use of this name, whatever its case."""
        return await self._one({"name": name, "disabled_at": None}, collation=ANY_CASE)

    async def all(self) -> list[Door]:
        """Return every door in use, by name."""
        return await self._many({"disabled_at": None}, sort=BY_NAME)

    async def naming(self, person_ids: Sequence[Id], /) -> list[Door]:
        """Return the doors, in use or not, that name one of these persons."""
        return await self._many({"person_ids": {"$in": object_ids(person_ids)}})


class MongoGrants(MongoTable[Grant]):
    """Grants; a lease is `claimed_until`, free when there is none or it has run out."""

    kind = Grant
    name = "grants"

    async def add(self, record: Grant, /) -> None:
        """Keep a new grant; raise StaleError when a crop was used at the door before."""
        try:
            await super().add(record)
        except DuplicateKeyError as error:
            raise StaleError("Another worker opened the door by the same crop.") from error

    async def about(self, door_id: Id, person_ids: Sequence[Id], since: datetime, /) -> list[Grant]:
        """Return what came of these persons at a door since a time, newest first."""
        return await self._many(
            {
                "door_id": ObjectId(door_id),
                "person_id": {"$in": object_ids(person_ids)},
                "at": {"$gte": since},
            },
            sort=NEWEST_FIRST,
        )

    async def of(self, person_ids: Sequence[Id], /) -> list[Grant]:
        """Return everything that came of these persons, at any door."""
        return await self._many({"person_id": {"$in": object_ids(person_ids)}})

    async def used(self, door_id: Id, detection_ids: Sequence[Id], /) -> set[Id]:
        """Return those of the detections that were used at a door before."""
        ids = object_ids(detection_ids)
        cursor = self._collection.find(
            {"door_id": ObjectId(door_id), "used": {"$in": ids}},
            projection={"used": 1},
            session=self._session,
        )
        spent = {id_ for document in await cursor.to_list(None) for id_ in document["used"]}
        return {Id(str(id_)) for id_ in ids if id_ in spent}

    async def claim(self, *, now: datetime, until: datetime) -> Grant | None:
        """Lease a grant that is to be delivered now and still worth something, oldest first."""
        document: Document | None = await self._collection.find_one_and_update(
            {
                "status": GrantStatus.GRANTED,
                "due_at": {"$lte": now},
                "expires_at": {"$gt": now},
                **_unheld(now),
            },
            {"$set": {"claimed_until": until}},
            sort=[("due_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return None if document is None else to_record(Grant, document)

    async def overdue(self, now: datetime, /) -> list[Grant]:
        """Return what was asked or granted in vain: its time is over, and nobody is at it."""
        return await self._many({**_OPEN, "expires_at": {"$lte": now}, **_unheld(now)})

    async def next_due(self) -> datetime | None:
        """Return when the next falls due: to be delivered, or to be over."""
        waiting = await self._many(_OPEN)
        return min((_due(grant) for grant in waiting), default=None)

    async def last(self, limit: int, /, *, door_id: Id | None = None) -> list[Grant]:
        """Return the last entries of the log, newest first."""
        query = {"door_id": ObjectId(door_id)} if door_id else {}
        return await self._many(query, sort=NEWEST_FIRST, limit=limit)

    async def forget(self, before: datetime, /) -> int:
        """Delete for good what is older than a time; return how many."""
        result = await self._collection.delete_many({"at": {"$lt": before}})
        return int(result.deleted_count)


_OPEN: Document = {"status": {"$in": [GrantStatus.ASKED, GrantStatus.GRANTED]}}


def _unheld(now: datetime) -> Document:
    return {"$or": [{"claimed_until": None}, {"claimed_until": {"$lte": now}}]}


def _due(grant: Grant) -> datetime:
    if grant.status is GrantStatus.ASKED:
        return grant.expires_at
    return max(grant.due_at, grant.claimed_until or grant.due_at)
