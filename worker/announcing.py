"""Tells those who run no models which distances hold now."""

from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from domain.answers import Answers
from domain.gallery import LiveGallery
from domain.store import Store
from domain.thresholds import announce
from worker.jobs import logged

EVERY = timedelta(minutes=1)


class Announcing:
    """A periodic job of every worker; where nothing has changed, nothing is written."""

    def __init__(
        self,
        *,
        store: Store,
        answers: Answers,
        gallery: LiveGallery,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._answers = answers
        self._gallery = gallery
        self._clock = clock

    def join(self, scheduler: AsyncIOScheduler) -> None:
        """Put the job on a schedule, from now on."""
        scheduler.add_job(
            logged(self.announce_distances),
            "interval",
            seconds=EVERY.total_seconds(),
            id=self.announce_distances.__name__,
            jitter=5,
            next_run_time=self._clock(),
        )

    async def announce_distances(self) -> int:
        """Say which distances hold for as many people as are known now."""
        gallery = self._gallery
        await gallery.refresh()
        await announce(
            self._store,
            self._answers,
            model=gallery.model,
            persons=gallery.size,
            references=gallery.kept,
        )
        return 0
