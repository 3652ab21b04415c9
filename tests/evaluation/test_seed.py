"""A made-up installation: as large as was asked for, and as if all of it had happened."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pymongo import MongoClient

from domain.records import DetectionStatus, MatchKind, Person, PersonStatus, QuestionStatus, Role
from domain.store import DetectionQuery, PersonQuery, VisitQuery
from evaluation.seed import PeopleThereError, Seeded, seed
from evaluation.seed_plan import SeedOptions
from storage.images import ImageStore
from storage.store import MongoStore

NOW = datetime(2026, 11, 24, 15, 10, tzinfo=UTC)
MODEL = "some/model"
JPEG = b"\xff\xd8"
TABLES = ("detections", "persons", "references", "visits", "questions", "decisions", "accounts")
SMALL = SeedOptions(
    detections=1200, people=60, references=150, visits=240, sites=3, days=40, sitters=8
)


async def filled(store: MongoStore, images: ImageStore, *, beside: bool = False) -> Seeded:
    """Seed a small installation."""
    return await seed(
        store,
        images,
        SMALL,
        model=MODEL,
        dimensions=128,
        now=NOW,
        tick=lambda _what, _more: None,
        beside=beside,
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """A database filled once, for tests that only read."""

    made: Seeded
    store: MongoStore
    images: ImageStore


@pytest.fixture(scope="module")
def made(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Seeded, Path]]:
    """How much was made, and where the pictures are."""
    folder = tmp_path_factory.mktemp("seeded")

    async def fill() -> Seeded:
        store, images = await MongoStore.open(mongo_uri, "seeded"), ImageStore.open(folder)
        found = await filled(store, images)
        store.close()
        await images.close()
        return found

    yield asyncio.run(fill()), folder
    with MongoClient[dict[str, object]](mongo_uri) as client:
        client.drop_database("seeded")


@pytest.fixture
async def there(made: tuple[Seeded, Path], mongo_uri: str) -> AsyncIterator[Filled]:
    """What was made, opened."""
    seeded, folder = made
    store, images = await MongoStore.open(mongo_uri, "seeded"), ImageStore.open(folder)
    yield Filled(seeded, store, images)
    store.close()
    await images.close()


async def everybody(store: MongoStore) -> list[Person]:
    """Return all the people, merged ones too."""
    found = await store.persons.page(PersonQuery(limit=1000))
    merged = [m for p in found for m in await store.persons.members(p.id) if m != p.id]
    return [*found, *(await store.persons.some(merged)).values()]


async def test_there_is_as_much_as_was_asked_for(there: Filled) -> None:
    """Of everything, and of every kind something: people, crops, questions, accounts."""
    made, store = there.made, there.store
    assert (made.detections, made.people, made.references, made.visits) == (1200, 60, 150, 240)
    people = await everybody(store)
    assert len(people) == 60
    assert {p.status for p in people} == {*PersonStatus}
    assert any(p.merged_into for p in people)
    assert any(p.labels for p in people)
    log = await store.detections.page(DetectionQuery(limit=2000))
    assert len(log) == 1200
    assert {d.status for d in log} == {*DetectionStatus} - {DetectionStatus.NEW}
    assert {d.match.kind for d in log if d.match} == {*MatchKind}
    assert all(d.reasons for d in log if d.status is DetectionStatus.UNUSABLE)
    assert {a.role for a in await store.accounts.all()} == {*Role}
    assert len(await store.sites.all()) == 3
    assert 12 <= await store.questions.open_count(None) < made.questions
    assert made.decisions > 20


async def test_it_hangs_together(there: Filled) -> None:
    """Crops are of visits, visits of people, references of kept crops, decisions of questions."""
    store = there.store
    log = await store.detections.page(DetectionQuery(limit=2000))
    assert [d.id for d in log] == sorted((d.id for d in log), reverse=True)
    year = timedelta(days=366)
    visits = await store.visits.page(VisitQuery(start=NOW - year, end=NOW, limit=1000))
    for visit in visits:
        crops = [d for d in log if d.visit_id == visit.id]
        assert len(crops) == visit.detections
        assert {d.person_id for d in crops} == {visit.person_id}
        assert {d.camera_id for d in crops} == {*visit.camera_ids}
        assert visit.best.detection_id in {d.id for d in crops}
        assert all(
            visit.opened_at - timedelta(seconds=1)
            <= d.captured_at
            <= visit.last_seen_at + timedelta(seconds=1)
            for d in crops
        )
    assert any(v.open for v in visits)
    assert all(v.last_seen_at <= NOW for v in visits)
    kept = {d.id for d in log if d.kept}
    references = await store.references.of([p.id for p in await everybody(store)])
    assert {r.detection_id for r in references} == kept
    assert all(abs(float(r.embedding @ r.embedding) - 1) < 1e-5 for r in references)
    asked = await store.questions.about([p.id for p in await everybody(store)])
    answered = [q for q in asked if q.status is QuestionStatus.ANSWERED]
    for question in answered:
        assert question.decision_id
        decision = await store.decisions.get(question.decision_id)
        assert decision
        assert (decision.question_id, decision.person_id) == (question.id, question.person_id)


async def test_lists_can_go_by_what_is_kept_of_people(there: Filled) -> None:
    """When and where somebody was last seen, those merged into them included."""
    store = there.store
    for person in await store.persons.page(PersonQuery(limit=1000)):
        members = await store.persons.members(person.id)
        visits = await store.visits.of(members, limit=1000)
        assert person.last_seen_at == max(v.last_seen_at for v in visits)
        assert {*person.site_ids} == {v.site_id for v in visits}
    assert await store.gallery.version() >= 60 + 150
    changes = await store.gallery.since(0, MODEL)
    assert len(changes.persons) == 60
    assert 140 < len(changes.references) <= 150


async def test_every_picture_is_there_that_is_not_gone_by_age(there: Filled) -> None:
    """Few files, shared by many; covers and best crops among them."""
    log = await there.store.detections.page(DetectionQuery(limit=2000))
    keys = {d.image.key for d in log} - {""}
    assert len(keys) == there.made.pictures
    for key in keys:
        assert (await there.images.get(key)).startswith(JPEG)
    assert {p.cover for p in await everybody(there.store)} <= keys


async def test_the_same_seed_gives_the_same(
    there: Filled, store: MongoStore, images: ImageStore, mongo_uri: str
) -> None:
    """At the same moment, to the last id; and every document is what its collection takes."""
    with MongoClient[dict[str, object]](mongo_uri) as client:
        database = client["test"]
        before = {name: {*database[name].index_information()} for name in TABLES}
        await filled(store, images)
        assert {name: {*database[name].index_information()} for name in TABLES} == before
        for name in TABLES:
            [collection] = database.list_collections(filter={"name": name})
            schema = collection["options"]["validator"]
            assert database[name].count_documents({"$nor": [schema]}) == 0, name
    assert await everybody(store) == await everybody(there.store)
    query = DetectionQuery(limit=2000)
    assert await store.detections.page(query) == await there.store.detections.page(query)
    assert await store.persons.next_number() == 61


async def test_nobody_is_joined_unasked(store: MongoStore, images: ImageStore) -> None:
    """Where there are people already it is refused; if asked, they have company."""
    await filled(store, images)
    with pytest.raises(PeopleThereError):
        await filled(store, images)
    assert len(await everybody(store)) == 60
    await filled(store, images, beside=True)
    people = await everybody(store)
    assert len(people) == 120
    assert {p.number for p in people} == {*range(1, 121)}
    assert len(await store.sites.all()) == 6
