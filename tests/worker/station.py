"""A site with a camera and a worker at it: posts are taken in as the API does it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.answers import Answers, Estimate
from domain.classification import Analysis, Classifier, Recogniser
from domain.gallery import LiveGallery
from domain.ids import new_id
from domain.intake import Post, receive
from domain.policy import MatchPolicy, VisitPolicy
from domain.records import Account, Camera, Detection, DetectionStatus, Id, Person, Role, Site
from domain.store import DetectionQuery
from domain.upkeep import Upkeep
from storage.images import ImageStore
from storage.store import MongoStore
from usher.inspecting import inspect
from usher.recogniser import EngineRecogniser
from usher.settings import RecognitionSettings
from worker.loop import Worker, WorkerOptions

PATIENCE_S = 30.0
QUICK = WorkerOptions(
    name="worker",
    lease=timedelta(seconds=5),
    beat=timedelta(seconds=1),
    poll=timedelta(milliseconds=50),
    pause=timedelta(milliseconds=50),
    max_attempts=3,
)


def now() -> datetime:
    """Return the time as the database keeps it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something has happened."""
    async with asyncio.timeout(PATIENCE_S):
        while not await happened():  # noqa: ASYNC110 - the database tells of no end
            await asyncio.sleep(0.02)


@dataclass(kw_only=True)
class Station:
    """Everything a test of the worker posts to and looks at."""

    store: MongoStore
    images: ImageStore
    engine: EngineRecogniser
    visiting: VisitPolicy
    answers: Answers
    camera: Camera
    account: Account

    @classmethod
    async def build(
        cls, store: MongoStore, images: ImageStore, engine: EngineRecogniser
    ) -> "Station":
        """Make the site, its camera, and somebody who answers for it."""
        site = Site(id=new_id(), name="Main", created_at=now())
        await store.sites.add(site)
        camera = Camera(
            id=new_id(), site_id=site.id, name="Door", key_hash=new_id(), created_at=now()
        )
        await store.cameras.add(camera)
        maria = Account(id=new_id(), name="Maria", role=Role.ADMIN, created_at=now(), chat_id=7)
        await store.accounts.add(maria)
        return cls(
            store=store,
            images=images,
            engine=engine,
            visiting=VisitPolicy(),
            answers=engine.answers(RecognitionSettings()),
            camera=camera,
            account=maria,
        )

    def only_same_picture(self) -> None:
        """Take only the very same picture for a match; another one of somebody leaves doubt."""
        self.adjust(match=0.01, unsure=0.9, hint=0.9)

    def adjust(self, **distances: Any) -> None:
        """Go by these distances from now on, and by the usual ones for the rest."""
        self.answers = Adjusted(self.answers, distances)

    async def post(
        self,
        *crops: bytes,
        frame: str | None = None,
        track: str | None = None,
        at: datetime | None = None,
    ) -> list[Id]:
        """Post crops; return the ids of their detections."""
        post = Post(camera=self.camera, crops=crops, captured_at=at, track=track, frame=frame)
        found = await receive(self.store, self.images, inspect, post=post, now=now())
        return [detection.id for detection in found]

    def worker(
        self, options: WorkerOptions = QUICK, recogniser: Recogniser | None = None
    ) -> Worker:
        """Return a worker with a gallery of its own, not yet running."""
        gallery = LiveGallery(store=self.store, model=self.engine.model, index=self.engine.index())
        classifier = Classifier(
            store=self.store,
            gallery=gallery,
            answers=self.answers,
            visit_policy=lambda: self.visiting,
        )
        return Worker(
            store=self.store,
            images=self.images,
            recogniser=recogniser or self.engine,
            classifier=classifier,
            gallery=gallery,
            options=options,
            clock=now,
        )

    def upkeep(self, at: datetime) -> Upkeep:
        """Return who tends the references at a time, with a gallery of its own."""
        gallery = LiveGallery(store=self.store, model=self.engine.model, index=self.engine.index())
        return Upkeep(
            store=self.store,
            gallery=gallery,
            policy=lambda: self.answers.policy(0, 0),
            clock=lambda: at,
        )

    @asynccontextmanager
    async def working(
        self, options: WorkerOptions = QUICK, recogniser: Recogniser | None = None
    ) -> AsyncIterator[None]:
        """Let a worker run meanwhile; it is cancelled in the end."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.worker(options, recogniser).run())
            try:
                yield
            finally:
                task.cancel()

    async def look(self, id_: Id) -> Detection:
        """Return a detection as it is now."""
        found = await self.store.detections.get(id_)
        assert found
        return found

    async def settled(self) -> None:
        """Wait until nothing is left to do."""

        async def done() -> bool:
            return await self.store.detections.backlog(1) == 0

        await until(done)

    async def classified(
        self,
        *crops: bytes,
        frame: str | None = None,
        track: str | None = None,
        at: datetime | None = None,
    ) -> list[Detection]:
        """Post crops, let a worker deal with them, and return what became of each."""
        ids = await self.post(*crops, frame=frame, track=track, at=at)
        async with self.working():
            await self.settled()
        return [await self.look(id_) for id_ in ids]

    async def people(self) -> list[Person]:
        """Return everybody met."""
        return await self.store.persons.page()

    async def statuses(self) -> list[DetectionStatus]:
        """Return where the detections stand, newest first."""
        return [d.status for d in await self.store.detections.page(DetectionQuery())]


class Adjusted:
    """Answers by other distances than the usual ones."""

    def __init__(self, answers: Answers, distances: Mapping[str, Any]) -> None:
        self._answers = answers
        self._distances = distances

    def policy(self, persons: int, references: int, /) -> MatchPolicy:
        """Return the distances to go by."""
        return replace(self._answers.policy(persons, references), **dict(self._distances))

    def estimate(self, distance: float, persons: int, /) -> Estimate:
        """Return how sure it is."""
        return self._answers.estimate(distance, persons)


class Choking:
    """A recogniser that breaks whenever one picture is among those it is given."""

    def __init__(self, engine: EngineRecogniser, poison: bytes) -> None:
        self.engine = engine
        self._poison = poison
        self.model, self.provider = engine.model, engine.provider
        self.sizes: list[int] = []

    def analyse(self, images: Sequence[bytes], /) -> list[Analysis]:
        """Return what is in each image, or break."""
        self.sizes.append(len(images))
        if self._poison in images:
            raise MemoryError("this picture is too much")
        return self.engine.analyse(images)
