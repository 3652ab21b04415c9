"""The store in MongoDB: every table, transactions, and what happens as it happens."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern

from domain.records import Id
from domain.store import Event, Records
from storage.accounts import MongoAccounts, MongoGroups, MongoInvites, MongoSessions
from storage.bulk import Bulk, filling
from storage.deeds import MongoDeeds
from storage.detections import MongoDetections
from storage.documents import Document
from storage.doors import MongoDoors, MongoGrants
from storage.drafts import MongoDrafts
from storage.errands import MongoErrands
from storage.errors import StorageError
from storage.figures import MongoDayCounts, MongoFigures
from storage.guests import MongoGuests
from storage.house import MongoRuleChanges
from storage.journal import MongoDecisions
from storage.migrations import Database, migrate
from storage.outbox import MongoOutbox
from storage.people import MongoGalleryLog, MongoPersons, MongoReferences, MongoRejections
from storage.places import MongoCameras, MongoSites
from storage.questions import MongoQuestions
from storage.table import Session
from storage.traffic import MongoTraffic
from storage.tries import MongoTries
from storage.twins import MongoTwins
from storage.visits import MongoVisits
from storage.workers import MongoValues, MongoWorkers

R = TypeVar("R")
SELECTION_MS = 5_000
# ChangeStreamFatalError, InvalidResumeToken, ChangeStreamHistoryLost
_NOT_RESUMABLE = {280, 260, 286}
# The database is away for now: it is starting again, or the network is down.
OUTAGES: tuple[type[Exception], ...] = (ConnectionFailure, ExecutionTimeout)
JOURNALED = WriteConcern(w="majority", j=True)


class MongoRecords:
    """Every table of one database, in one transaction or in none."""

    def __init__(self, database: Database, session: Session) -> None:
        self.sites = MongoSites(database["sites"], session)
        self.cameras = MongoCameras(database["cameras"], session)
        self.detections = MongoDetections(database["detections"], database["twins"], session)
        self.traffic = MongoTraffic(database["detections"], session)
        self.persons = MongoPersons(database["persons"], database["settings"], session)
        self.references = MongoReferences(database["references"], session)
        self.twins = MongoTwins(database["twins"], database["detections"], session)
        self.rejections = MongoRejections(database["rejections"], session)
        self.visits = MongoVisits(database["visits"], database["persons"], session)
        self.questions = MongoQuestions(database["questions"], session)
        self.decisions = MongoDecisions(database["decisions"], session)
        self.deeds = MongoDeeds(database["deeds"], session)
        self.day_counts = MongoDayCounts(database["day_counts"], session)
        self.figures = MongoFigures(
            visits=database["visits"],
            detections=database["detections"],
            questions=database["questions"],
            decisions=database["decisions"],
            persons=database["persons"],
            session=session,
        )
        self.rule_changes = MongoRuleChanges(database["rule_changes"], session)
        self.accounts = MongoAccounts(database["accounts"], session)
        self.guests = MongoGuests(database["guests"], session)
        self.groups = MongoGroups(database["groups"], session)
        self.invites = MongoInvites(database["invites"], session)
        self.sessions = MongoSessions(database["sessions"], session)
        self.tries = MongoTries(database["tries"], session)
        self.outbox = MongoOutbox(database["outbox"], session)
        self.errands = MongoErrands(database["errands"], session)
        self.drafts = MongoDrafts(database["drafts"], session)
        self.doors = MongoDoors(database["doors"], session)
        self.grants = MongoGrants(database["grants"], session)
        self.workers = MongoWorkers(database["workers"], session)
        self.values = MongoValues(database["settings"], session)
        self.gallery = MongoGalleryLog(
            persons=database["persons"],
            references=database["references"],
            rejections=database["rejections"],
            settings=database["settings"],
            session=session,
        )


class MongoStore(MongoRecords):
    """Everything remembered. `open` it, and `close` it when done."""

    def __init__(self, client: AsyncIOMotorClient[Document], database: Database) -> None:
        super().__init__(database, None)
        self._client = client
        self._database = database

    @classmethod
    async def open(cls, uri: str, database: str = "usher") -> "MongoStore":
        """Connect, check and migrate.

        Raises StorageError when the server cannot be reached or is no replica set.
        """
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            uri, tz_aware=True, serverSelectionTimeoutMS=SELECTION_MS, appname="usher"
        )
        try:
            await _require_replica_set(client)
            found = client.get_database(database, write_concern=JOURNALED)
            await migrate(found)
        except BaseException:
            client.close()
            raise
        return cls(client, found)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    async def drop(self) -> None:
        """Delete the whole database; for tests and benchmarks."""
        await self._client.drop_database(self._database.name)

    def filling(self) -> AbstractAsyncContextManager[Bulk]:
        """Give, for a while, what writes very many records; nobody else may use the store then."""
        return filling(self._database)

    async def transact(self, work: Callable[[Records], Awaitable[R]], /) -> R:
        """Run `work` in one transaction, again when another writer was in the way."""

        async def run(session: AsyncIOMotorClientSession) -> R:
            return await work(MongoRecords(self._database, session))

        async with await self._client.start_session() as session:
            result: R = await session.with_transaction(
                run,
                read_concern=ReadConcern("snapshot"),
                write_concern=JOURNALED,
                read_preference=ReadPreference.PRIMARY,
            )
            return result

    async def follow(
        self, tables: Sequence[str], /, *, resume_after: str | None = None
    ) -> AsyncIterator[Event]:
        """Yield the changes of these tables as they happen, from a token on if one is given."""
        pipeline: list[Document] = [
            {
                "$match": {
                    "ns.coll": {"$in": list(tables)},
                    "operationType": {"$in": ["insert", "update", "replace"]},
                }
            },
            {"$project": {"ns": 1, "documentKey": 1, "operationType": 1}},
        ]
        token = {"_data": resume_after} if resume_after else None
        try:
            async with self._database.watch(pipeline, resume_after=token) as stream:
                async for change in stream:
                    yield _event(change)
        except OperationFailure as error:
            if error.code in _NOT_RESUMABLE or resume_after:
                raise LookupError("The events after this one are not kept any more.") from error
            raise

    async def ping(self) -> None:
        """Raise when the database cannot be written to."""
        hello = await self._client.admin.command("hello")
        if not hello.get("isWritablePrimary"):
            raise StorageError("MongoDB answers, but has no primary to write to.")


def _event(change: Document) -> Event:
    return Event(
        token=change["_id"]["_data"],
        table=change["ns"]["coll"],
        record_id=Id(str(change["documentKey"]["_id"])),
        created=change["operationType"] == "insert",
    )


async def _require_replica_set(client: AsyncIOMotorClient[Document]) -> None:
    try:
        hello = await client.admin.command("hello")
    except ServerSelectionTimeoutError as error:
        raise StorageError(
            "MongoDB cannot be reached. Check USHER_MONGO__URI and that the server runs."
        ) from error
    except PyMongoError as error:
        raise StorageError(f"MongoDB refused: {error}") from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StorageError(
            "This MongoDB is no replica set, and Usher needs transactions and change streams. "
            "Start mongod with --replSet rs0 and run rs.initiate() once."
        )
