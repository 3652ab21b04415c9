"""The worker takes up what is posted, whatever happens to it or to its neighbours."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from demo.sitters import crop, people
from domain.classification import Analysis
from domain.records import Detection, DetectionStatus
from tests.worker.station import QUICK, Choking, Station, now, until
from usher.recogniser import EngineRecogniser

ASTRONAUT, PLAYER, *OTHERS = people()


class Waiting:
    """A recogniser that waits for a word before it answers."""

    def __init__(self, engine: EngineRecogniser) -> None:
        self.engine = engine
        self.model, self.provider = engine.model, engine.provider
        self.reached, self.go_on = threading.Event(), threading.Event()

    def analyse(self, images: Sequence[bytes], /) -> list[Analysis]:
        """Return what is in each image, once told to."""
        self.reached.set()
        self.go_on.wait(20)
        return self.engine.analyse(images)


@contextmanager
def away(folder: Path) -> Iterator[Callable[[], None]]:
    """Make a folder unreadable, as a disk that is gone; give what brings it back."""
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.touch()

    def come_back() -> None:
        if aside.exists():
            folder.unlink()
            aside.rename(folder)

    try:
        yield come_back
    finally:
        come_back()


async def test_batch_is_recognised_and_strangers_are_asked_about_once(station: Station) -> None:
    """Three crops each of two people make two strangers, two visits, two questions, two cards."""
    crops = [crop(sitter, seed) for seed in range(3) for sitter in (ASTRONAUT, PLAYER)]
    found = await station.classified(*crops)
    assert {d.status for d in found} == {DetectionStatus.CLASSIFIED}
    by_sitter = [{d.person_id for d in found[n::2]} for n in (0, 1)]
    assert [len(ids) for ids in by_sitter] == [1, 1]
    assert by_sitter[0] != by_sitter[1]
    questions = await station.store.questions.inbox(None)
    assert len(questions) == 2
    visits = await station.store.visits.some([q.visit_id for q in questions])
    assert sorted(visit.detections for visit in visits.values()) == [3, 3]
    cards = [await station.store.outbox.of_visit(q.visit_id) for q in questions]
    assert [len(of_visit) for of_visit in cards] == [1, 1]


async def test_poison_fails_alone_visibly_and_can_be_tried_again(station: Station) -> None:
    """Neighbours of a crop that breaks the models are recognised; it is `failed` with the error."""
    poison = crop(ASTRONAUT, 99)
    ids = await station.post(crop(PLAYER, 1), poison, crop(PLAYER, 2), crop(PLAYER, 3))
    choking = Choking(station.engine, poison)
    async with station.working(recogniser=choking):
        await station.settled()
    found = [await station.look(id_) for id_ in ids]
    assert [d.status for d in found].count(DetectionStatus.CLASSIFIED) == 3
    bad = found[1]
    assert bad.status is DetectionStatus.FAILED
    assert bad.error == "MemoryError while looking for the face"
    assert bad.claim is None
    # All at once, then one by one: three tries of the bad one, one more of each of the others.
    assert choking.sizes[0] == 4
    assert choking.sizes[1:] == [1] * 5
    assert await station.store.detections.retry([bad.id]) == 1
    async with station.working():
        await station.settled()
    again = await station.look(bad.id)
    assert (again.status, again.error) == (DetectionStatus.CLASSIFIED, None)


async def test_missing_image_fails_alone(station: Station) -> None:
    """A crop whose image is gone is `failed` and says so; once it is back it can be tried."""
    ids = await station.post(crop(PLAYER, 1), crop(PLAYER, 2))
    key = (await station.look(ids[0])).image.key
    data = await station.images.get(key)
    await station.images.delete([key])
    async with station.working():
        await station.settled()
    gone, there = [await station.look(id_) for id_ in ids]
    assert (gone.status, gone.error) == (DetectionStatus.FAILED, "The image is missing.")
    assert there.status is DetectionStatus.CLASSIFIED
    await station.images.put(key, data)
    await station.store.detections.retry([gone.id])
    async with station.working():
        await station.settled()
    assert (await station.look(gone.id)).person_id == there.person_id


async def test_image_store_that_is_away_is_waited_for(station: Station, tmp_path: Path) -> None:
    """While no image can be read no crop uses up its tries; then all are recognised."""
    ids = await station.post(crop(PLAYER, 1), crop(PLAYER, 2))
    with away(tmp_path / "images") as come_back:
        async with station.working():
            await asyncio.sleep(0.5)
            waiting = [await station.look(id_) for id_ in ids]
            assert [d.status for d in waiting] == [DetectionStatus.NEW] * 2
            assert max(d.claim.attempts for d in waiting if d.claim) <= 1
            come_back()
            await station.settled()
    assert await station.statuses() == [DetectionStatus.CLASSIFIED] * 2


async def test_worker_that_died_is_replaced_when_its_lease_runs_out(station: Station) -> None:
    """What a dead worker held is left alone before, and taken up after."""
    [id_] = await station.post(crop(PLAYER, 1))
    ends = now() + timedelta(seconds=0.6)
    [dead] = await station.store.detections.claim(
        worker="dead", now=now(), until=ends, limit=9, max_attempts=3
    )
    assert dead.id == id_
    async with station.working():
        await station.settled()
    found = await station.look(id_)
    assert found.status is DetectionStatus.CLASSIFIED
    assert found.classified_at
    assert found.classified_at >= ends


async def test_lease_is_held_while_the_models_take_their_time(station: Station) -> None:
    """A batch that takes longer than a lease stays with its worker; nobody does it twice."""
    short = replace(QUICK, lease=timedelta(seconds=0.6), beat=timedelta(seconds=0.1))
    [id_] = await station.post(crop(PLAYER, 1))
    waiting, other = Waiting(station.engine), Choking(station.engine, b"")
    async with station.working(short, waiting):
        await asyncio.to_thread(waiting.reached.wait, 10)
        async with station.working(replace(short, name="other"), other):
            await asyncio.sleep(1.5)
            assert other.sizes == []
            waiting.go_on.set()
            await station.settled()
    assert other.sizes == []
    assert (await station.look(id_)).status is DetectionStatus.CLASSIFIED


async def test_cancelled_worker_gives_its_leases_back(station: Station) -> None:
    """What it had in hand is free at once and has not been tried; it is no worker any more."""
    [id_] = await station.post(crop(PLAYER, 1))
    waiting = Waiting(station.engine)
    async with station.working(recogniser=waiting):
        await asyncio.to_thread(waiting.reached.wait, 10)
        assert [w.name for w in await station.store.workers.alive(now() - timedelta(minutes=1))]
    waiting.go_on.set()
    left = await station.look(id_)
    assert left.status is DetectionStatus.NEW
    assert left.claim
    assert (left.claim.attempts, left.claim.until <= now()) == (0, True)
    assert await station.store.workers.alive(now() - timedelta(minutes=1)) == []
    async with station.working():
        await station.settled()
    assert (await station.look(id_)).status is DetectionStatus.CLASSIFIED


async def test_idle_worker_is_woken_by_a_post(station: Station) -> None:
    """With polling out of reach the change stream alone brings the work."""
    asleep = replace(QUICK, poll=timedelta(minutes=5))
    async with station.working(asleep):

        async def alive() -> bool:
            return bool(await station.store.workers.alive(now() - timedelta(minutes=1)))

        await until(alive)
        await asyncio.sleep(0.3)  # the change stream is open
        await station.post(crop(PLAYER, 1))
        await station.settled()


async def test_workers_racing_meet_a_stranger_once(station: Station) -> None:
    """Three workers, the same face twelve times over: one person, nothing classified twice."""
    ids = [(await station.post(crop(PLAYER, seed)))[0] for seed in range(12)]
    single = replace(QUICK, batch=1)
    async with (
        station.working(replace(single, name="one")),
        station.working(replace(single, name="two")),
        station.working(replace(single, name="three")),
    ):
        await station.settled()
    found: list[Detection] = [await station.look(id_) for id_ in ids]
    assert {d.status for d in found} == {DetectionStatus.CLASSIFIED}
    assert len({d.person_id for d in found}) == 1
    [met] = await station.people()
    [visit] = await station.store.visits.of([met.id])
    assert visit.detections == 12
    assert await station.store.questions.open_count(None) == 1
