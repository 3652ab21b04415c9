"""The worker: claims detections by lease, has them analysed, and settles each.

Two stages overlap: while one batch is in the models, the one before is being written. A worker
can be killed at any instruction: its leases run out and another takes them up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.classification import Analysis, Classifier, Recogniser
from domain.errors import ClaimLostError, PackChangedError
from domain.gallery import LiveGallery
from domain.intake import Images
from domain.records import Detection, WorkerState
from domain.store import Store

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How a worker works. `poll` is the fallback where no change stream wakes it.

    Leases are extended every `beat`, well before they end.
    """

    name: str
    batch: int = 16
    lease: timedelta = timedelta(seconds=20)
    beat: timedelta = timedelta(seconds=5)
    poll: timedelta = timedelta(seconds=1)
    pause: timedelta = timedelta(seconds=1)
    max_attempts: int = 5


@dataclass(frozen=True, slots=True)
class _Batch:
    detections: Sequence[Detection]
    analyses: Sequence[Analysis]


class Worker:
    """One process's share of the detection log."""

    def __init__(
        self,
        *,
        store: Store,
        images: Images,
        recogniser: Recogniser,
        classifier: Classifier,
        gallery: LiveGallery,
        options: WorkerOptions,
        clock: Clock,
    ) -> None:
        self._store = store
        self._images = images
        self._recogniser = recogniser
        self._classifier = classifier
        self._gallery = gallery
        self._options = options
        self._clock = clock
        self._wake = asyncio.Event()
        self._analysed: asyncio.Queue[_Batch] = asyncio.Queue(maxsize=1)
        self._held: dict[str, Detection] = {}
        self._crops, self._seconds = 0, 0.0
        self._models = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")

    async def run(self) -> None:
        """Work until cancelled, or until another pack is in use; then give back what is held.

        When it returns it is to be run again, by this name, with the models of that pack.
        """
        relieved = False
        try:
            async with asyncio.TaskGroup() as group:
                for stage in (self._follow, self._claim, self._settle, self._hold):
                    _ = group.create_task(self._forever(stage))
        except* PackChangedError:
            log.info("Another pack is in use now; what is held is given back, to be done with it.")
            relieved = True
        finally:
            self._models.shutdown(wait=False, cancel_futures=True)
            await asyncio.shield(self._leave(relieved=relieved))

    async def _forever(self, stage: Callable[[], Awaitable[None]]) -> None:
        """Run a stage again and again; a failure is said, and tried again after a pause.

        Raises PackChangedError, which ends them all.
        """
        while True:
            try:
                await stage()
            except PackChangedError:
                raise
            except Exception:
                log.exception("The worker stumbled; it goes on in a moment.")
                await asyncio.sleep(self._options.pause.total_seconds())

    async def _follow(self) -> None:
        """Wake up when a detection comes in."""
        async for event in self._store.follow(["detections"]):
            if event.created:
                self._wake.set()

    async def _hold(self) -> None:
        """Say that this worker is alive, and extend the leases of what is in the works.

        One that is idle learns here that the pack has changed.
        """
        await self._gallery.check()
        await self._store.workers.beat(
            WorkerState(
                name=self._options.name,
                model=self._recogniser.model,
                provider=self._recogniser.provider,
                seen_at=self._clock(),
                persons=self._gallery.size,
                references=self._gallery.kept,
                crops=self._crops,
                seconds=self._seconds,
            )
        )
        await asyncio.sleep(self._options.beat.total_seconds())
        tokens = {d.claim.token for d in self._held.values() if d.claim}
        if tokens:
            await self._store.detections.extend([*tokens], self._clock() + self._options.lease)

    async def _claim(self) -> None:
        """Claim a batch and have it analysed; sleep when there is nothing to do."""
        self._wake.clear()
        now = self._clock()
        claimed = await self._store.detections.claim(
            worker=self._options.name,
            now=now,
            until=now + self._options.lease,
            limit=self._options.batch,
            max_attempts=self._options.max_attempts,
        )
        if claimed:
            self._held.update({d.id: d for d in claimed})
            await self._analyse(claimed)
            return
        try:
            await asyncio.wait_for(self._wake.wait(), self._options.poll.total_seconds())
        except TimeoutError:
            return

    async def _analyse(self, claimed: Sequence[Detection]) -> None:
        found = await self._fetch(claimed)
        if not found:
            return
        detections, crops = [d for d, _ in found], [crop for _, crop in found]
        try:
            loop = asyncio.get_running_loop()
            begun = loop.time()
            analyses = await loop.run_in_executor(self._models, self._recogniser.analyse, crops)
            self._seconds += loop.time() - begun
            self._crops += len(crops)
        except Exception as error:
            log.exception("A batch could not be analysed; each crop is tried alone.")
            await self._give_back(detections, f"{type(error).__name__} while looking for the face")
            return
        await self._analysed.put(_Batch(detections, analyses))

    async def _fetch(self, claimed: Sequence[Detection]) -> list[tuple[Detection, bytes]]:
        """Return the crops; one whose image is missing has had a try, and is left out.

        When the image store is away, that is no try of anybody: raises what it raised.
        """
        found = []
        try:
            for detection in claimed:
                try:
                    found.append((detection, await self._images.get(detection.image.key)))
                except KeyError:
                    await self._give_back([detection], "The image is missing.")
        except Exception:
            await self._give_back([d for d in claimed if d.id in self._held], None)
            raise
        return found

    async def _settle(self) -> None:
        """Write what became of each detection of a batch.

        What cannot be written, the database being away, is let go: its lease runs out. After a
        change of pack what is left is given back in the end.
        """
        batch = await self._analysed.get()
        try:
            await self._gallery.refresh()
            for detection, analysis in zip(batch.detections, batch.analyses, strict=True):
                await self._settle_one(detection, analysis)
        except PackChangedError:
            raise
        except Exception:
            self._let_go(batch.detections)
            raise
        self._let_go(batch.detections)

    async def _settle_one(self, detection: Detection, analysis: Analysis) -> None:
        try:
            await self._classifier.classify(detection, analysis, self._clock())
        except ClaimLostError:
            log.warning("The lease on a detection ran out; another worker has it.")
        except PackChangedError:
            raise
        except Exception as error:
            log.exception("A detection could not be settled.")
            await self._give_back([detection], f"{type(error).__name__} while settling")

    async def _leave(self, *, relieved: bool) -> None:
        """Give back what is held; who goes on with other models has not gone."""
        await self._give_back(tuple(self._held.values()), None)
        if not relieved:
            await self._store.workers.leave(self._options.name)

    async def _give_back(self, detections: Sequence[Detection], error: str | None) -> None:
        """End leases early, so that nobody need wait for them to run out."""
        self._let_go(detections)
        for detection in detections:
            if detection.claim:
                await self._store.detections.release([detection.id], detection.claim.token, error)

    def _let_go(self, detections: Sequence[Detection]) -> None:
        """Extend these leases no more."""
        for detection in detections:
            self._held.pop(detection.id, None)
