"""Persons and what is kept to recognise them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.collation import Collation
from pymongo.read_concern import ReadConcern

from domain.errors import StaleError
from domain.records import Id, PackInUse, Person, PersonStatus, Reference, Rejection
from domain.store import GalleryChanges, PersonOrder, PersonQuery, Whereabouts
from storage.documents import Document, object_ids, to_document, to_record
from storage.finding import ORDERS, THERE, following, matching, to_findable
from storage.table import NEWEST_FIRST, OLDEST_FIRST, Collection, MongoTable, Session
from storage.twins import embedded_by

RECOGNISED = [PersonStatus.KNOWN, PersonStatus.BLOCKED]
ANY_CASE = Collation(locale="en", strength=2)
COUNTERS = "counters"
_EVERYBODY = PersonQuery()
# These are given by `place` alone.
_PLACED = ("last_seen_at", "site_ids")
# So many of tens of thousands of records are read without a break: some 10 ms.
BREATH = 200


class MongoPersons(MongoTable[Person]):
    """Persons; merging is a pointer, so nothing else need change and it can be taken back."""

    kind = Person
    name = "persons"

    def __init__(self, collection: Collection, settings: Collection, session: Session) -> None:
        super().__init__(collection, session)
        self._settings = settings

    async def canonical(self, id_: Id, /) -> Person | None:
        """Return the person this one turned out to be (itself, unless merged)."""
        person = await self.get(id_)
        while person and person.merged_into:
            person = await self.get(person.merged_into)
        return None if person and person.forgotten_at else person

    async def add(self, record: Person, /) -> None:
        """Keep a new person, to be found by their name."""
        await self._collection.insert_one(to_findable(record), session=self._session)

    async def save(self, record: Person, /) -> None:
        """Replace what is kept of a person, but for where they were."""
        document = to_findable(record)
        kept = {name: value for name, value in document.items() if name not in ("_id", *_PLACED)}
        await self._collection.update_one(
            {"_id": document["_id"]}, {"$set": kept}, session=self._session
        )

    async def place(self, id_: Id, where: Whereabouts, /) -> None:
        """Note where somebody was, and when last, and nothing else of them."""
        placed = {"last_seen_at": where.last_seen_at, "site_ids": object_ids(where.site_ids)}
        await self._collection.update_one(
            {"_id": ObjectId(id_)}, {"$set": placed}, session=self._session
        )

    async def forgotten(self, since: datetime, /) -> list[Person]:
        """Return what is left of those who were forgotten since a time: nothing but their ids."""
        return await self._many({"forgotten_at": {"$gte": since, "$type": "date"}})

    async def unsuggest(self, ids: Sequence[Id], /) -> None:
        """Suggest these persons for nobody any more."""
        await self._collection.update_many(
            {"maybe.person_id": {"$in": object_ids(ids)}},
            {"$pull": {"maybe": {"person_id": {"$in": object_ids(ids)}}}},
            session=self._session,
        )

    async def members(self, id_: Id, /) -> tuple[Id, ...]:
        """Return the id and those of everybody merged into it, directly or not."""
        return (await self.members_of([id_]))[id_]

    async def members_of(self, ids: Sequence[Id], /) -> dict[Id, tuple[Id, ...]]:
        """Return the members of each of these persons."""
        found = {id_: [ObjectId(id_)] for id_ in ids}
        edge = {ObjectId(id_): id_ for id_ in ids}
        while edge:
            cursor = self._collection.find(
                {"merged_into": {"$in": [*edge]}},
                projection={"merged_into": 1},
                session=self._session,
            )
            edge = {d["_id"]: edge[d["merged_into"]] for d in await cursor.to_list(None)}
            for member, id_ in edge.items():
                found[id_].append(member)
        return {id_: tuple(Id(str(m)) for m in members) for id_, members in found.items()}

    async def perhaps(self, ids: Sequence[Id], /, *, limit: int = 20) -> list[Person]:
        """Return unmerged persons who may be one of these, newest first."""
        query = {"maybe.person_id": {"$in": object_ids(ids)}, **THERE}
        return await self._many(query, sort=NEWEST_FIRST, limit=limit)

    async def with_name(self, name: str, /) -> list[Person]:
        """Return unmerged recognised persons of this name, whatever its case."""
        query = {"name": name, **THERE, "status": {"$in": RECOGNISED}}
        return await self._many(query, collation=ANY_CASE, sort=OLDEST_FIRST)

    async def numbered(self, number: int, /) -> Person | None:
        """Return the unmerged person who was the stranger of this number."""
        return await self._one({"number": number, **THERE})

    async def page(self, query: PersonQuery = _EVERYBODY, /) -> list[Person]:
        """Return unmerged persons, in the order of the query."""
        wanted = matching(query)
        if query.after:
            filed = await self._filed(query.after.id) if query.order is PersonOrder.NAME else None
            wanted["$and"] = [*wanted.get("$and", ()), following(query, query.after, filed)]
        return await self._many(wanted, sort=ORDERS[query.order], limit=query.limit)

    async def _filed(self, id_: Id) -> str | None:
        found = await self._collection.find_one(
            {"_id": ObjectId(id_)}, projection={"filed": 1}, session=self._session
        )
        filed: str | None = found["filed"] if found else None
        return filed

    async def count(self, query: PersonQuery, /, *, most: int) -> int:
        """Count what a query is about, wherever a page of it would begin, up to `most`."""
        wanted = matching(query)
        return int(
            await self._collection.count_documents(wanted, limit=most, session=self._session)
        )

    async def overdue(self, now: datetime, /, *, limit: int) -> list[Person]:
        """Return unmerged persons who were to be kept until now, or an earlier time."""
        until = {"keep_until": {"$lte": now, "$type": "date"}}
        return await self._many({**until, **THERE}, limit=limit)

    async def labels(self, site_ids: Sequence[Id] | None, /) -> list[str]:
        """Return the labels of unmerged persons who were at these sites (None: all), sorted."""
        wanted = matching(PersonQuery(site_ids=None if site_ids is None else tuple(site_ids)))
        wanted["labels"] = {"$gt": ""}
        return sorted(await self._collection.distinct("labels", wanted, session=self._session))

    async def next_number(self) -> int:
        """Return the number of the next stranger; none is given twice."""
        document = await self._settings.find_one_and_update(
            {"_id": COUNTERS},
            {"$inc": {"strangers": 1}},
            return_document=ReturnDocument.AFTER,
            session=self._session,
        )
        return int(document["strangers"])


class MongoReferences(MongoTable[Reference]):
    """References."""

    kind = Reference
    name = "references"

    async def of(self, person_ids: Sequence[Id], /) -> list[Reference]:
        """Return the references of these persons, oldest first."""
        return await self._many({"person_id": {"$in": object_ids(person_ids)}}, sort=OLDEST_FIRST)

    async def used(self, person_ids: Sequence[Id], /) -> list[Reference]:
        """Return those by which these persons are recognised, oldest first."""
        query = {"person_id": {"$in": object_ids(person_ids)}, "retired": None}
        return await self._many(query, sort=OLDEST_FIRST)

    async def of_detections(self, detection_ids: Sequence[Id], /) -> list[Reference]:
        """Return the references made from these detections, oldest first."""
        query = {"detection_id": {"$in": object_ids(detection_ids)}}
        return await self._many(query, sort=OLDEST_FIRST)

    async def undoubt(self, ids: Sequence[Id], /) -> None:
        """Take no reference for one of these persons any more."""
        await self._collection.update_many(
            {"doubt.at": {"$type": "date"}, "doubt.other_id": {"$in": object_ids(ids)}},
            {"$set": {"doubt.other_id": None}},
            session=self._session,
        )

    async def made_from(
        self, detection_ids: Sequence[Id], /, *, model: str | None = None
    ) -> set[Id]:
        """Return those of the detections that a reference (of a model, if given) was made from."""
        query: dict[str, Any] = {"detection_id": {"$in": object_ids(detection_ids)}}
        if model is not None:
            query["model"] = model
        found = await self._collection.distinct("detection_id", query, session=self._session)
        return {Id(str(id_)) for id_ in found}

    async def doubted(
        self, site_ids: Sequence[Id] | None, /, *, limit: int = 50
    ) -> list[Reference]:
        """Return those in doubt, of photos taken at these sites (None: all), newest first."""
        query: dict[str, Any] = {
            "doubt.at": {"$type": "date"},
            "vouched": False,
            "retired": None,
        }
        if site_ids is not None:
            query["doubt.site_id"] = {"$in": object_ids(site_ids)}
        return await self._many(query, sort=[("doubt.at", -1), ("_id", -1)], limit=limit)

    async def spent(self, before: datetime, /) -> list[Id]:
        """Return the detections whose references were all retired before a time."""
        retired = {"retired.at": {"$lt": before, "$type": "date"}}
        found = await self._collection.distinct("detection_id", retired)
        needed = await self._collection.distinct(
            "detection_id", {"detection_id": {"$in": found}, "$nor": [retired]}
        )
        return [Id(str(id_)) for id_ in {*found} - {*needed}]

    async def forget_retired(self, before: datetime, /) -> int:
        """Delete for good what was retired before a time; return how many."""
        result = await self._collection.delete_many(
            {"retired.at": {"$lt": before, "$type": "date"}}
        )
        return result.deleted_count

    async def models(self) -> set[str]:
        """Return the models there are references of."""
        return set(await self._collection.distinct("model", session=self._session))

    async def lacking(self, model: str, twin: str, /) -> list[Id]:
        """Return the ids of one model's references in use that have no twin, oldest first."""
        done = await embedded_by(twin, self._collection, self._session)
        cursor = self._collection.find(
            {"model": model, "retired": None},
            projection={"detection_id": 1},
            session=self._session,
        )
        found = [d["_id"] for d in await cursor.to_list(None) if d["detection_id"] not in done]
        return [Id(str(id_)) for id_ in sorted(found)]

    async def forget(self, model: str, /) -> int:
        """Delete the references of a model; return how many."""
        result = await self._collection.delete_many({"model": model}, session=self._session)
        return int(result.deleted_count)


class MongoRejections(MongoTable[Rejection]):
    """Cannot-links."""

    kind = Rejection
    name = "rejections"

    async def of(self, person_ids: Sequence[Id], /) -> list[Rejection]:
        """Return the rejections in force that name one of these persons."""
        return await self._many({"withdrawn": False, **_naming(person_ids)})

    async def ever_of(self, person_ids: Sequence[Id], /) -> list[Rejection]:
        """Return those that name one of these persons, in force or withdrawn."""
        return await self._many(_naming(person_ids))


def _naming(person_ids: Sequence[Id]) -> dict[str, Any]:
    ids = {"$in": object_ids(person_ids)}
    return {"$or": [{"person_id": ids}, {"other_id": ids}]}


# What is not in the journal yet can be gone after a crash of mongod, and a gallery that has seen
# it would believe in people who do not exist.
DURABLE = ReadConcern("majority")


class MongoGalleryLog:
    """The version of the gallery; a transaction that advances it excludes every other."""

    def __init__(
        self,
        *,
        persons: Collection,
        references: Collection,
        rejections: Collection,
        settings: Collection,
        session: Session,
    ) -> None:
        self._persons = persons
        self._references = references
        self._rejections = rejections
        self._settings = settings
        self._session = session

    async def version(self) -> int:
        """Return the current version."""
        return int((await self._counters()).get("gallery", 0))

    async def _counters(self) -> Document:
        """Return the document that has the version and the pack, as of one moment."""
        counters = await self._durable(self._settings).find_one(
            {"_id": COUNTERS}, session=self._session
        )
        return counters or {}

    async def advance(self, expected: int | None = None, *, model: str | None = None) -> int:
        """Take the next version inside a transaction."""
        wanted: dict[str, Any] = {"_id": COUNTERS}
        if expected is not None:
            wanted["gallery"] = expected
        if model is not None:
            wanted["in_use.model"] = {"$in": [model, None]}
        document = await self._settings.find_one_and_update(
            wanted,
            {"$inc": {"gallery": 1}},
            return_document=ReturnDocument.AFTER,
            session=self._session,
        )
        if document is None:
            raise StaleError("Another process changed the gallery.")
        return int(document["gallery"])

    async def in_use(self) -> PackInUse | None:
        """Return the pack in use; None where none was ever recorded."""
        return _pack_in_use(await self._counters())

    async def use(self, pack: PackInUse, /) -> None:
        """Record the pack in use, inside a transaction that advances the version."""
        await self._settings.update_one(
            {"_id": COUNTERS}, {"$set": {"in_use": to_document(pack)}}, session=self._session
        )

    async def since(self, version: int, model: str, /) -> GalleryChanges:
        """Return what changed after a version, with the references of one model.

        Those retired are among them; not so after version 0, when nobody knows them yet. The
        version is read first and persons last: what is committed meanwhile may be returned twice,
        now and the next time, but no reference comes without its person.
        """
        counters = await self._counters()
        current, pack = int(counters.get("gallery", 0)), _pack_in_use(counters)
        in_use = pack.model if pack else None
        if current == version:
            return GalleryChanges(
                version=version, model=in_use, persons=(), references=(), rejections=()
            )
        newer = {"version": {"$gt": version}}
        wanted = {**newer, "model": model} | ({} if version else {"retired": None})
        references = await self._all(self._references, Reference, wanted)
        rejections = await self._all(self._rejections, Rejection, newer)
        persons = await self._all(self._persons, Person, newer)
        return GalleryChanges(
            version=current,
            model=in_use,
            persons=tuple(persons),
            references=tuple(references),
            rejections=tuple(rejections),
        )

    def _durable(self, collection: Collection) -> Collection:
        """Return the collection without what a crash could take back."""
        return collection if self._session else collection.with_options(read_concern=DURABLE)

    async def _all(self, collection: Collection, kind: type[Any], query: dict[str, Any]) -> Any:
        cursor = self._durable(collection).find(
            query, sort=[("version", 1)], session=self._session, batch_size=BREATH
        )
        records: list[Any] = []
        while documents := await cursor.to_list(BREATH):  # each time it is somebody else's turn
            records += [to_record(kind, document) for document in documents]
        return records


def _pack_in_use(counters: Document) -> PackInUse | None:
    kept = counters.get("in_use")
    return to_record(PackInUse, kept) if kept else None
