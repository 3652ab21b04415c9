"""Filling a database with very many records at once, as benchmarks want them.

    async with store.filling() as bulk:
        await bulk.add(people)

Without indexes, validators and the journal while it lasts, which is ten times as fast. Whoever dies
in the midst of it leaves a database that is put in order when it is opened the next time.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pymongo import WriteConcern

from domain.records import Person
from storage.documents import Document, to_document
from storage.finding import to_findable
from storage.migrations import SHAPES, Database, forget_shapes, migrate
from storage.people import COUNTERS

_AT_ONCE = WriteConcern(w=1)
# Of these there are so many that an index is made faster than kept.
_LARGE = ("detections", "visits", "references", "questions", "decisions", "persons")
_TABLES = {shape.table.kind: shape.table.name for shape in SHAPES}


class Bulk:
    """Writes records, or the documents of a table, in the order in which they come."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, records: Sequence[Any]) -> None:
        """Keep new records of one kind."""
        if records:
            kind = type(records[0])
            document = to_findable if kind is Person else to_document
            await self.add_documents(_TABLES[kind], [document(record) for record in records])

    async def add_documents(self, table: str, documents: Sequence[Document]) -> None:
        """Keep new documents of a table, made after the pattern of `to_document`."""
        collection = self._database.get_collection(table, write_concern=_AT_ONCE)
        await collection.insert_many(documents, ordered=False, bypass_document_validation=True)

    async def count(self, *, gallery: int, strangers: int) -> None:
        """Note how far the versions of the gallery and the numbers of strangers have come."""
        reached = {"gallery": gallery, "strangers": strangers}
        await self._database["settings"].update_one({"_id": COUNTERS}, {"$max": reached})

    async def counts(self) -> tuple[int, int]:
        """Return the version of the gallery, and how many numbers of strangers are given."""
        counters = await self._database["settings"].find_one({"_id": COUNTERS}) or {}
        return int(counters.get("gallery", 0)), int(counters.get("strangers", 0))


@asynccontextmanager
async def filling(database: Database) -> AsyncIterator[Bulk]:
    """Give what fills a database; at the end its indexes are made anew."""
    await forget_shapes(database, _LARGE)
    try:
        yield Bulk(database)
    finally:
        await migrate(database)
