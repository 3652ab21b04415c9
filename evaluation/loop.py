"""The main loop measured: crop in, card out, and how much of it a machine takes.

Two installations are measured one after the other. In the first a camera posts now and then, and a
manager's chat is watched; then many crops are posted at once and worked off. In the second the
workers are held still, so that the API and the database have the machine for themselves, as has
the naive handler that they are compared with.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import cycle, islice
from pathlib import Path

from evaluation.cast import Actor, cast
from evaluation.load import percentile
from evaluation.system import System, running_system
from evaluation.taking import BACKLOG, BATCH, ROUNDS, Intake, measure_intake
from evaluation.waiting import VISIT_GAP, WARM_UP, time_cards

POSTERS = 4
POOL = 64
SETTLE_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOptions:
    """What is measured: cards, crops worked off, and seconds of posts to each handler."""

    workers: int = 1
    faces: Path | None = None
    cards: int = 60
    crops: int = 600
    seconds: float = 9.0

    @property
    def steps(self) -> int:
        """How many steps there are to show progress by."""
        return self.cards + 1 + ROUNDS


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopFigures:
    """The result. A post of `posts_per_s` has one crop, one of `posts_per_s_batched` sixteen.

    `ratio` is `posts_per_s` to `naive_posts_per_s`. `strangers` of the `cards` were about people
    never seen before, the others about people who came back.
    """

    posts_per_s: float
    post_p99_ms: float
    card_p50_ms: float
    card_p99_ms: float
    crops_per_s: float
    posts_per_s_batched: float
    post_p50_ms: float
    naive_posts_per_s: float
    naive_p99_ms: float
    ratio: float
    cards: int
    strangers: int
    workers: int


async def measure_loop(options: LoopOptions, tick: Callable[[], None]) -> LoopFigures:
    """Measure; `tick` is called at each of `options.steps` steps."""
    actors = await asyncio.to_thread(cast, options.faces, options.cards + WARM_UP)
    async with running_system(workers=options.workers, USHER_VISITS__GAP=VISIT_GAP) as system:
        millis = await time_cards(system, actors, options.cards, tick)
        crops_per_s = await _work_off(system, actors, options.crops)
        tick()
    crops = await _crops(actors, POOL)
    async with running_system(
        workers=options.workers, chat=False, USHER_WORKER__BACKLOG=BACKLOG
    ) as system:
        intake = await measure_intake(system, crops, options.seconds, tick)
    return _figures(options, millis, crops_per_s, intake, len(actors))


def _figures(
    options: LoopOptions, cards: list[float], crops_per_s: float, intake: Intake, people: int
) -> LoopFigures:
    return LoopFigures(
        posts_per_s=round(intake.singles.per_s, 1),
        post_p99_ms=round(percentile(intake.singles.millis, 0.99), 1),
        card_p50_ms=round(percentile(cards, 0.5), 1),
        card_p99_ms=round(percentile(cards, 0.99), 1),
        crops_per_s=round(crops_per_s, 1),
        posts_per_s_batched=round(intake.batches.per_s, 1),
        post_p50_ms=round(percentile(intake.singles.millis, 0.5), 1),
        naive_posts_per_s=round(intake.naive.per_s, 1),
        naive_p99_ms=round(percentile(intake.naive.millis, 0.99), 1),
        ratio=round(intake.singles.per_s / intake.naive.per_s, 3),
        cards=len(cards),
        strangers=min(len(cards), max(0, people - WARM_UP)),
        workers=options.workers,
    )


async def _crops(actors: Sequence[Actor], number: int) -> list[bytes]:
    """Return crops of everybody in turn, none twice."""
    turns = list(islice(cycle(actors), number))
    return await asyncio.to_thread(lambda: [a.crop(1000 + n) for n, a in enumerate(turns)])


async def _work_off(system: System, actors: Sequence[Actor], number: int) -> float:
    """Post crops by the batch, as fast as they are taken; return how many a second are done."""
    crops = await _crops(actors, number)
    batches = [crops[start : start + BATCH] for start in range(0, number, BATCH)]
    waiting = iter(batches)

    async def poster() -> None:
        for some in waiting:
            answer = await system.post(*some)
            if answer.status_code != HTTPStatus.ACCEPTED:
                raise RuntimeError(f"A batch was answered {answer.status_code}: {answer.text}")

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(POSTERS):
            _ = group.create_task(poster())
    await system.settled(seconds=SETTLE_SECONDS)
    return number / (time.perf_counter() - begun)
