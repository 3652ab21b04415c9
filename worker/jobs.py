"""What is done periodically: closing visits, reminding, tending references, forgetting."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from domain import drafts, unanswered
from domain.counting import count_finished, count_today
from domain.covers import chosen_among
from domain.forgetting import forget_overdue, sweep
from domain.intake import Images, crop_id
from domain.policy import QuestionPolicy, RetentionPolicy, VisitPolicy
from domain.store import Store
from domain.upkeep import Upkeep
from domain.whereabouts import end_visits

log = logging.getLogger(__name__)
BATCH = 500
# A post takes seconds; an image this old without a record is of a post that was never answered.
ORPHAN_AGE = timedelta(hours=1)
# A crop that was being classified as somebody while they were forgotten is written by then.
FORGOTTEN_AGE = timedelta(days=1)
# Who came may be told by an answer given the day after.
GUEST_AGE = timedelta(days=1)


class StoredImages(Images, Protocol):
    """The image store, as those who tidy it need it."""

    def list_older_than(self, when: datetime, prefix: str, /) -> AsyncIterator[str]:
        """Yield the keys of pictures stored before a time."""


class Housekeeping:
    """The periodic jobs. Several workers may run them at once: each does what is left to do.

    The rules are asked for each time: somebody may have changed them. Days are those of `zone`.
    """

    def __init__(
        self,
        *,
        store: Store,
        images: StoredImages,
        upkeep: Upkeep,
        visits: Callable[[], VisitPolicy],
        questions: Callable[[], QuestionPolicy],
        retention: Callable[[], RetentionPolicy],
        clock: Callable[[], datetime],
        zone: tzinfo = UTC,
    ) -> None:
        self._store = store
        self._images = images
        self._upkeep = upkeep
        self._visits = visits
        self._questions = questions
        self._retention = retention
        self._clock = clock
        self._zone = zone

    def schedule(self) -> AsyncIOScheduler:
        """Return a scheduler of all jobs, not yet started."""
        scheduler = AsyncIOScheduler(job_defaults={"coalesce": True, "max_instances": 1})
        for job, every in (
            (self.close_visits, timedelta(seconds=30)),
            (self.step_questions, timedelta(seconds=20)),
            (self.wake_snoozed, timedelta(seconds=20)),
            (self._upkeep.tend_references, timedelta(minutes=1)),
            (self.end_sessions, timedelta(hours=1)),
            (self.forget_guests, timedelta(hours=1)),
            (self.forget_old, timedelta(hours=1)),
            (self.forget_overdue, timedelta(minutes=10)),
            (self.forget_drafts, timedelta(minutes=10)),
            (self.sweep_orphans, timedelta(hours=6)),
            (self.finish_forgetting, timedelta(minutes=10)),
            (self.count_days, timedelta(minutes=5)),
            (self.count_today, timedelta(minutes=1)),
        ):
            scheduler.add_job(
                logged(job), "interval", seconds=every.total_seconds(), id=job.__name__, jitter=5
            )
        return scheduler

    async def close_visits(self) -> int:
        """Close visits nobody was seen in for the gap; return how many."""
        return await end_visits(self._store, self._clock() - self._visits().gap)

    async def step_questions(self) -> int:
        """Remind of what nobody answers, ask others, give it up; return how many steps."""
        return await unanswered.step_questions(self._store, self._questions(), self._clock())

    async def wake_snoozed(self) -> int:
        """Bring back the cards that were put off until now; return how many."""
        return await unanswered.wake_snoozed(self._store, self._clock())

    async def forget_guests(self) -> int:
        """Forget the guests of days gone by; return how many."""
        return await self._store.guests.forget(self._clock() - GUEST_AGE)

    async def forget_drafts(self) -> int:
        """Forget photos given to the panel of which nothing became; return how many."""
        before = self._clock() - drafts.LIFE
        old = [key async for key in self._images.list_older_than(before, drafts.FOLDER)]
        await self._images.delete(old)
        return max(len(old), await self._store.drafts.forget(before))

    async def end_sessions(self) -> int:
        """Forget the panel's expired sessions; return how many."""
        return await self._store.sessions.purge(self._clock())

    async def forget_old(self) -> int:
        """Delete images and detections past their age; return how many."""
        gone, retention = 0, self._retention()
        if retention.images is not None:
            gone += await self._forget_images(self._clock() - retention.images)
        if retention.detections is not None:
            gone += await self._forget_detections(self._clock() - retention.detections)
        return gone

    async def _forget_images(self, before: datetime) -> int:
        """Forget images that are no reference's, or only of references retired before then.

        Those that somebody chose to show a person by stay.
        """
        spent = await self._store.references.spent(before)
        for start in range(0, len(spent), BATCH):
            part = spent[start : start + BATCH]
            chosen = await chosen_among(self._store, part)
            await self._store.detections.let_go([id_ for id_ in part if id_ not in chosen])
        gone = 0
        while old := await self._store.detections.expired(before, BATCH, with_image=True):
            await self._images.delete([d.image.key for d in old])
            await self._store.detections.forget_images([d.id for d in old])
            gone += len(old)
        return gone

    async def _forget_detections(self, before: datetime) -> int:
        """Forget records, and the log of the doors.

        The image of a reference in use stays with the person.
        """
        gone = await self._store.references.forget_retired(before)
        gone += await self._store.grants.forget(before)
        while old := await self._store.detections.expired(before, BATCH):
            await self._images.delete([d.image.key for d in old if d.image.key and not d.kept])
            await self._store.detections.remove([d.id for d in old])
            gone += len(old)
        return gone

    async def forget_overdue(self) -> int:
        """Erase everything about those who were to be kept until now; return how many."""
        return await forget_overdue(self._store, self._images, now=self._clock())

    async def count_days(self) -> int:
        """Count what happened on finished days; return how many were counted."""
        return await count_finished(self._store, self._zone, self._clock())

    async def count_today(self) -> int:
        """Count what has happened today; return nought, for it is nothing to be said."""
        await count_today(self._store, self._zone, self._clock())
        return 0

    async def finish_forgetting(self) -> int:
        """Erase what was left, or came, of people forgotten a moment ago; return how many crops."""
        return await sweep(self._store, self._images, since=self._clock() - FORGOTTEN_AGE)

    async def sweep_orphans(self) -> int:
        """Delete images of posts that were cut off before their record; return how many."""
        gone, batch = 0, list[str]()
        async for key in self._images.list_older_than(self._clock() - ORPHAN_AGE, "crops"):
            batch.append(key)
            if len(batch) == BATCH:
                gone += await self._sweep(batch)
                batch = []
        return gone + await self._sweep(batch)

    async def _sweep(self, keys: list[str]) -> int:
        """Delete those of the keys that belong to nothing; what is no crop's key is left alone."""
        ids = {key: id_ for key in keys if (id_ := crop_id(key))}
        recorded = await self._store.detections.some([*ids.values()])
        kept = await self._store.references.made_from([*ids.values()])
        orphans = [k for k, id_ in ids.items() if id_ not in recorded and id_ not in kept]
        await self._images.delete(orphans)
        return len(orphans)


def logged(job: Callable[[], Awaitable[int]]) -> Callable[[], Awaitable[None]]:
    """Return a job that says what it did, and survives what goes wrong: it runs again later."""

    async def run() -> None:
        try:
            done = await job()
        except Exception:
            log.exception("A periodic job failed; it is tried again at its next time.")
            return
        if done:
            log.info("%s: %d", job.__name__, done)

    return run
