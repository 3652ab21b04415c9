"""Numbered forward migrations, and the validators and indexes that every start makes true."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne
from pymongo.errors import CollectionInvalid, DuplicateKeyError, OperationFailure

from storage import workers
from storage.accounts import MongoAccounts, MongoGroups, MongoInvites, MongoSessions
from storage.deeds import MongoDeeds
from storage.detections import MongoDetections
from storage.documents import Document, json_schema
from storage.doors import MongoDoors, MongoGrants
from storage.drafts import MongoDrafts
from storage.errands import MongoErrands
from storage.errors import StorageError
from storage.figures import MongoDayCounts
from storage.filling import fill_in_people
from storage.finding import THERE
from storage.guests import MongoGuests
from storage.house import MongoRuleChanges
from storage.journal import MongoDecisions
from storage.log import log_indexes, marks
from storage.outbox import MongoOutbox
from storage.people import ANY_CASE, COUNTERS, MongoPersons, MongoReferences, MongoRejections
from storage.places import MongoCameras, MongoSites
from storage.questions import MongoQuestions
from storage.table import MongoTable
from storage.tries import FORGET_SECONDS, MongoTries
from storage.twins import MongoTwins
from storage.visits import MongoVisits, day_indexes

Database = AsyncIOMotorDatabase[Document]
# Under this name the settings keep a fingerprint of the shapes below.
SHAPED = "shapes"
MARKED_AT_ONCE = 1000
_TEXT, _ID, _DATE = {"$type": "string"}, {"$type": "objectId"}, {"$type": "date"}


def _index(*keys: str, **options: Any) -> IndexModel:
    """Return an index on these fields; `-` before a name turns its order."""
    orders = [(k.lstrip("-"), DESCENDING if k.startswith("-") else ASCENDING) for k in keys]
    return IndexModel(orders, **options)


def _unique(*keys: str, where: Mapping[str, Any] | None = None) -> IndexModel:
    partial = {"partialFilterExpression": where} if where else {}
    return _index(*keys, unique=True, **partial)


def _listed(*keys: str) -> IndexModel:
    """Return an index on whom lists of people show: neither merged into somebody nor forgotten."""
    return _index(*keys, partialFilterExpression=THERE)


@dataclass(frozen=True, slots=True)
class Shape:
    """A collection: what its documents look like and how they are found."""

    table: type[MongoTable[Any]]
    indexes: tuple[IndexModel, ...]


SHAPES = (
    Shape(MongoSites, (_unique("name"),)),
    Shape(MongoCameras, (_unique("key_hash"), _unique("site_id", "name"))),
    Shape(
        MongoDetections,
        (
            _unique("camera_id", "keys", where={"keys.0": {"$exists": True}}),
            _unique("camera_id", "frame", "person_id", where={"frame": _TEXT, "person_id": _ID}),
            *(IndexModel(keys) for keys in log_indexes()),
            _index("status", "_id"),
            _index("model", "classified_at", "_id"),
            _index("received_at", "camera_id", "status"),
            _index("kept", "received_at", partialFilterExpression={"kept": False}),
            _index("camera_id", "track", "-_id", partialFilterExpression={"track": _TEXT}),
            _index("image.sha256", "received_at"),
            _index("claim.token", partialFilterExpression={"claim.token": _TEXT}),
        ),
    ),
    Shape(
        MongoPersons,
        (
            _unique("number"),
            _index("version"),
            _index("merged_into", "-_id"),
            _index("maybe.person_id", "-_id"),
            _index("forgotten_at", partialFilterExpression={"forgotten_at": _DATE}),
            _index("name", collation=ANY_CASE),
            _index("keep_until", partialFilterExpression={"keep_until": _DATE}),
            _listed("-last_seen_at", "-_id"),
            _listed("status", "-last_seen_at", "-_id"),
            _listed("site_ids", "-last_seen_at", "-_id"),
            _listed("labels", "-last_seen_at", "-_id"),
            _listed("words"),
            _listed("filed", "_id"),
        ),
    ),
    Shape(
        MongoReferences,
        (
            _index("version"),
            _index("person_id"),
            _index("detection_id"),
            _index("doubt.at", partialFilterExpression={"doubt.at": _DATE}),
            _index("retired.at", partialFilterExpression={"retired.at": _DATE}),
            _index("model", "detection_id", "_id"),
        ),
    ),
    Shape(MongoTwins, (_unique("detection_id", "model"), _index("model", "detection_id"))),
    Shape(MongoRejections, (_index("version"), _index("person_id"), _index("other_id"))),
    Shape(
        MongoVisits,
        (
            _unique("person_id", "site_id", where={"open": True}),
            _index("person_id", "site_id", "-last_seen_at"),
            _index("last_seen_at", partialFilterExpression={"open": True}),
            *(IndexModel(keys) for keys in day_indexes()),
        ),
    ),
    Shape(
        MongoQuestions,
        (
            _unique("visit_id"),
            _unique("person_id", "site_id", where={"status": "open"}),
            _index("status", "site_id", "-_id"),
            _index("status", "-_id"),
            _index("site_id", "-asked_at"),
            _index("suggestions.person_id"),
            _index("person_id", "status"),
            _index("decision_id", partialFilterExpression={"decision_id": _ID}),
        ),
    ),
    Shape(
        MongoDecisions,
        (
            _index("person_id", "-_id"),
            _index("target_id", "-_id"),
            _index("changes.id"),
            _index("batch", partialFilterExpression={"batch": _ID}),
            _index("at"),
        ),
    ),
    Shape(MongoDeeds, (_index("subject_id", "-_id"), _index("kind", "-_id"))),
    Shape(
        MongoAccounts,
        (
            IndexModel([("name", ASCENDING)], unique=True, collation=ANY_CASE),
            _unique("user_id", where={"user_id": {"$type": ["int", "long"]}}),
        ),
    ),
    Shape(MongoDayCounts, (_unique("site_id", "start"),)),
    Shape(MongoRuleChanges, (_index("rule", "-_id"),)),
    Shape(MongoGuests, (_index("site_id", "ends_at"), _index("ends_at"))),
    Shape(
        MongoGroups,
        (
            _unique("site_id", where={"lost_at": {"$type": "null"}}),
            _unique("chat_id", "site_id"),
        ),
    ),
    Shape(MongoErrands, (_unique("account_id"),)),
    Shape(MongoDrafts, (_index("account_id"), _index("made_at"), _index("faces.near.person_id"))),
    Shape(MongoInvites, (_unique("token_hash"), _index("expires_at"))),
    Shape(
        MongoSessions,
        (
            _unique("token_hash"),
            _index("replaced_hash", partialFilterExpression={"replaced_hash": _TEXT}),
            _index("account_id"),
            _index("expires_at"),
        ),
    ),
    Shape(MongoTries, (_index("touched_at", expireAfterSeconds=FORGET_SECONDS),)),
    Shape(
        MongoOutbox,
        (
            _unique("visit_id", "detection_id", "grant_id", "kind", "chat_id", "group_id"),
            _index("grant_id", partialFilterExpression={"grant_id": _ID}),
            _index("due_at", partialFilterExpression={"behind": True}),
            _index("snoozed_until", partialFilterExpression={"snoozed_until": _DATE}),
            _index("chat_id", "message_id"),
            _index("chat_id", "prompt_id"),
            _index("shown_image", partialFilterExpression={"file_id": _TEXT}),
            _index("account_id"),
            _index("group_id"),
        ),
    ),
    Shape(
        MongoDoors,
        (
            IndexModel(
                [("name", ASCENDING)],
                unique=True,
                collation=ANY_CASE,
                partialFilterExpression={"disabled_at": None},
            ),
            _index("site_id"),
        ),
    ),
    Shape(
        MongoGrants,
        (
            _unique("door_id", "used", where={"used.0": {"$exists": True}}),
            _index("door_id", "person_id", "-at"),
            _index("person_id"),
            _index("status", "expires_at"),
            _index("door_id", "-_id"),
            _index("at"),
        ),
    ),
)


async def _start_counting(database: Database) -> None:
    await database["settings"].update_one(
        {"_id": COUNTERS}, {"$setOnInsert": {"gallery": 0, "strangers": 0}}, upsert=True
    )


async def _free_cards_of_visits(database: Database) -> None:
    """Let a chat have several cards without a visit."""
    with suppress(OperationFailure):  # a new installation never had this index
        await database["outbox"].drop_index("visit_id_1_chat_id_1")


async def _free_cards_of_kinds(database: Database) -> None:
    """Let a chat have cards of several kinds of one visit, and of doors."""
    with suppress(OperationFailure):  # a new installation never had this index
        await database["outbox"].drop_index("visit_id_1_detection_id_1_chat_id_1")


async def _order_the_log(database: Database) -> None:
    """Give every detection its marks, and drop the indexes of the log in the order it had."""
    log = database["detections"]
    once = [f"{field}_1__id_-1" for field in ("camera_id", "site_id", "person_id", "visit_id")]
    for index in (*once, "captured_at_1", "received_at_1"):
        with suppress(OperationFailure):  # a new installation never had this index
            await log.drop_index(index)
    told = {"status": 1, "match.kind": 1, "match.confidence": 1, "reasons": 1}
    while found := await log.find({"marks": None}, told, limit=MARKED_AT_ONCE).to_list(None):
        await log.bulk_write(
            [
                UpdateOne({"_id": d["_id"], "marks": None}, {"$set": {"marks": marks(d)}})
                for d in found
            ],
            ordered=False,
        )


async def _order_visits(database: Database) -> None:
    """Drop the indexes of visits in the order they had."""
    for index in ("last_seen_at_-1", "site_id_1_last_seen_at_-1"):
        with suppress(OperationFailure):  # a new installation never had this index
            await database["visits"].drop_index(index)


# A step is never changed once it has been released: the next number undoes what it got wrong.
STEPS: tuple[tuple[int, Callable[[Database], Awaitable[None]]], ...] = (
    (1, _start_counting),
    (2, _free_cards_of_visits),
    (3, _free_cards_of_kinds),
    (4, fill_in_people),
    (5, _order_the_log),
    (6, _order_visits),
)


async def migrate(database: Database) -> None:
    """Bring the database to what this version of Usher expects; safe to run twice at once.

    Raises StorageError when a newer version has been here.
    """
    done = {d["_id"] for d in await database["migrations"].find({}).to_list(None)}
    newest = max(number for number, _ in STEPS)
    if done and max(done) > newest:
        raise StorageError(
            f"This database was made by a newer Usher (step {max(done)}, this one knows {newest}). "
            "Run that version, or restore a backup made by this one."
        )
    await _shape_all(database)
    for number, step in STEPS:
        if number not in done:
            await step(database)
            await _record(database, number)


async def _shape_all(database: Database) -> None:
    """Make validators and indexes true, unless they are known to be."""
    told = json.dumps(
        [
            [s.table.name, json_schema(s.table.kind), [i.document for i in s.indexes]]
            for s in SHAPES
        ],
        default=str,
    )
    fingerprint = hashlib.sha256(told.encode()).hexdigest()
    known = await database["settings"].find_one({"_id": SHAPED})
    if known and known["value"] == fingerprint:
        return
    for shape in SHAPES:
        await _shape(database, shape)
    await database[workers.NAME].create_indexes(
        [_unique("name"), _index("seen_at", expireAfterSeconds=workers.FORGET_SECONDS)]
    )
    await database["settings"].replace_one({"_id": SHAPED}, {"value": fingerprint}, upsert=True)


async def forget_shapes(database: Database, tables: Sequence[str]) -> None:
    """Take the indexes of these tables away; whoever migrates next makes them anew."""
    await database["settings"].delete_one({"_id": SHAPED})
    for table in tables:
        await database[table].drop_indexes()


async def _shape(database: Database, shape: Shape) -> None:
    name = shape.table.name
    validator = {"$jsonSchema": json_schema(shape.table.kind)}
    try:
        await database.create_collection(name, validator=validator)
    except CollectionInvalid:
        await database.command("collMod", name, validator=validator)
    await database[name].create_indexes(list(shape.indexes))


async def _record(database: Database, number: int) -> None:
    try:
        await database["migrations"].insert_one({"_id": number, "at": datetime.now(UTC)})
    except DuplicateKeyError:
        return
