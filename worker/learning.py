"""Keeps the answers true: fits them to the site from time to time, and takes up what was fitted."""

from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from domain import learning
from domain.learning import Learner
from domain.store import Store
from worker.jobs import logged

LEARN, ADOPT = timedelta(minutes=20), timedelta(minutes=1)


class Learning:
    """Two periodic jobs of every worker: one of them learns, all of them take it up."""

    def __init__(self, *, store: Store, learner: Learner, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._learner = learner
        self._clock = clock

    def join(self, scheduler: AsyncIOScheduler) -> None:
        """Put the jobs on a schedule; what is kept is taken up as soon as it starts."""
        now = self._clock()
        for job, every in ((self.adopt_answers, ADOPT), (self.learn_answers, LEARN)):
            scheduler.add_job(
                logged(job),
                "interval",
                seconds=every.total_seconds(),
                id=job.__name__,
                jitter=5,
                next_run_time=now if every is ADOPT else now + LEARN,
            )

    async def learn_answers(self) -> int:
        """Fit the answers to the site; return how many people and trials they were fitted to."""
        return await learning.learn(self._store, self._learner, self._clock())

    async def adopt_answers(self) -> int:
        """Take up what was fitted here or by another worker."""
        await learning.adopt(self._store, self._learner)
        return 0
