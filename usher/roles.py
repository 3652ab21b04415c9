"""One role each: what `usher api`, `usher worker` and `usher bot` run until they are stopped."""

import asyncio
import logging
from zoneinfo import ZoneInfo

from domain.classification import Classifier
from domain.errors import UsherError
from domain.gallery import LiveGallery
from domain.policy import DoorPolicy
from domain.upkeep import Upkeep
from recognition.errors import RecognitionError
from storage.errors import StorageError
from usher.answers import SiteAnswers
from usher.pack_in_use import follow_in_use, load_in_use
from usher.parts import Parts, now, open_parts, process_name
from usher.recogniser import EngineRecogniser
from usher.rules import keep_current
from usher.settings import Settings
from worker.announcing import Announcing
from worker.doors import Doorman
from worker.jobs import Housekeeping
from worker.learning import Learning
from worker.loop import Worker, WorkerOptions

log = logging.getLogger(__name__)


def door_policy(settings: Settings) -> DoorPolicy:
    """Return what holds at every door: with liveness on, a face has to be known to be alive."""
    return DoorPolicy(
        liveness=settings.recognition.liveness is not None,
        zone=ZoneInfo(settings.timezone) if settings.timezone else None,
    )


async def run_worker(settings: Settings) -> None:
    """Classify detections and deliver grants until cancelled."""
    async with open_parts(settings) as parts:
        doorman = Doorman(store=parts.store, policy=door_policy(settings), clock=now)
        try:
            async with asyncio.TaskGroup() as group:
                _ = group.create_task(keep_current(parts.rules, parts.store))
                _ = group.create_task(doorman.run())
                _ = group.create_task(_work_on(settings, parts))
        except* (UsherError, StorageError, RecognitionError, OSError) as errors:
            raise errors.exceptions[0] from None


async def _work_on(settings: Settings, parts: Parts) -> None:
    """Classify until cancelled; with other models when the pack in use is changed."""
    recogniser = await load_in_use(settings, parts.store)
    while True:
        log.info(
            "Models: %s on %s, %s threads (%s)",
            recogniser.model,
            recogniser.provider,
            recogniser.engine.threads,
            recogniser.engine.licence,
        )
        await _work(settings, parts, recogniser)
        recogniser = await follow_in_use(settings, parts.store)


async def _work(settings: Settings, parts: Parts, recogniser: EngineRecogniser) -> None:
    """Classify and tidy up until cancelled, or until another pack is in use."""
    gallery = LiveGallery(store=parts.store, model=recogniser.model, index=recogniser.index())
    answers = recogniser.answers(settings.recognition, parts.rules.shares)
    upkeep = Upkeep(
        store=parts.store, gallery=gallery, policy=lambda: answers.policy(0, 0), clock=now
    )
    scheduler = housekeeping(settings, parts, upkeep).schedule()
    Learning(store=parts.store, learner=answers, clock=now).join(scheduler)
    Announcing(store=parts.store, answers=answers, gallery=gallery, clock=now).join(scheduler)
    scheduler.start()
    try:
        await make_worker(settings, parts, recogniser, gallery, answers).run()
    finally:
        scheduler.shutdown(wait=False)


def make_worker(
    settings: Settings,
    parts: Parts,
    recogniser: EngineRecogniser,
    gallery: LiveGallery,
    answers: SiteAnswers,
) -> Worker:
    """Return a worker that goes by this gallery and these answers."""
    classifier = Classifier(
        store=parts.store,
        gallery=gallery,
        answers=answers,
        visit_policy=parts.rules.visits,
        door_policy=door_policy(settings),
    )
    return Worker(
        store=parts.store,
        images=parts.images,
        recogniser=recogniser,
        classifier=classifier,
        gallery=gallery,
        options=WorkerOptions(
            name=process_name("worker"),
            batch=settings.worker.batch,
            lease=settings.worker.lease,
            max_attempts=settings.worker.max_attempts,
        ),
        clock=now,
    )


def housekeeping(settings: Settings, parts: Parts, upkeep: Upkeep) -> Housekeeping:
    """Return the periodic jobs."""
    return Housekeeping(
        store=parts.store,
        images=parts.images,
        upkeep=upkeep,
        visits=parts.rules.visits,
        questions=parts.rules.questions,
        retention=parts.rules.retention,
        clock=now,
        zone=settings.zone,
    )
