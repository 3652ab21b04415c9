"""Load: so many posts in flight, for so long."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp

IN_FLIGHT = 32


@dataclass(slots=True)
class Taken:
    """What a server took: posts and seconds in all, milliseconds of each post."""

    seconds: float = 0.0
    millis: list[float] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        """Posts a second."""
        return len(self.millis) / self.seconds if self.seconds else 0.0

    def add(self, other: "Taken") -> None:
        """Count another round in."""
        self.seconds += other.seconds
        self.millis += other.millis


async def press(
    url: str, key: str, bodies: Sequence[tuple[bytes, str]], *, seconds: float
) -> Taken:
    """Post bodies (bytes and media type) in turn, 32 in flight; every one must be answered 202.

    Raises RuntimeError at the first other answer.
    """
    taken, turn = Taken(), itertools.cycle(bodies)
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                until = started + seconds
                _ = group.create_task(_poster(session, url, turn, until, taken))
        taken.seconds = time.perf_counter() - started
    return taken


async def _poster(
    session: aiohttp.ClientSession,
    url: str,
    turn: "itertools.cycle[tuple[bytes, str]]",
    until: float,
    taken: Taken,
) -> None:
    while (begun := time.perf_counter()) < until:
        body, media_type = next(turn)
        async with session.post(url, data=body, headers={"Content-Type": media_type}) as answer:
            text = await answer.text()
        if answer.status != HTTPStatus.ACCEPTED:
            raise RuntimeError(f"{url} answered {answer.status}: {text}")
        taken.millis.append(1000 * (time.perf_counter() - begun))


def single(crop: bytes) -> tuple[bytes, str]:
    """Return the body of a post of one crop."""
    return crop, "image/jpeg"


def batch(crops: Sequence[bytes]) -> tuple[bytes, str]:
    """Return the body of a post of several crops: multipart, by hand so that it costs nothing."""
    boundary = b"usher-bench-5f2c8e1a"
    head = (
        b"--" + boundary + b'\r\nContent-Disposition: form-data; name="image"; filename="f.jpg"'
        b"\r\nContent-Type: image/jpeg\r\n\r\n"
    )
    parts = b"".join(head + crop + b"\r\n" for crop in crops)
    media_type = f"multipart/form-data; boundary={boundary.decode()}"
    return parts + b"--" + boundary + b"--\r\n", media_type


def percentile(millis: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of all values do not exceed; 0 of none."""
    ordered = sorted(millis)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
