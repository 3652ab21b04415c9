"""Filling a database with a made-up installation of any size, as it is after a year.

Everything hangs together as if it had happened: crops are of visits of people who are recognised by
references made from crops, and somebody was asked about each. The same seed at the same moment
gives the same.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np

from domain.counting import count_finished
from domain.errors import UsherError
from domain.intake import Images
from domain.store import PersonQuery
from evaluation.portraits import sitters
from evaluation.seed_answers import asked, references, rejections
from evaluation.seed_cast import cast
from evaluation.seed_house import ADMIN, Ids, build
from evaluation.seed_log import BATCH, Log, detections, visits
from evaluation.seed_people import people
from evaluation.seed_plan import SeedOptions, plan
from storage.bulk import Bulk
from storage.store import MongoStore

__all__ = ["ADMIN", "PeopleThereError", "Seeded", "seed"]
IMAGES_KEPT = timedelta(days=90)
GAP = timedelta(minutes=10)
_WRITING = 8
Tick = Callable[[str, int], None]


class PeopleThereError(UsherError):
    """There are people already, and nobody said that others may be put beside them."""

    key = "people-there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """How much was made."""

    detections: int
    people: int
    references: int
    visits: int
    questions: int
    decisions: int
    pictures: int


async def seed(
    store: MongoStore,
    images: Images,
    options: SeedOptions,
    *,
    model: str,
    dimensions: int,
    now: datetime,
    tick: Tick,
    beside: bool = False,
) -> Seeded:
    """Fill a store that has nobody in it, or put these `beside` who is there.

    Nobody else may use it meanwhile. `tick` is told what is written, and how many more of it.
    Raises PeopleThereError, and FileNotFoundError when the folder of faces has no pictures.
    """
    there = await store.persons.page(PersonQuery(limit=1))
    if there and not beside:
        raise PeopleThereError(
            "There are people in this database already. Choose another --data-dir, or say "
            "--beside to put made-up ones beside them."
        )
    taken = [site.name for site in await store.sites.all()]
    names = {account.name for account in await store.accounts.all()}
    async with store.filling() as bulk:
        begun = await bulk.counts()
        planning = partial(_plan, options, model=model, dimensions=dimensions, now=now)
        planned = await asyncio.to_thread(planning, begun=begun, taken=taken)
        house = planned.log.house
        await bulk.add(house.sites)
        await bulk.add(house.cameras)
        await bulk.add([a for a in house.accounts if a.name not in names])
        made = await _write(bulk, planned, tick)
        await bulk.count(gallery=planned.version, strangers=planned.last_number)
        tick("indexes", 1)
    await count_finished(store, UTC, now)
    tick("days", 1)
    return Seeded(**made, pictures=await _keep(images, planned.log, tick))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """All that is to be written; `begun` are the version and the last number from before."""

    log: Log
    ids: Ids
    begun: tuple[int, int]
    now: float

    @property
    def last_number(self) -> int:
        """The number of the last stranger."""
        return self.begun[1] + len(self.log.cast.ids)

    @property
    def version(self) -> int:
        """The version of the gallery: everybody, their references and their cannot-links."""
        return self.begun[0] + 2 * len(self.log.cast.ids) + len(self.log.plan.chosen)


def _plan(
    options: SeedOptions,
    *,
    model: str,
    dimensions: int,
    now: datetime,
    begun: tuple[int, int],
    taken: Sequence[str],
) -> _Planned:
    """Plan it; blocks, for seconds when it is much."""
    ids, chance = Ids(options.seed, begun[1]), np.random.default_rng(options.seed)
    since = now - timedelta(days=options.days)
    house = build(ids, options.sites, since=since, now=now, taken=taken)
    year = plan(options, house.cameras_of(), now.timestamp())
    shown = sitters(options.faces, min(options.sitters, options.people))
    log = Log.begin(
        ids,
        year,
        cast=cast(year, ids, shown, dimensions, chance),
        house=house,
        model=model,
        oldest_image=(now - IMAGES_KEPT).timestamp(),
    )
    return _Planned(log=log, ids=ids, begun=begun, now=now.timestamp())


async def _write(bulk: Bulk, planned: _Planned, tick: Tick) -> dict[str, int]:
    """Write all of it, the log last; return how much of each."""
    log, ids, (version, _) = planned.log, planned.ids, planned.begun
    everybody = await asyncio.to_thread(people, log, planned.begun, planned.now)
    questions, decisions = await asyncio.to_thread(asked, log, everybody, ids, planned.now)
    apart = rejections(log, ids, version + len(everybody) + len(log.plan.chosen))
    recognised_by = references(log, version + len(everybody))
    written = {
        "people": await _add(bulk, "people", _parts(everybody), tick),
        "references": await _add(bulk, "references", recognised_by, tick),
        "visits": await _add(bulk, "visits", visits(log, planned.now, GAP.total_seconds()), tick),
        "questions": await _add(bulk, "questions", _parts(questions), tick),
        "decisions": await _add(bulk, "decisions", _parts(decisions), tick),
    }
    await bulk.add(apart)
    count = 0
    for documents in detections(log):
        await bulk.add_documents("detections", documents)
        count += len(documents)
        tick("detections", len(documents))
        await asyncio.sleep(0)
    return written | {"detections": count}


async def _add(bulk: Bulk, what: str, parts: Iterator[list[Any]], tick: Tick) -> int:
    count = 0
    for part in parts:
        await bulk.add(part)
        count += len(part)
        tick(what, len(part))
    return count


def _parts(records: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(records), BATCH):
        yield list(records[start : start + BATCH])


async def _keep(images: Images, log: Log, tick: Tick) -> int:
    """Keep the pictures, some at a time; return how many."""
    pictures = [*log.pictures().items()]
    for start in range(0, len(pictures), _WRITING):
        async with asyncio.TaskGroup() as group:
            for key, data in pictures[start : start + _WRITING]:
                _ = group.create_task(images.put(key, data))
        tick("pictures", len(pictures[start : start + _WRITING]))
    return len(pictures)
