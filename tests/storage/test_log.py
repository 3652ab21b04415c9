"""The detection log at fifty thousand: in order, and answered by an index whatever is asked."""

import itertools
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from domain.ids import new_id
from domain.log import cursor_at, log_page
from domain.records import Detection, DetectionStatus, Id, Image, Match, MatchKind
from domain.store import DetectionQuery
from storage.log import log_document, marks
from storage.migrations import migrate
from storage.store import MongoStore

MANY, LIMIT = 50_000, 20
START = datetime(2026, 1, 1, tzinfo=UTC)
Documents = Database[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Log:
    """The log, what stands in it, newest first, and the profile of what Mongo does."""

    store: MongoStore
    kept: list[Detection]
    database: Documents

    async def watched(self, query: DetectionQuery) -> tuple[list[Detection], int, int]:
        """Return a page, and how many documents and keys of an index Mongo looked at for it."""
        self.database["system.profile"].drop()
        self.database.command("profile", 2)
        page = await self.store.detections.page(query)
        self.database.command("profile", 0)
        ran = list(self.database["system.profile"].find({"op": {"$in": ["query", "getmore"]}}))
        assert not any(one.get("hasSortStage") for one in ran), query
        return (
            page,
            sum(one["docsExamined"] for one in ran),
            sum(one["keysExamined"] for one in ran),
        )


def made_up(chance: random.Random, number: int, cameras: list[tuple[Id, Id]]) -> Detection:
    """Make a detection; most are recognised, and few cameras see most of them."""
    id_ = new_id()
    camera, site = cameras[min(len(cameras) - 1, int(chance.expovariate(0.4)))]
    status = chance.choices(list(DetectionStatus), [2, 80, 15, 1, 2])[0]
    matched = status is DetectionStatus.CLASSIFIED
    kind = chance.choices(list(MatchKind), [80, 12, 8])[0]
    return Detection(
        id=id_,
        camera_id=camera,
        site_id=site,
        # Many at the very same time, and not in the order in which they came.
        captured_at=START + timedelta(seconds=chance.randrange(MANY // 4)),
        received_at=START,
        image=Image(key=id_, sha256=id_, bytes=1, width=1, height=1, media_type="image/jpeg"),
        status=status,
        person_id=Id(f"{int(chance.expovariate(0.02)):024x}") if matched else None,
        match=Match(kind=kind, confidence=1 - chance.random() ** 2 / 2) if matched else None,
        reasons=tuple(chance.sample(["blurred", "too_small", "cut_off"], chance.choice([1, 2])))
        if status is DetectionStatus.UNUSABLE
        else ("covered_lower",) * (matched and number % 40 == 0),
    )


@pytest.fixture(scope="module")
def seeded(mongo_uri: str) -> Iterator[tuple[Documents, list[Detection]]]:
    """Fifty thousand detections of twelve cameras at four sites."""
    chance = random.Random(7)  # noqa: S311 - the same in every run
    sites = [new_id() for _ in range(4)]
    cameras = [(new_id(), sites[n % 4]) for n in range(12)]
    kept = [made_up(chance, n, cameras) for n in range(MANY)]
    with MongoClient[dict[str, Any]](mongo_uri, tz_aware=True) as client:
        database = client["log"]
        database["detections"].insert_many([log_document(one) for one in kept], ordered=False)
        yield database, sorted(kept, key=lambda d: (d.captured_at, d.id), reverse=True)
        client.drop_database("log")


@pytest.fixture
async def log(mongo_uri: str, seeded: tuple[Documents, list[Detection]]) -> AsyncIterator[Log]:
    """The log through a store of this test's own."""
    database, kept = seeded
    store = await MongoStore.open(mongo_uri, "log")
    yield Log(store, kept, database)
    store.close()


def asks(query: DetectionQuery, one: Detection) -> bool:
    """Tell, one condition after the other, whether a query asks for a detection."""
    match = one.match
    return (
        (query.site_ids is None or one.site_id in query.site_ids)
        and (query.camera_id in {None, one.camera_id})
        and (query.person_ids is None or one.person_id in query.person_ids)
        and (not query.statuses or one.status in query.statuses)
        and (not query.kinds or (match is not None and match.kind in query.kinds))
        and (query.reason is None or query.reason in one.reasons)
        and (query.below is None or _less_sure(match, query.below))
        and (query.since is None or one.captured_at >= query.since)
        and (query.until is None or one.captured_at < query.until)
        and (query.after is None or cursor_of(one) < (query.after.at, query.after.id))
        and (query.before is None or cursor_of(one) > (query.before.at, query.before.id))
    )


def _less_sure(match: Match | None, below: int) -> bool:
    rated = {MatchKind.MATCH, MatchKind.UNSURE}
    return bool(
        match
        and match.kind in rated
        and match.confidence is not None
        and match.confidence * 100 < below
    )


def cursor_of(one: Detection) -> tuple[datetime, Id]:
    """Return the place of a detection in the log."""
    return one.captured_at, one.id


def questions(kept: list[Detection]) -> Iterator[DetectionQuery]:
    """Ask for everything that can be asked for at once."""
    sites = sorted({one.site_id for one in kept})
    quiet, busy = (kept[-1].camera_id, kept[0].camera_id)
    middle = cursor_at(kept[MANY // 2])
    choices: dict[str, tuple[Any, ...]] = {
        "site_ids": (None, (sites[0],), tuple(sites[:3])),
        "camera_id": (None, quiet, busy),
        "person_ids": (None, (Id(f"{3:024x}"), Id(f"{4:024x}"))),
        "statuses": ((), (DetectionStatus.FAILED,), (DetectionStatus.CLASSIFIED,)),
        "kinds": ((), (MatchKind.UNSURE,)),
        "below": (None, 60),
        "reason": (None, "blurred", "covered_lower"),
        "since": (None, START + timedelta(seconds=MANY // 10)),
        "after": (None, middle),
    }
    for values in itertools.product(*choices.values()):
        yield DetectionQuery(**dict(zip(choices, values, strict=True)), limit=LIMIT)


async def test_whatever_is_asked_an_index_answers(log: Log) -> None:
    """Of all that can be asked at once, Mongo reads what it answers with, and never sorts."""
    chance = random.Random(8)  # noqa: S311 - the same in every run
    for query in chance.sample(list(questions(log.kept)), 100):
        page, documents, keys = await log.watched(query)
        wanted = list(itertools.islice((d for d in log.kept if asks(query, d)), LIMIT))
        assert [d.id for d in page] == [d.id for d in wanted], query
        assert documents <= len(page) + 2, (query, documents)
        # Of a camera at another site the index alone is read.
        assert keys <= MANY // 50 or (query.camera_id and query.site_ids), (query, keys)


async def test_many_sites_and_words_are_merged(log: Log) -> None:
    """Where a query has more runs than Mongo merges, they are taken in parts, and in order."""
    sites = [*{one.site_id for one in log.kept}, *(new_id() for _ in range(60))]
    query = DetectionQuery(
        site_ids=tuple(sites), statuses=(DetectionStatus.CLASSIFIED,), limit=LIMIT
    )
    page, documents, _ = await log.watched(query)
    assert [d.id for d in page] == [d.id for d in log.kept if asks(query, d)][:LIMIT]
    assert documents <= 10 * LIMIT


async def test_pages_go_both_ways(log: Log) -> None:
    """Down to the end and up again, every detection once, whatever stands at one moment."""
    query = DetectionQuery(kinds=(MatchKind.UNSURE,), below=80, limit=150)
    wanted = [d.id for d in log.kept if asks(query, d)]
    page = await log_page(log.store, query)
    assert page.newer is None
    down = [page]
    while page.older:
        page = await log_page(log.store, replace(query, after=page.older))
        down.append(page)
    assert [d.id for one in down for d in one.detections] == wanted
    up = [page]
    while page.newer:
        page = await log_page(log.store, replace(query, before=page.newer))
        up.append(page)
    assert len(up) == len(down)
    assert [d.id for d in up[-1].detections] == wanted[:150]


async def test_what_becomes_of_a_detection_is_found(store: MongoStore) -> None:
    """A failed one is found as failed, and as new once it is tried again."""
    id_ = new_id()
    failed = Detection(
        id=id_,
        camera_id=new_id(),
        site_id=new_id(),
        captured_at=START,
        received_at=START,
        image=Image(key="k", sha256="s", bytes=1, width=1, height=1, media_type="image/jpeg"),
        status=DetectionStatus.FAILED,
    )
    await store.detections.add(failed)

    async def found() -> list[str]:
        return [
            status
            for status in DetectionStatus
            if await store.detections.page(DetectionQuery(statuses=(status,)))
        ]

    assert await found() == ["failed"]
    assert await store.detections.retry([id_]) == 1
    assert await found() == ["new"]
    [leased] = await store.detections.claim(
        worker="w", now=START, until=START, limit=1, max_attempts=1
    )
    assert await found() == ["new"]
    later = START + timedelta(minutes=1)
    assert leased.claim
    await store.detections.claim(worker="w", now=later, until=later, limit=1, max_attempts=1)
    assert await found() == ["failed"]


async def test_an_old_log_is_put_in_order(mongo_uri: str) -> None:
    """Detections from before there were marks get them, and the old indexes go."""
    store = await MongoStore.open(mongo_uri, "older")
    chance = random.Random(9)  # noqa: S311 - the same in every run
    documents = [log_document(made_up(chance, n, [(new_id(), new_id())])) for n in range(2500)]
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        database = client["older"]
        database["detections"].insert_many(
            [{k: v for k, v in one.items() if k != "marks"} for one in documents]
        )
        database["detections"].create_index([("camera_id", 1), ("_id", -1)])
        database["migrations"].delete_one({"_id": 5})
        await migrate(store._database)
        kept = {one["_id"]: one["marks"] for one in database["detections"].find()}
        assert kept == {one["_id"]: marks(one) for one in documents}
        assert "camera_id_1__id_-1" not in database["detections"].index_information()
    await store.drop()
    store.close()
