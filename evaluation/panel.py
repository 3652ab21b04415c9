"""How fast the panel answers with a million crops: the real `usher api`, asked for every page."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import numpy as np

from admin_web.doors import DOORS
from admin_web.guard import Who
from evaluation.installation import running_usher
from evaluation.load import percentile
from evaluation.panel_crawl import Hints, Ways
from evaluation.panel_house import filled, sign_in
from evaluation.processes import Role
from evaluation.seed import Tick
from evaluation.seed_house import ADMIN, MANAGER
from evaluation.seed_plan import SeedOptions

AT_ONCE = 2
# What no page can be faster than: a file that the server has in memory.
FLOOR = "/static/favicon.svg"
NOBODY = ""
_READING = 3
_PAGES = [door for door in DOORS if door.method == "GET"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelOptions:
    """What is made up, where it is kept (nothing: nowhere), and how often each page is asked."""

    seed: SeedOptions
    data_dir: Path | None = None
    times: int = 40


@dataclass(slots=True)
class Timed:
    """Milliseconds to the first byte of each answer, and the statuses of those that refused."""

    millis: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Question:
    """One request: whose, for what, and under which name it is counted."""

    who: str
    way: str
    address: str


async def measure_panel(
    options: PanelOptions, seeding: Tick, asking: Callable[[int], Callable[[], None]]
) -> dict[str, Any]:
    """Fill a data folder, unless it is filled; ask for every page; return the figures.

    `seeding` is told what is written; `asking` how often will be asked, and gives what is called
    each time.
    """
    with TemporaryDirectory(prefix="usher-") as folder:
        data_dir = options.data_dir or Path(folder, "data")
        hints = await filled(data_dir, options.seed, seeding)
        async with (
            running_usher(Role.API, data_dir=data_dir) as usher,
            AsyncExitStack() as stack,
        ):
            clients = {NOBODY: await stack.enter_async_context(_client(usher.url))}
            for name in (ADMIN, MANAGER):
                clients[name] = await stack.enter_async_context(_client(usher.url))
                password = (await usher.command("account", "password", name)).strip()
                await sign_in(clients[name], name, password)
            ways = {who: await _ways(clients[who], who, hints[who]) for who in clients}
            questions = _questions(ways, options.times)
            timed = await _ask(clients, questions, asking(len(questions)))
    return _figures(timed, ways)


def _client(url: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        url, headers={"Accept": "text/html"}, cookie_jar=aiohttp.CookieJar(unsafe=True)
    )


def _doors(who: str) -> list[str]:
    """Return the doors that somebody is to ask."""
    if who == NOBODY:
        return [door.path for door in _PAGES if door.who is Who.ANYONE]
    inside = [door for door in _PAGES if door.who is not Who.ANYONE]
    return [door.path for door in inside if who == ADMIN or door.who is not Who.ADMINS]


async def _ways(client: aiohttp.ClientSession, who: str, hints: Hints) -> Ways:
    """Read pages, and those they lead to, until it is known what can be asked."""
    ways, read = Ways(_doors(who), hints, seed=len(who)), set[str]()
    for _ in range(_READING):
        fresh = [there[:2] for there in ways.addresses.values()]
        for address in [one for some in fresh for one in some if one not in read]:
            read.add(address)
            async with client.get(address, allow_redirects=False) as answer:
                if answer.content_type == "text/html" and answer.status == HTTPStatus.OK:
                    ways.read(address, await answer.text())
    return ways


def _questions(ways: Mapping[str, Ways], times: int) -> list[Question]:
    """Ask each way so often, by turns of those who can and of its addresses; in mixed order."""
    chance, made = np.random.default_rng(times), list[Question]()
    able = defaultdict[str, list[tuple[str, list[str]]]](list)
    for who, known in ways.items():
        for way, there in known.addresses.items():
            able[way].append((who, there))
    for way, people in able.items():
        for turn in range(times):
            who, there = people[turn % len(people)]
            made.append(Question(who, way, there[turn // len(people) % len(there)]))
    floor = [Question(NOBODY, FLOOR, FLOOR)] * times
    return [*map((made + floor).__getitem__, chance.permutation(len(made) + times))]


async def _ask(
    clients: Mapping[str, aiohttp.ClientSession],
    questions: Sequence[Question],
    tick: Callable[[], None],
) -> dict[str, Timed]:
    """Ask all of it, two at a time."""
    timed, waiting = defaultdict[str, Timed](Timed), iter(questions)

    async def ask() -> None:
        for question in waiting:
            begun = time.perf_counter()
            async with clients[question.who].get(question.address, allow_redirects=False) as answer:
                taken = 1000 * (time.perf_counter() - begun)
                if answer.content_type != "text/event-stream":
                    await answer.read()
            if answer.status < HTTPStatus.BAD_REQUEST:
                timed[question.way].millis.append(taken)
            else:
                timed[question.way].refused.append(answer.status)
            tick()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            _ = group.create_task(ask())
    return timed


def _figures(timed: dict[str, Timed], ways: Mapping[str, Ways]) -> dict[str, Any]:
    floor = timed.pop(FLOOR)
    answered = {way: one.millis for way, one in sorted(timed.items()) if one.millis}
    return {
        "pages": {way: round(percentile(millis, 0.95), 1) for way, millis in answered.items()},
        "p50_ms": {way: round(percentile(millis, 0.5), 1) for way, millis in answered.items()},
        "floor_ms": round(percentile(floor.millis, 0.95), 1),
        "floor_p50_ms": round(percentile(floor.millis, 0.5), 1),
        "asked": sum(map(len, answered.values())),
        "refused": {w: sorted({*one.refused}) for w, one in sorted(timed.items()) if one.refused},
        "unasked": sorted(set.intersection(*[_left(who, known) for who, known in ways.items()])),
    }


def _left(who: str, known: Ways) -> set[str]:
    """Return the doors that this account did not get behind, or was not to."""
    return {*known.unasked(), *({door.path for door in _PAGES} - {*_doors(who)})}
