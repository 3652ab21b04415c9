"""Visits."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from domain.errors import StaleError
from domain.records import Id, Visit
from domain.store import LONGEST_VISIT, Tally, Total, VisitQuery
from storage.documents import object_ids, to_record
from storage.table import Collection, MongoTable, Session, at_sites

BEGUN_LAST = (("opened_at", -1), ("_id", -1))
# A visit tells when somebody was seen last when it begins, and when it is over.
TOLD_AT = {"$cond": ["$open", "$opened_at", "$last_seen_at"]}


class MongoVisits(MongoTable[Visit]):
    """Visits; a person has one open visit at a site."""

    kind = Visit
    name = "visits"

    def __init__(self, collection: Collection, persons: Collection, session: Session) -> None:
        super().__init__(collection, session)
        self._persons = persons

    async def add(self, record: Visit, /) -> None:
        """Keep a new visit; raise StaleError when the person has an open one there."""
        try:
            await super().add(record)
        except DuplicateKeyError as error:
            raise StaleError("Another worker opened the visit.") from error

    async def near(
        self, person_ids: Sequence[Id], site_id: Id, at: datetime, gap: timedelta, /
    ) -> Visit | None:
        """Return the visit that a detection at this time belongs to, if there is one."""
        return await self._one(
            {
                "person_id": {"$in": object_ids(person_ids)},
                "site_id": ObjectId(site_id),
                "last_seen_at": {"$gte": at - gap},
                "opened_at": {"$lte": at + gap},
            },
            sort=[("open", -1), ("last_seen_at", -1)],
        )

    async def open_of(self, person_ids: Sequence[Id], site_id: Id, /) -> list[Visit]:
        """Return the open visits of these persons at a site."""
        return await self._many(
            {
                "person_id": {"$in": object_ids(person_ids)},
                "site_id": ObjectId(site_id),
                "open": True,
            }
        )

    async def count(self, person_ids: Sequence[Id], site_id: Id, /) -> int:
        """Count the visits of these persons at a site."""
        query = {"person_id": {"$in": object_ids(person_ids)}, "site_id": ObjectId(site_id)}
        return int(await self._collection.count_documents(query, session=self._session))

    async def sites(self, person_ids: Sequence[Id], /) -> set[Id]:
        """Return the sites at which these persons were seen."""
        query = {"person_id": {"$in": object_ids(person_ids)}}
        found = await self._collection.distinct("site_id", query, session=self._session)
        return {Id(str(id_)) for id_ in found}

    async def of(
        self,
        person_ids: Sequence[Id],
        /,
        *,
        limit: int = 50,
        site_ids: Sequence[Id] | None = None,
        before: datetime | None = None,
    ) -> list[Visit]:
        """Return visits of these persons at these sites (None: all), newest first."""
        query: dict[str, object] = {
            "person_id": {"$in": object_ids(person_ids)},
            **at_sites(site_ids),
        }
        if before:
            query["last_seen_at"] = {"$lt": before}
        return await self._many(query, sort=[("last_seen_at", -1)], limit=limit)

    async def times(
        self, person_ids: Sequence[Id], site_ids: Sequence[Id] | None, since: datetime, /
    ) -> list[datetime]:
        """Return when each visit of these persons at these sites ended, since a time."""
        theirs = {"person_id": {"$in": object_ids(person_ids)}, **at_sites(site_ids)}
        cursor = self._collection.find(
            {**theirs, "last_seen_at": {"$gte": since}},
            projection={"_id": 0, "last_seen_at": 1},
            session=self._session,
        )
        return [document["last_seen_at"] for document in await cursor.to_list(None)]

    async def before(self, person_ids: Sequence[Id], site_id: Id, at: datetime, /) -> Visit | None:
        """Return the last visit of these persons at a site that was over before a time."""
        query = {
            "person_id": {"$in": object_ids(person_ids)},
            "site_id": ObjectId(site_id),
            "last_seen_at": {"$lt": at},
        }
        return await self._one(query, sort=[("last_seen_at", -1)])

    async def between(
        self, site_ids: Sequence[Id] | None, start: datetime, end: datetime, /
    ) -> list[Visit]:
        """Return the visits of these sites (None: all) that fall into a time, oldest first."""
        sites = None if site_ids is None else tuple(site_ids)
        query = VisitQuery(start=start, end=end, site_ids=sites, oldest_first=True, limit=0)
        return await self.page(query)

    async def page(self, query: VisitQuery, /) -> list[Visit]:
        """Return a page of the visits that fall into a time."""
        order = 1 if query.oldest_first else -1
        return await self._many(
            _within(query),
            sort=[(name, order) for name, _ in BEGUN_LAST],
            limit=query.limit,
            hint=_index_of(query),
        )

    async def counted(self, query: VisitQuery, /) -> tuple[int, int]:
        """Count the visits that fall into a time, and those of them that are open."""
        wanted = _within(replace(query, after=None))
        there = await self._collection.count_documents(wanted, hint=_index_of(query))
        here = await self._collection.count_documents(
            wanted | {"open": True}, hint=_index_of(query)
        )
        return there, here

    async def totals(
        self, person_ids: Sequence[Id], site_ids: Sequence[Id] | None, /
    ) -> list[Total]:
        """Return how often these persons were at each of these sites (None: all), last first."""
        theirs = {"person_id": {"$in": object_ids(person_ids)}} | at_sites(site_ids)
        total = {
            "_id": "$site_id",
            "visits": {"$sum": 1},
            "first": {"$min": "$opened_at"},
            "last": {"$max": "$last_seen_at"},
        }
        cursor = self._collection.aggregate(
            [{"$match": theirs}, {"$group": total}, {"$sort": {"last": -1}}], session=self._session
        )
        return [
            Total(
                site_id=Id(str(document["_id"])),
                visits=int(document["visits"]),
                first=document["first"],
                last=document["last"],
            )
            for document in await cursor.to_list(None)
        ]

    async def latest(self, person_ids: Sequence[Id], site_ids: Sequence[Id], /) -> dict[Id, Visit]:
        """Return the visit to these sites in which each of these persons was seen last."""
        last = {
            "from": self.name,
            "localField": "_id",
            "foreignField": "person_id",
            "pipeline": [
                {"$match": at_sites(site_ids)},
                {"$sort": {"last_seen_at": -1}},
                {"$limit": 1},
            ],
            "as": "last",
        }
        those = {"_id": {"$in": object_ids(person_ids)}}
        cursor = self._persons.aggregate(
            [{"$match": those}, {"$project": {"_id": 1}}, {"$lookup": last}, {"$unwind": "$last"}],
            session=self._session,
        )
        found = await cursor.to_list(None)
        return {Id(str(d["_id"])): to_record(Visit, d["last"]) for d in found}

    async def tally(
        self, person_ids: Sequence[Id], site_ids: Sequence[Id] | None, /
    ) -> dict[Id, Tally]:
        """Return how often each of these persons was at these sites (None: all)."""
        theirs = {"person_id": {"$in": object_ids(person_ids)}} | at_sites(site_ids)
        total = {
            "_id": "$person_id",
            "visits": {"$sum": 1},
            "crops": {"$sum": "$detections"},
            "last": {"$max": "$last_seen_at"},
        }
        cursor = self._collection.aggregate(
            [{"$match": theirs}, {"$group": total}], session=self._session
        )
        return {
            Id(str(d["_id"])): Tally(visits=int(d["visits"]), crops=int(d["crops"]), last=d["last"])
            for d in await cursor.to_list(None)
        }

    async def presence(self, person_ids: Sequence[Id], /) -> dict[Id, datetime]:
        """Return, by site, when these persons were there last, as far as visits have told."""
        theirs = {"person_id": {"$in": object_ids(person_ids)}}
        cursor = self._collection.aggregate(
            [{"$match": theirs}, {"$group": {"_id": "$site_id", "at": {"$max": TOLD_AT}}}],
            session=self._session,
        )
        return {Id(str(d["_id"])): d["at"] for d in await cursor.to_list(None)}

    async def over(self, last_seen_before: datetime, /, *, limit: int) -> list[Visit]:
        """Return open visits in which nobody was seen since a time."""
        return await self._many(
            {"open": True, "last_seen_at": {"$lt": last_seen_before}}, limit=limit
        )


def _within(query: VisitQuery) -> dict[str, Any]:
    """Return the query document for the visits of a time."""
    begun: dict[str, Any] = {"$gte": query.start - LONGEST_VISIT, "$lt": query.end}
    wanted = at_sites(query.site_ids) | {"opened_at": begun, "last_seen_at": {"$gte": query.start}}
    if query.person_ids is not None:
        wanted["person_id"] = {"$in": object_ids(query.person_ids)}
    if query.after:
        at = query.after.at
        passed: dict[str, Any] = {"opened_at": at}
        if query.oldest_first:
            begun["$gte"] = max(begun["$gte"], at)
            passed |= {"_id": {"$lte": ObjectId(query.after.id)}}
        else:
            begun["$lte"] = at
            passed |= {"_id": {"$gte": ObjectId(query.after.id)}}
        wanted["$nor"] = [passed]
    return wanted


def _index_of(query: VisitQuery) -> list[tuple[str, int]]:
    """Return the keys of the index that the visits of a time are found by."""
    return list(next(keys for keys in day_indexes() if keys[0][0] == _narrowest(query)))


def _narrowest(query: VisitQuery) -> str:
    if query.person_ids is not None:
        return "person_id"
    return "opened_at" if query.site_ids is None else "site_id"


def day_indexes() -> Iterator[tuple[tuple[str, int], ...]]:
    """Return the keys of the indexes that the visits of a time are found by, in order."""
    beside = (("last_seen_at", 1), ("open", 1))
    yield (*BEGUN_LAST, *beside)
    yield (("site_id", 1), *BEGUN_LAST, *beside)
    yield (("person_id", 1), *BEGUN_LAST, *beside)
