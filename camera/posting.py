"""Bringing crops from the spool to the server, however often it takes.

202 (or 200, for one it already has) ends a crop. What may pass is tried again: no connection, a
lost answer, 429, 503 and other 5xx. A crop the server will never take is dropped, counted and said.
What no retry can mend, such as a wrong key, ends the run with a sentence.
"""

import asyncio
import math
import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from camera.options import CameraError, Totals
from camera.spool import Post, Spool

PATH = "/api/v1/detections"
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
LONGEST_WAIT = 300.0
"""Seconds; a server may ask for more by Retry-After, and is asked again after this."""
QUIET = 10.0
"""Seconds between two reports of a failure, so that a server that comes and goes is no flood."""
IDLE = 0.05
"""Seconds between looks into an empty spool."""
TAKEN = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED})
LATER = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""The server, not the crop, is the reason: the same crop goes first when it is back."""
ELSEWHERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
KEY_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

Say = Callable[[str], None]


@dataclass
class Pause:
    """When all posters may try again. Doubles from `first` seconds to `longest`, with jitter."""

    first: float = 0.5
    longest: float = 30.0
    until: float = 0.0
    failures: int = 0
    said_at: float = -math.inf
    said: bool = False

    async def wait(self) -> None:
        """Return when it is time to try."""
        await asyncio.sleep(max(0.0, self.until - time.monotonic()))

    def fail(self, asked: float | None) -> bool:
        """Note a failure, and the seconds the server asked for; True if it is time to say so."""
        now = time.monotonic()
        if now < self.until:
            return False  # another poster said so a moment ago
        self.failures += 1
        wait = min(self.longest, self.first * 2 ** min(self.failures - 1, 16))
        wait *= random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
        self.until = now + (wait if asked is None else asked)
        if self.said or now - self.said_at < QUIET:
            return False
        self.said, self.said_at = True, now
        return True

    def succeed(self) -> bool:
        """Note a success; True if it ends an outage that was said."""
        ended, self.failures, self.said = self.said, 0, False
        return ended


@dataclass(kw_only=True)
class Poster:
    """Posts what is in the spool, several crops at once, oldest first."""

    spool: Spool
    url: str
    key: str = field(repr=False)
    totals: Totals
    say: Say
    in_flight: int = 4
    pause: Pause = field(default_factory=Pause)
    last_success: float = field(default_factory=time.monotonic)

    async def run(self) -> None:
        """Post until cancelled. Raises CameraError where only a person can help."""
        headers = {"Authorization": f"Bearer {self.key}", "User-Agent": "usher-camera"}
        limits = httpx.Limits(max_connections=self.in_flight)
        try:
            async with (
                httpx.AsyncClient(headers=headers, timeout=TIMEOUT, limits=limits) as client,
                asyncio.TaskGroup() as tasks,
            ):
                for _ in range(self.in_flight):
                    tasks.create_task(self._work(client))
        except* CameraError as errors:
            raise errors.exceptions[0] from None

    async def _work(self, client: httpx.AsyncClient) -> None:
        while True:
            await self.pause.wait()
            name = self.spool.take()
            if name is None:
                await asyncio.sleep(IDLE)
                continue
            crop = await asyncio.to_thread(self.spool.read, name)
            if crop is None:
                await self._drop(name, "its file in the spool is damaged")
                continue
            await self._deliver(client, name, *crop)

    async def _deliver(self, client: httpx.AsyncClient, name: str, post: Post, jpeg: bytes) -> None:
        try:
            answer = await client.post(
                self.url.rstrip("/") + PATH,
                data=post.fields,
                files={"image": ("face.jpg", jpeg, "image/jpeg")},
                headers={"Idempotency-Key": post.idempotency_key},
            )
        except httpx.RequestError as error:
            self._again(name, f"no answer from {self.url} ({_reason(error)})")
        else:
            await self._judge(name, answer)

    async def _judge(self, name: str, answer: httpx.Response) -> None:
        """Do with a crop what the server's answer says."""
        status = answer.status_code
        if status in TAKEN and "json" in answer.headers.get("Content-Type", ""):
            await self._arrived(name)
        elif status in LATER:
            self._again(name, f"the server answers {status}", asked=retry_after(answer))
        elif status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.CONFLICT:
            self._again(name, f"the server answers {status}", to_the_end=True)
        elif status in KEY_REFUSED:
            raise CameraError(f"the server refuses this key: {detail(answer)} (check --key)")
        elif status in ELSEWHERE or status < HTTPStatus.BAD_REQUEST:
            raise CameraError(f"{self.url} answers {status}, but not as Usher does (check --url)")
        else:
            await self._drop(name, detail(answer))

    async def _arrived(self, name: str) -> None:
        self.totals.posted += 1
        await self._remove(name)
        self.last_success = time.monotonic()
        if self.pause.succeed():
            self.say("the server takes crops again")

    def _again(
        self, name: str, why: str, *, asked: float | None = None, to_the_end: bool = False
    ) -> None:
        self.spool.give_back(name, to_the_end=to_the_end)
        if self.pause.fail(asked):
            self.say(f"{why}; crops wait in the spool and are posted again")

    async def _drop(self, name: str, why: str) -> None:
        self.totals.refused += 1
        await self._remove(name)
        self.say(f"a crop was dropped: {why}")

    async def _remove(self, name: str) -> None:
        await asyncio.to_thread(self.spool.remove, name)
        self.totals.waiting = len(self.spool)


def retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds that Retry-After asks for (a number or a date), or None."""
    text = answer.headers.get("Retry-After", "")
    try:
        until = parsedate_to_datetime(text) if not text.isdecimal() else None
        seconds = float(text) if until is None else (until - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
    return min(LONGEST_WAIT, max(0.0, seconds))


def detail(answer: httpx.Response) -> str:
    """Return what an RFC 9457 problem says, or the bare status."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    said = problem.get("detail") or problem.get("title") if isinstance(problem, dict) else None
    return f"{answer.status_code} {said or answer.reason_phrase}"[:300]


def _reason(error: httpx.RequestError) -> str:
    """Return a short reason: the error's own words, or its kind where it has none."""
    if isinstance(error.__cause__, ssl.SSLError):
        return "its certificate is not trusted"
    return str(error) or type(error).__name__
