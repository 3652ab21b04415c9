"""A site changes its pack while it works: nobody becomes a stranger, and no crop is lost."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from demo.sitters import Sitter, crop, people
from domain.classification import Classifier
from domain.decisions import Name, answer
from domain.errors import InvalidError, LeftBehindError, PackChangedError
from domain.gallery import LiveGallery
from domain.labelled import labelled_faces
from domain.records import (
    Detection,
    DetectionStatus,
    Embedding,
    MatchKind,
    PackInUse,
    Reference,
    Retired,
    Retirement,
)
from domain.repacking import KnownFace, Repacking, adopt, forget
from tests.worker.station import QUICK, Station, now
from tests.worker.test_loop import Waiting
from tests.worker.turned import TURNED, TurnedRecogniser
from usher.recogniser import EngineRecogniser

SITTERS = people()
ASTRONAUT, PLAYER, *_ = SITTERS
EPOCH = now() - timedelta(days=30)


class PowerCutError(Exception):
    """The end of a process at a moment nobody chose."""


class Cut(TurnedRecogniser):
    """Models that count the faces they embed again, and whose process ends after so many calls."""

    def __init__(self, engine: EngineRecogniser, calls: int) -> None:
        super().__init__(engine.engine)
        self.calls, self.faces = calls, 0

    def embed_again(self, faces: Sequence[KnownFace], /) -> list[Embedding | None]:
        """Return embeddings, or end."""
        if self.calls == 0:
            raise PowerCutError
        self.calls -= 1
        self.faces += len(faces)
        return super().embed_again(faces)


@pytest.fixture
def other(station: Station) -> Station:
    """The same site with the other model."""
    return replace(station, engine=TurnedRecogniser(station.engine.engine))


@pytest.fixture
async def old(station: Station) -> PackInUse:
    """The pack that the site begins with, recorded as a worker does."""
    return await adopt(station.store, pack="first", model=station.engine.model)


def repacking(
    station: Station, old: PackInUse, embedder: EngineRecogniser, pack: str = "second"
) -> Repacking:
    """Return a change of pack at a site."""
    return Repacking(
        store=station.store, images=station.images, embedder=embedder, old=old, pack=pack
    )


async def embed_all(change: Repacking) -> None:
    """Embed all that lacks a twin."""
    await change.embed_references(await change.lacking_references(), lambda _: None)
    await change.embed_detections(await change.lacking_detections(EPOCH), lambda _: None)


async def name(station: Station, found: Sequence[Detection], names: Sequence[str]) -> None:
    """Say who was seen, as a manager does."""
    for detection, called in zip(found, names, strict=True):
        assert detection.visit_id
        question = await station.store.questions.of_visit(detection.visit_id)
        assert question
        await answer(
            station.store,
            question_id=question.id,
            answer=Name(called),
            account=station.account,
            via="panel",
            now=now(),
        )


async def names(station: Station, found: Sequence[Detection]) -> list[str | None]:
    """Return whom each crop was recognised as; None for whoever was not."""
    seen = []
    for detection in found:
        assert detection.person_id
        person = await station.store.persons.canonical(detection.person_id)
        matched = detection.match and detection.match.kind is MatchKind.MATCH
        seen.append(person.name if person and matched else None)
    return seen


async def references(station: Station, model: str) -> list[Reference]:
    """Return everybody's references of one model."""
    members = [person.id for person in await station.people()]
    return [r for r in await station.store.references.of(members) if r.model == model]


async def test_everybody_is_known_after_the_change_and_after_the_way_back(
    station: Station, other: Station, old: PackInUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six people are named; the change is cut off twice and taken up; each is known by name after.

    What was embedded before the cut is not embedded again. Taken back, they are known once more,
    what was learnt meanwhile included.
    """
    monkeypatch.setattr("domain.repacking.BATCH", 4)
    called = [sitter.name for sitter in SITTERS]
    met = await station.classified(*(crop(s, seed) for seed in range(3) for s in SITTERS))
    await name(station, met[:6], called)
    kept = await references(station, station.engine.model)
    embedded = 0
    for calls in (1, 3, -1):  # batches until the power fails; the last has all it needs
        cut = Cut(station.engine, calls)
        try:
            await embed_all(repacking(station, old, cut))
        except PowerCutError:
            assert calls > 0
        embedded += cut.faces
    assert embedded == len(met)
    assert len(kept) < len(met)

    new = await repacking(station, old, other.engine).switch()
    assert new == PackInUse(pack="second", model=TURNED, previous="first")
    twins = await references(station, TURNED)
    assert {(r.person_id, r.detection_id, r.image_key, r.quality) for r in twins} == {
        (r.person_id, r.detection_id, r.image_key, r.quality) for r in kept
    }
    found = await other.classified(*(crop(s, 7) for s in SITTERS))
    assert await names(station, found) == called
    assert {d.model for d in found} == {TURNED}

    learnt = len(await references(station, TURNED)) - len(twins)
    way_back = repacking(station, new, station.engine, "first")
    assert len(await way_back.lacking_references()) == learnt
    assert (await way_back.switch()).previous == "second"
    again = await station.classified(*(crop(s, 8) for s in SITTERS))
    assert await names(station, again) == called
    assert len(await station.people()) == 6


async def test_switch_during_recognition_gives_the_crops_to_the_new_models(
    station: Station, other: Station, old: PackInUse
) -> None:
    """A worker whose models are out of use settles nothing by them, returns, and loses no crop."""
    await name(station, await station.classified(crop(PLAYER, 1)), ["Anna"])
    waiting = Waiting(station.engine)
    worker = asyncio.ensure_future(station.worker(recogniser=waiting).run())
    ids = await station.post(crop(PLAYER, 2), crop(ASTRONAUT, 1))
    await asyncio.to_thread(waiting.reached.wait, 10)
    await repacking(station, old, other.engine).switch()
    waiting.go_on.set()
    await asyncio.wait_for(worker, 20)  # by itself
    left = [await station.look(id_) for id_ in ids]
    assert {d.status for d in left} == {DetectionStatus.NEW}
    assert {d.claim.attempts for d in left if d.claim} == {0}
    assert [w.name for w in await station.store.workers.alive(EPOCH)] == [QUICK.name]
    async with other.working():
        await other.settled()
    found = [await station.look(id_) for id_ in ids]
    assert await names(station, found) == ["Anna", None]
    assert {d.model for d in found} == {TURNED}
    assert len(await station.people()) == 2


async def test_idle_worker_returns_at_its_next_beat(
    station: Station, other: Station, old: PackInUse
) -> None:
    """It need not wait for a crop to learn that another pack is in use."""
    beating = replace(QUICK, beat=timedelta(milliseconds=50))
    worker = asyncio.ensure_future(station.worker(beating).run())
    await asyncio.sleep(0.3)
    assert not worker.done()
    await repacking(station, old, other.engine).switch()
    await asyncio.wait_for(worker, 5)


@pytest.mark.parametrize("sitter", [PLAYER, ASTRONAUT], ids=["Anna", "newcomer"])
async def test_nothing_is_kept_by_a_model_out_of_use(
    station: Station, other: Station, old: PackInUse, sitter: Sitter
) -> None:
    """With a gallery from before the switch neither a newcomer nor another face of Anna is kept."""
    await name(station, await station.classified(crop(PLAYER, 1)), ["Anna"])
    gallery = LiveGallery(
        store=station.store, model=station.engine.model, index=station.engine.index()
    )
    await gallery.refresh()
    station.adjust(duplicate=0.0)
    classifier = Classifier(
        store=station.store,
        gallery=gallery,
        answers=station.answers,
        visit_policy=lambda: station.visiting,
    )
    [id_] = await station.post(crop(sitter, 2))
    [claimed] = await station.store.detections.claim(
        worker="w", now=now(), until=now() + timedelta(minutes=1), limit=1, max_attempts=3
    )
    [analysis] = station.engine.analyse([crop(sitter, 2)])
    await repacking(station, old, other.engine).switch()
    with pytest.raises(PackChangedError):
        await classifier.classify(claimed, analysis, now())
    assert (await station.look(id_)).status is DetectionStatus.NEW
    assert len(await references(station, station.engine.model)) == 1
    assert len(await station.people()) == 1


async def test_who_is_met_between_embedding_and_switch_is_known(
    station: Station, other: Station, old: PackInUse
) -> None:
    """The switch catches up with whatever came since."""
    change = repacking(station, old, other.engine)
    await station.classified(crop(PLAYER, 1))
    await embed_all(change)
    [late] = await station.classified(crop(ASTRONAUT, 1))
    await change.switch()
    [again] = await other.classified(crop(ASTRONAUT, 2))
    assert again.match
    assert (again.match.kind, again.person_id) == (MatchKind.MATCH, late.person_id)


async def test_two_changes_at_once(station: Station, other: Station, old: PackInUse) -> None:
    """Both may embed; one switches, the other is told; no reference has two twins."""
    await station.classified(*(crop(sitter, 1) for sitter in SITTERS))
    changes = [repacking(station, old, other.engine) for _ in range(2)]
    await asyncio.gather(*(embed_all(change) for change in changes))
    ended = await asyncio.gather(*(c.switch() for c in changes), return_exceptions=True)
    assert [type(end) for end in ended if isinstance(end, Exception)] == [PackChangedError]
    made = Counter(r.detection_id for r in await references(station, TURNED))
    assert set(made.values()) == {1}
    assert len(made) == len(await references(station, station.engine.model))


async def test_nobody_is_left_behind_silently(
    station: Station, other: Station, old: PackInUse
) -> None:
    """Whose only image is gone is counted, and the switch refused, until somebody says to go on."""
    there, gone = await station.classified(crop(PLAYER, 1), crop(ASTRONAUT, 1))
    await station.images.delete([gone.image.key])
    change = repacking(station, old, other.engine)
    with pytest.raises(LeftBehindError, match="1 of the people"):
        await change.switch()
    assert await station.store.gallery.in_use() == old
    assert await change.left_behind() == 1
    await change.switch(leave_behind=True)
    [twin] = await references(station, TURNED)
    assert twin.person_id == there.person_id


async def test_person_with_another_reference_is_not_left_behind(
    station: Station, other: Station, old: PackInUse
) -> None:
    """A reference may be lost as long as its person keeps one."""
    station.adjust(duplicate=0.0)
    first, _ = await station.classified(crop(PLAYER, 1), crop(PLAYER, 4))
    assert len(await references(station, station.engine.model)) == 2
    await station.images.delete([first.image.key])
    change = repacking(station, old, other.engine)
    await change.switch()
    assert len(change.unembeddable) == 1
    [again] = await other.classified(crop(PLAYER, 2))
    assert again.person_id == first.person_id


async def test_forgetting_a_model_leaves_none_of_its_embeddings(
    station: Station, other: Station, old: PackInUse
) -> None:
    """Of a model in use nothing is deleted; of the one before it everything, and Anna is known."""
    first = station.engine.model
    await name(station, await station.classified(crop(PLAYER, 1)), ["Anna"])
    change = repacking(station, old, other.engine)
    await embed_all(change)
    await change.switch()
    with pytest.raises(InvalidError, match="in use"):
        await forget(station.store, TURNED)
    assert await forget(station.store, first) == 2  # the reference, and the detection's own
    assert await references(station, first) == []
    found = await other.classified(crop(PLAYER, 2))
    assert await names(station, found) == ["Anna"]
    assert await forget(station.store, first) == 0


async def test_forgetting_what_is_being_embedded_is_made_good(
    station: Station, other: Station, old: PackInUse
) -> None:
    """Twins deleted before the switch are made again: it looks at all of them."""
    await station.classified(crop(PLAYER, 1))
    change = repacking(station, old, other.engine)
    await embed_all(change)
    await forget(station.store, TURNED)
    await change.switch()
    assert len(await references(station, TURNED)) == 1


async def test_twins_of_detections_go_with_them(
    station: Station, other: Station, old: PackInUse
) -> None:
    """Retention deletes the embeddings of all models; a twin of what is gone is not kept."""
    station.adjust(duplicate=2.0)  # the first alone is kept
    found = await station.classified(*(crop(PLAYER, seed) for seed in (1, 2, 3)))
    await embed_all(repacking(station, old, other.engine))
    ids = [d.id for d in found if not d.kept]
    assert len(ids) == 2
    assert set(await station.store.twins.of(ids, TURNED)) == set(ids)
    await station.store.detections.remove(ids[:1])
    assert set(await station.store.twins.of(ids, TURNED)) == set(ids[1:])


async def test_labelled_faces_are_of_people_with_a_name(
    station: Station, other: Station, old: PackInUse
) -> None:
    """Each of Anna's faces stands once, by both models; a stranger's do not."""
    found = await station.classified(crop(PLAYER, 1), crop(PLAYER, 2), crop(ASTRONAUT, 1))
    await name(station, found[:1], ["Anna"])
    await embed_all(repacking(station, old, other.engine))
    faces = await labelled_faces(station.store, old=old.model, new=TURNED, since=EPOCH, most=100)
    assert Counter(face.reference for face in faces) == Counter(d.kept for d in found[:2])
    assert {face.person_id for face in faces} == {found[0].person_id}
    for face in faces:
        assert float(face.old @ face.new[::-1]) == pytest.approx(1.0, abs=1e-3)


async def test_first_pack_is_recorded_once(station: Station) -> None:
    """The first to start says what is in use; who comes later is told."""
    assert await station.store.gallery.in_use() is None
    first = await adopt(station.store, pack="first", model="a")
    assert await adopt(station.store, pack="second", model="b") == first
    assert await station.store.gallery.in_use() == first


async def test_retired_reference_has_no_twin(
    station: Station, other: Station, old: PackInUse
) -> None:
    """What is searched no more by the old model is not searched by the new one either."""
    station.adjust(duplicate=0.0)
    await station.classified(crop(PLAYER, 1), crop(PLAYER, 4))
    wrong, right = await references(station, station.engine.model)
    retired = Retired(at=now(), reason=Retirement.REMOVED)
    await station.store.references.save(replace(wrong, retired=retired))
    await repacking(station, old, other.engine).switch()
    assert [r.detection_id for r in await references(station, TURNED)] == [right.detection_id]
