"""The simulated camera of the demo: people come and go, and their crops are posted for real."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import count, cycle
from uuid import uuid4

import httpx

from demo.sitters import Sitter, crop, people

__all__ = ["Sitter", "Visit", "crop", "newcomer", "people", "play"]

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]

CALM = 15.0
"""Seconds from one visit to the next."""
APART = 1.0
"""Seconds between the crops of a visit."""
RETRY = 1.0


@dataclass(frozen=True)
class Visit:
    """Somebody comes `after` seconds and is seen in so many crops, a second apart."""

    after: float
    sitter: Sitter
    crops: int = 3


def newcomer() -> Iterator[Visit]:
    """Tell a calm story without end: the astronaut twice, then in turn with everybody else.

    Whoever names the astronaut sees the next crop of them within 40 seconds.
    """
    astronaut, *others = people()
    yield Visit(3.0, astronaut, 4)
    yield Visit(CALM, astronaut, 3)
    for other in cycle(others):
        yield Visit(CALM, other, 4)
        yield Visit(CALM, astronaut, 3)


async def play(
    url: str,
    key: str,
    *,
    clock: Callable[[], datetime],
    script: Iterable[Visit] | None = None,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Post the visits of a script to the server at `url`; without one, go on until cancelled.

    A server that is away is waited for; a crop it refuses is logged and left.
    """
    seeds, headers = count(), {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
        for visit in newcomer() if script is None else script:
            await sleep(visit.after)
            track = f"visit-{uuid4().hex[:8]}"
            for number in range(visit.crops):
                image = await asyncio.to_thread(crop, visit.sitter, next(seeds))
                fields = {"captured_at": clock().isoformat(), "track": track}
                await _post(client, image, fields | {"frame": f"{track}-{number}"}, sleep)
                await sleep(APART)


async def _post(
    client: httpx.AsyncClient, image: bytes, fields: dict[str, str], sleep: Sleep
) -> None:
    """Post one crop until the server has taken it or will never take it."""
    files = {"image": ("face.jpg", image, "image/jpeg")}
    headers = {"Idempotency-Key": uuid4().hex}
    while True:
        try:
            answer = await client.post(
                "/api/v1/detections", data=fields, files=files, headers=headers
            )
        except httpx.TransportError:
            log.info("the server does not answer; the demo's camera tries again")
        else:
            if answer.status_code == HTTPStatus.ACCEPTED:
                return
            log.warning("the demo's camera was answered %s", answer.status_code)
            if not _passing(answer.status_code):
                return
        await sleep(RETRY)


def _passing(status: int) -> bool:
    """Tell whether an answer may be another one soon."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
