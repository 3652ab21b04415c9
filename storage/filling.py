"""What lists of people go by, worked out for a database from before it was kept."""

from collections.abc import Iterable
from datetime import datetime

from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import UpdateOne

from domain.enrolling import CAMERA
from domain.records import Person
from storage.documents import Document, to_record
from storage.finding import findable
from storage.visits import TOLD_AT

Database = AsyncIOMotorDatabase[Document]
BATCH = 1_000


async def fill_in_people(database: Database) -> None:
    """Note of everybody where they were, when last, and how they are found."""
    people = {d["_id"]: d for d in await database["persons"].find({}).to_list(None)}
    seen = await _seen(database, people)
    changes = [_change(document, seen.get(id_)) for id_, document in people.items()]
    for start in range(0, len(changes), BATCH):
        await database["persons"].bulk_write(changes[start : start + BATCH], ordered=False)


def _change(document: Document, seen: list[Document] | None) -> UpdateOne:
    times: Iterable[datetime] = (one["at"] for one in seen or () if one["at"])
    found = {
        **findable(to_record(Person, document)),
        "last_seen_at": max(times, default=None),
        "site_ids": sorted({one["site_id"] for one in seen or ()}),
    }
    return UpdateOne({"_id": document["_id"]}, {"$set": found})


async def _seen(
    database: Database, people: dict[ObjectId, Document]
) -> dict[ObjectId, list[Document]]:
    """Return where everybody was, and when last, by who they turned out to be."""
    at_site = {"_id": {"person_id": "$person_id", "site_id": "$site_id"}}
    visits = database["visits"].aggregate([{"$group": {**at_site, "at": {"$max": TOLD_AT}}}])
    by_hand = await database["cameras"].distinct("_id", {"name": CAMERA})
    photos = database["detections"].aggregate(
        [{"$match": {"camera_id": {"$in": by_hand}}}, {"$group": {**at_site, "at": {"$max": None}}}]
    )
    found: dict[ObjectId, list[Document]] = {}
    for one in (*await visits.to_list(None), *await photos.to_list(None)):
        id_ = one["_id"].get("person_id")
        while id_ in people and people[id_].get("merged_into"):
            id_ = people[id_]["merged_into"]
        found.setdefault(id_, []).append({"site_id": one["_id"]["site_id"], "at": one["at"]})
    return found
