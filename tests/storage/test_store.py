"""The store on a real mongod keeps what the domain asks of it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from bson import ObjectId
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

from domain.errors import ClaimLostError, StaleError
from domain.ids import new_id
from domain.log import cursor_at
from domain.records import (
    Best,
    Card,
    CardKind,
    Detection,
    DetectionStatus,
    Face,
    Id,
    Image,
    Match,
    MatchKind,
    PackInUse,
    Person,
    PersonStatus,
    Reference,
    Twin,
    Visit,
)
from domain.store import DetectionQuery, Records
from storage.errors import StorageError
from storage.store import MongoStore

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
FACE = Face(box=(0, 0, 9, 9), landmarks=(), score=1, quality=1, roll=0, yaw=0, pitch=0, count=1)


def detection(**values: object) -> Detection:
    """Return a new detection with these values."""
    id_ = new_id()
    image = Image(key=id_, sha256="0", bytes=1, width=1, height=1, media_type="image/jpeg")
    made = Detection(
        id=id_,
        camera_id=Id("a" * 24),
        site_id=Id("b" * 24),
        captured_at=NOW,
        received_at=NOW,
        image=image,
        status=DetectionStatus.NEW,
    )
    return replace(made, **values)  # type: ignore[arg-type]  # a test names real fields


def person(number: int, **values: object) -> Person:
    """Return a person with these values."""
    made = Person(
        id=new_id(), number=number, status=PersonStatus.UNKNOWN, created_at=NOW, version=number
    )
    return replace(made, **values)  # type: ignore[arg-type]  # a test names real fields


def visit(person_id: Id, **values: object) -> Visit:
    """Return an open visit with these values."""
    best = Best(detection_id=new_id(), camera_id=new_id(), image_key="k", quality=0.5)
    made = Visit(
        id=new_id(),
        person_id=person_id,
        site_id=Id("b" * 24),
        opened_at=NOW,
        last_seen_at=NOW,
        open=True,
        ordinal=1,
        detections=1,
        camera_ids=(new_id(),),
        best=best,
    )
    return replace(made, **values)  # type: ignore[arg-type]  # a test names real fields


async def test_record_comes_back_as_it_was(store: MongoStore) -> None:
    """A detection with everything in it is the same after a round trip."""
    kept = detection(embedding=np.ones(4, np.float32), reasons=("blurred",), keys=("k",))
    await store.detections.add(kept)
    found = await store.detections.get(kept.id)
    assert found is not None
    assert found.embedding is not None
    assert found.embedding.tolist() == [1, 1, 1, 1]
    assert replace(found, embedding=None) == replace(kept, embedding=None)


async def test_same_key_is_the_same_detection(store: MongoStore) -> None:
    """Of twenty simultaneous posts of one key one is kept; others without keys all are."""
    entries = [detection(keys=("key:1",)) for _ in range(20)]
    kept = await asyncio.gather(*(store.detections.enter([e]) for e in entries))
    assert len({d.id for [d] in kept}) == 1
    assert len({d.id for d in await store.detections.enter([detection(), detection()])}) == 2


async def test_lease_is_exclusive_and_comes_back(store: MongoStore) -> None:
    """Two workers never hold the same detection; a lease that ran out is free again, alone."""
    await store.detections.enter([detection() for _ in range(10)])

    async def claim(worker: str, now: datetime = NOW) -> list[Detection]:
        return await store.detections.claim(
            worker=worker, now=now, until=now + timedelta(seconds=10), limit=6, max_attempts=3
        )

    first, second = await asyncio.gather(claim("one"), claim("two"))
    assert not {d.id for d in first} & {d.id for d in second}
    rest = await claim("three")
    assert len(first) + len(second) + len(rest) == 10
    again = await claim("four", LATER)
    assert [d.claim.attempts for d in again if d.claim] == [2]


async def test_settling_needs_the_lease(store: MongoStore) -> None:
    """Whoever lost the lease cannot write; the one who has it can, once."""
    await store.detections.enter([detection()])
    until = NOW + timedelta(seconds=1)
    claim = store.detections.claim
    [old] = await claim(worker="one", now=NOW, until=until, limit=1, max_attempts=3)
    [new] = await claim(
        worker="two", now=LATER, until=LATER + timedelta(9), limit=1, max_attempts=3
    )
    assert old.claim
    assert new.claim
    done = replace(new, status=DetectionStatus.UNUSABLE, claim=None)
    with pytest.raises(ClaimLostError):
        await store.detections.settle(done, old.claim.token)
    await store.detections.settle(done, new.claim.token)
    with pytest.raises(ClaimLostError):
        await store.detections.settle(done, new.claim.token)


async def test_detection_that_kills_its_workers_fails_visibly(store: MongoStore) -> None:
    """After three claims without a result it is `failed`, with words, and can be tried again."""
    [entry] = await store.detections.enter([detection()])
    for attempt in range(4):
        now = NOW + timedelta(minutes=attempt)
        await store.detections.claim(
            worker="w", now=now, until=now + timedelta(seconds=1), limit=4, max_attempts=3
        )
    found = await store.detections.get(entry.id)
    assert found
    assert found.status is DetectionStatus.FAILED
    assert found.error
    assert await store.detections.retry([entry.id]) == 1
    assert await store.detections.backlog(10) == 1


async def test_person_is_once_in_a_frame(store: MongoStore) -> None:
    """A second face of one frame cannot be the same person."""
    owner = new_id()
    await store.detections.enter([detection(frame="f"), detection(frame="f")])
    one, two = await store.detections.claim(
        worker="w", now=NOW, until=LATER, limit=2, max_attempts=3
    )
    assert one.claim
    assert two.claim
    await store.detections.settle(replace(one, person_id=owner, claim=None), one.claim.token)
    with pytest.raises(StaleError):
        await store.detections.settle(replace(two, person_id=owner, claim=None), two.claim.token)
    assert await store.detections.in_frame(one.camera_id, "f") == [owner]


async def test_log_pages_to_the_end(store: MongoStore) -> None:
    """Pages follow one another newest first, without gaps or doubles."""
    kept = await store.detections.enter([detection() for _ in range(7)])
    seen: list[Detection] = []
    while page := await store.detections.page(
        DetectionQuery(limit=3, after=cursor_at(seen[-1]) if seen else None)
    ):
        seen += page
    assert [d.id for d in seen] == [d.id for d in reversed(kept)]


async def test_merging_is_a_pointer_that_is_followed(store: MongoStore) -> None:
    """Whoever was merged is found as who they turned out to be, through a chain."""
    anna, stranger, other = person(1, name="Anna"), person(2), person(3)
    for record in (anna, replace(stranger, merged_into=anna.id)):
        await store.persons.add(record)
    await store.persons.add(replace(other, merged_into=stranger.id))
    assert await store.persons.canonical(other.id) == anna
    assert set(await store.persons.members(anna.id)) == {anna.id, stranger.id, other.id}


async def test_gallery_version_lets_one_writer_through(store: MongoStore) -> None:
    """Of two who expect the same version one gets it; the other is told it is stale."""
    version = await store.gallery.version()

    async def meet(records: Records) -> int:
        return await records.gallery.advance(version)

    results = await asyncio.gather(
        store.transact(meet), store.transact(meet), return_exceptions=True
    )
    assert sorted(type(r).__name__ for r in results) == ["StaleError", "int"]


async def test_gallery_changes_since_a_version(store: MongoStore) -> None:
    """Only what is newer comes, references of the asked model alone."""

    async def meet(records: Records) -> Person:
        version = await records.gallery.advance()
        made = person(await records.persons.next_number(), version=version)
        await records.persons.add(made)
        for model in ("sface", "other"):
            await records.references.add(
                Reference(
                    id=new_id(),
                    person_id=made.id,
                    detection_id=new_id(),
                    image_key="k",
                    model=model,
                    embedding=np.ones(2, np.float32),
                    quality=1.0,
                    version=version,
                    created_at=NOW,
                )
            )
        return made

    first = await store.transact(meet)
    since = await store.gallery.version()
    second = await store.transact(meet)
    everything = await store.gallery.since(0, "sface")
    newer = await store.gallery.since(since, "sface")
    assert [p.id for p in everything.persons] == [first.id, second.id]
    assert [r.person_id for r in newer.references] == [second.id]


async def test_one_open_visit_for_a_person_at_a_site(store: MongoStore) -> None:
    """A second open visit is refused as stale; a closed one is not."""
    owner = new_id()
    await store.visits.add(visit(owner))
    with pytest.raises(StaleError):
        await store.visits.add(visit(owner))
    await store.visits.add(visit(owner, open=False))
    found = await store.visits.near([owner], Id("b" * 24), LATER, timedelta(minutes=1))
    assert found
    assert found.open
    [over] = await store.visits.over(LATER, limit=9)
    assert over.open


async def test_transaction_is_all_or_nothing(store: MongoStore) -> None:
    """What a failing transaction wrote is not there afterwards."""
    made = person(1)

    async def fail(records: Records) -> None:
        await records.persons.add(made)
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="middle"):
        await store.transact(fail)
    assert await store.persons.get(made.id) is None


async def test_outbox_follows_revisions(store: MongoStore) -> None:
    """A card is due until its newest revision is delivered; a touch meanwhile is not lost."""
    visit = new_id()
    card = Card(
        id=new_id(),
        kind=CardKind.QUESTION,
        visit_id=visit,
        site_id=new_id(),
        account_id=new_id(),
        chat_id=1,
        due_at=NOW,
        created_at=NOW,
    )
    await store.outbox.add(card)
    [taken] = await store.outbox.claim(now=NOW, until=LATER, limit=5)
    assert await store.outbox.claim(now=NOW, until=LATER, limit=5) == []
    await store.outbox.touch([visit], LATER)
    await store.outbox.delivered(replace(taken, delivered=taken.revision, message_id=7))
    assert await store.outbox.next_due() is not None
    [again] = await store.outbox.claim(now=LATER, until=LATER + timedelta(1), limit=5)
    assert (again.revision, again.delivered, again.message_id) == (2, 1, 7)
    await store.outbox.delivered(replace(again, delivered=2))
    assert await store.outbox.next_due() is None
    assert await store.outbox.by_message(1, 7)


async def test_changes_can_be_followed_and_resumed(store: MongoStore) -> None:
    """Events come in order, and from a token on nothing is left out."""
    tokens: list[str] = []

    async def read(count: int, resume_after: str | None) -> list[Id]:
        ids: list[Id] = []
        async for event in store.follow(["sessions", "persons"], resume_after=resume_after):
            tokens.append(event.token)
            ids.append(event.record_id)
            if len(ids) == count:
                break
        return ids

    people = [person(n) for n in range(1, 4)]
    async with asyncio.TaskGroup() as group:
        first = group.create_task(read(1, None))
        await asyncio.sleep(0.3)
        await store.persons.add(people[0])
    await store.persons.add(people[1])
    await store.persons.add(people[2])
    assert first.result() == [people[0].id]
    assert await read(2, tokens[0]) == [people[1].id, people[2].id]
    with pytest.raises(LookupError):
        await read(1, "8200")


async def test_server_that_is_not_there_is_said() -> None:
    """A wrong address gives a sentence that names the setting."""
    with pytest.raises(StorageError, match="USHER_MONGO__URI"):
        await MongoStore.open("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200")


async def test_database_of_a_newer_version_is_left_alone(store: MongoStore, mongo_uri: str) -> None:
    """An older Usher says which step it does not know, and changes nothing."""
    with MongoClient[dict[str, object]](mongo_uri) as client:
        migrations = client["test"]["migrations"]
        migrations.insert_one({"_id": 999})
        try:
            with pytest.raises(StorageError, match="999"):
                await MongoStore.open(mongo_uri, "test")
        finally:
            migrations.delete_one({"_id": 999})


async def test_references_of_an_earlier_usher_are_read(store: MongoStore, mongo_uri: str) -> None:
    """One written before references could be retired or doubted is in use, and can be saved."""
    made = Reference(
        id=new_id(),
        person_id=new_id(),
        detection_id=new_id(),
        image_key="k",
        model="m",
        embedding=np.ones(4, np.float32),
        quality=0.5,
        version=await store.gallery.advance(),
        created_at=NOW,
    )
    await store.references.add(made)
    later = ("retired", "doubt", "vouched")
    with MongoClient[dict[str, object]](mongo_uri) as client:
        client["test"].command(
            "update",
            "references",
            updates=[{"q": {}, "u": {"$unset": dict.fromkeys(later, "")}}],
            bypassDocumentValidation=True,
        )
    read = await store.references.get(made.id)
    assert read
    assert (read.retired, read.doubt, read.vouched, read.doubted) == (None, None, False, False)
    assert len((await store.gallery.since(0, "m")).references) == 1
    assert await store.references.doubted(None) == []
    await store.references.save(read)


async def test_what_an_earlier_version_wrote_is_read_and_written(mongo_uri: str) -> None:
    """A face without the newer facts has them unknown, and its record can be changed in place."""
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        made = await MongoStore.open(mongo_uri, "earlier")
        try:
            entry = detection(face=FACE)
            await made.detections.enter([entry])
            table = client["earlier"]["detections"]
            gone = {f"face.{name}": "" for name in ("lower_covered", "upper_covered", "live")}
            table.update_one({"_id": ObjectId(entry.id)}, {"$unset": gone})
            found = await made.detections.get(entry.id)
            assert found
            assert found.face == FACE
            await made.detections.forget_images([entry.id])
        finally:
            await made.drop()
            made.close()


async def test_a_chat_has_cards_without_a_visit_after_an_update(mongo_uri: str) -> None:
    """The earlier version's index, by which they would all be one, is taken away."""
    card = Card(
        id=new_id(),
        kind=CardKind.SPOOF,
        visit_id=None,
        detection_id=new_id(),
        site_id=new_id(),
        account_id=new_id(),
        chat_id=1,
        due_at=NOW,
        created_at=NOW,
    )
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        client["before"]["outbox"].create_index([("visit_id", 1), ("chat_id", 1)], unique=True)
        made = await MongoStore.open(mongo_uri, "before")
        try:
            await made.outbox.add(card)
            await made.outbox.add(replace(card, id=new_id(), detection_id=new_id()))
            with pytest.raises(DuplicateKeyError):
                await made.outbox.add(replace(card, id=new_id()))
        finally:
            await made.drop()
            made.close()


async def test_a_record_from_before_a_field_is_read_and_changed(
    store: MongoStore, mongo_uri: str
) -> None:
    """A document without the newer fields of a match is a record with their defaults, and valid."""
    made = detection(match=Match(kind=MatchKind.MATCH, distance=0.4, confidence=0.9))
    await store.detections.add(made)
    with MongoClient[dict[str, object]](mongo_uri) as client:
        client["test"]["detections"].update_one({}, {"$unset": {"match.low": "", "match.high": ""}})
    await store.detections.forget_images([made.id])
    found = await store.detections.get(made.id)
    assert found
    assert found.image.key == ""
    assert found.match == made.match


async def test_pack_in_use_is_read_with_the_version(store: MongoStore) -> None:
    """A gallery that is current still learns which model is in use; another cannot write."""
    pack = PackInUse(pack="folder:/models", model="a", previous="opencv-zoo")

    async def use(records: Records) -> None:
        await records.gallery.advance()
        await records.gallery.use(pack)

    assert await store.gallery.in_use() is None
    assert await store.gallery.advance(model="b") == 1  # nothing is recorded: any will do
    await store.transact(use)
    assert await store.gallery.in_use() == pack
    for version in (0, 2):
        assert (await store.gallery.since(version, "b")).model == "a"
    assert await store.gallery.advance(model="a") == 3
    with pytest.raises(StaleError):
        await store.gallery.advance(model="b")
    assert await store.gallery.version() == 3


async def test_twins_are_kept_once_and_go_with_their_detection(store: MongoStore) -> None:
    """One for each model; none of a detection that is gone; lacking is what could have one."""
    since, face = NOW - timedelta(hours=1), np.ones(4, np.float32)
    one, two = (detection(embedding=face, model="a") for _ in range(2))
    early = detection(embedding=face, model="a", received_at=since - timedelta(seconds=1))
    faceless = detection()
    imageless = detection(embedding=face, model="a", image=replace(one.image, key=""))
    kept = detection(embedding=face, model="a", kept=True)
    for entry in (one, two, early, faceless, imageless, kept):
        await store.detections.add(entry)
    gone = new_id()
    assert await store.twins.lacking("b", since) == [one.id, two.id]
    assert await store.twins.lacking("a", since) == []
    made = [
        Twin(id=new_id(), detection_id=id_, model="b", embedding=face)
        for id_ in (one.id, one.id, gone)
    ]
    await store.twins.keep(made)
    await store.twins.keep([replace(made[0], id=new_id())])
    assert set(await store.twins.of([one.id, two.id, gone], "b")) == {one.id}
    assert await store.twins.of([one.id], "a") == {}
    assert await store.twins.lacking("b", since) == [two.id]
    await store.detections.remove([one.id])
    assert await store.twins.forget("b") == 0


async def test_embeddings_of_a_model_are_deleted_from_the_log(store: MongoStore) -> None:
    """What was decided by it stays to be read."""
    mine, other = (detection(embedding=np.ones(2, np.float32), model=m) for m in "ab")
    for entry in (mine, other):
        await store.detections.add(entry)
    assert await store.detections.forget_embeddings("a") == 1
    left = await store.detections.some([mine.id, other.id])
    assert left[mine.id].embedding is None
    assert left[mine.id].model == "a"
    assert left[other.id].embedding is not None
