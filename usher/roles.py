"""One role each: what `usher api`, `usher worker` and `usher bot` run until they are stopped."""

import asyncio
import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

from domain.classification import Classifier
from domain.errors import UsherError
from domain.gallery import LiveGallery
from domain.policy import DoorPolicy, QuestionPolicy, VisitPolicy
from domain.upkeep import Upkeep
from recognition.errors import RecognitionError
from storage.errors import StorageError
from usher.answers import SiteAnswers
from usher.pack_in_use import follow_in_use, load_in_use
from usher.parts import Parts, now, open_parts, process_name
from usher.recogniser import EngineRecogniser
from usher.settings import QuestionSettings, RetentionSettings, Settings
from worker.doors import Doorman
from worker.jobs import Housekeeping, Retention
from worker.learning import Learning
from worker.loop import Worker, WorkerOptions

log = logging.getLogger(__name__)


def visit_policy(settings: Settings) -> VisitPolicy:
    """Return the rules of visits."""
    return VisitPolicy(gap=settings.visits.gap, announce_known=settings.visits.announce_known)


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
    answers = recogniser.answers(settings.recognition)
    upkeep = Upkeep(store=parts.store, gallery=gallery, policy=answers.policy(0, 0), clock=now)
    scheduler = housekeeping(settings, parts, upkeep).schedule()
    Learning(store=parts.store, learner=answers, clock=now).join(scheduler)
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
        visit_policy=visit_policy(settings),
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
        visit_gap=settings.visits.gap,
        questions=question_policy(settings.questions),
        retention=_retention(settings.retention),
        clock=now,
    )


def question_policy(settings: QuestionSettings) -> QuestionPolicy:
    """Return what is done about a question nobody answers."""
    return QuestionPolicy(
        remind=settings.remind_after or None,
        escalate=settings.escalate_after or None,
        expire=settings.expire_after or None,
    )


def _retention(settings: RetentionSettings) -> Retention:
    return Retention(
        images=timedelta(days=settings.images_days) or None,
        detections=timedelta(days=settings.detections_days) or None,
    )
