"""Delivering grants: each is posted to its door, again if need be, while it is worth something.

It runs in every worker, beside the loop: whoever decided is nearest, and any other can take over.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Self

import httpx

from domain.doors import against
from domain.evidence import Reason
from domain.grants import conclude, expire
from domain.policy import DoorPolicy
from domain.records import Door, Grant, GrantStatus, Person
from domain.store import Store
from domain.webhooks import signed_headers

log = logging.getLogger(__name__)
# A receiver has to answer within this; a lease is a little longer, so that it outlives the try.
TRY = timedelta(seconds=2)
CONNECT_S = 1.0
LEASE = timedelta(seconds=2.5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=100), timedelta(seconds=1)
AT_ONCE = 32
POLL_S = 1.0
TROUBLE_S = 0.5
# The receiver may answer otherwise in a moment; all else it would say again.
PASSING = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What became of a try: the HTTP status of the answer, None when there was none."""

    answer: int | None

    @property
    def accepted(self) -> bool:
        """Whether the receiver has taken it."""
        return self.answer is not None and HTTPStatus(200) <= self.answer < HTTPStatus(300)

    @property
    def passing(self) -> bool:
        """Whether another try may fare better."""
        if self.answer is None:
            return True
        return self.answer in PASSING or self.answer >= HTTPStatus.INTERNAL_SERVER_ERROR


class Webhooks:
    """Posts grants. Use it as a context manager: it holds the connections."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        # The system's own certificates, so that those of a house's own authority can be among them.
        context = await asyncio.to_thread(ssl.create_default_context)
        self._client = httpx.AsyncClient(
            verify=context,
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(TRY.total_seconds(), connect=CONNECT_S),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client:
            await self._client.aclose()

    async def post(self, door: Door, grant: Grant, person: Person | None, now: datetime) -> Posted:
        """Post a grant once, signed as of now; never longer than it is worth something."""
        if self._client is None:
            raise RuntimeError("Webhooks has to be entered first")
        body = grant_body(door, grant, person)
        headers = {
            "content-type": "application/json",
            "user-agent": "Usher",
            **signed_headers(door.secret, id_=grant.id, at=now, body=body),
        }
        left = min(TRY, grant.expires_at - now).total_seconds()
        try:
            async with (
                asyncio.timeout(left),
                # What the receiver says beside the status is nobody's business.
                self._client.stream("POST", door.url, content=body, headers=headers) as answer,
            ):
                return Posted(answer=answer.status_code)
        except (httpx.HTTPError, TimeoutError, ssl.SSLError) as error:
            log.info("a door did not answer: %s", type(error).__name__)
            return Posted(answer=None)


def grant_body(door: Door, grant: Grant, person: Person | None) -> bytes:
    """Return what is posted of a grant, the same at each try; who it is only by the door's wish."""
    data: dict[str, object] = {
        "id": grant.id,
        "door": {"id": door.id, "name": door.name},
        "expires_at": _time(grant.expires_at),
        "open_for_s": door.open_for_s,
        "by": "person" if grant.ruling else "recognition",
    }
    if door.names and person:
        data["person"] = {"id": person.id, "name": person.label}
    event = {
        "type": "door.test" if grant.test else "door.open",
        "timestamp": _time(grant.ruling.at if grant.ruling else grant.at),
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Doorman:
    """Delivers what is granted, and ends what nobody answered, until cancelled."""

    def __init__(self, *, store: Store, policy: DoorPolicy, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._wake = asyncio.Event()
        self._free = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is taken up by its lease."""
        async with Webhooks() as webhooks, asyncio.TaskGroup() as group:
            _ = group.create_task(self._watch())
            while True:
                try:
                    await self._serve(webhooks, group)
                except Exception as error:  # noqa: BLE001 - whatever the database's trouble is
                    log.warning("the doors' log cannot be read: %s", type(error).__name__)
                    await asyncio.sleep(TROUBLE_S)

    async def _watch(self) -> None:
        """Wake up when something is granted; without that, polling goes on."""
        while True:
            try:
                async for _ in self._store.follow(["grants"]):
                    self._wake.set()
            except Exception as error:  # noqa: BLE001 - whatever the database's trouble is
                log.warning("the doors' log is polled: %s", type(error).__name__)
            self._wake.set()
            await asyncio.sleep(TROUBLE_S)

    async def _serve(self, webhooks: Webhooks, group: asyncio.TaskGroup) -> None:
        """Take up what is due, end what is over, and sleep until there is more to do."""
        self._wake.clear()
        while True:
            await self._free.acquire()
            try:
                now = self._clock()
                grant = await self._store.grants.claim(now=now, until=now + LEASE)
            except BaseException:
                self._free.release()
                raise
            if grant is None:
                self._free.release()
                break
            task = group.create_task(self._deliver(webhooks, grant))
            task.add_done_callback(lambda _: self._free.release())
        await expire(self._store, self._clock())
        due = await self._store.grants.next_due()
        left = (due - self._clock()).total_seconds() if due else POLL_S
        with suppress(TimeoutError):
            async with asyncio.timeout(min(POLL_S, max(0.01, left))):
                await self._wake.wait()

    async def _deliver(self, webhooks: Webhooks, grant: Grant) -> None:
        """Post a leased grant, unless something speaks against it by now, and write what came."""
        try:
            outcome = await self._tried(webhooks, grant)
            await conclude(self._store, grant, outcome, self._clock())
        except Exception as error:  # noqa: BLE001 - its lease runs out, and it is taken up again
            log.warning("a grant could not be dealt with: %s", type(error).__name__)

    async def _tried(self, webhooks: Webhooks, grant: Grant) -> Grant:
        door = await self._store.doors.get(grant.door_id)
        of = grant.person_id
        person = await self._store.persons.canonical(of) if of else None
        now = self._clock()
        why = against(door, person, now, self._policy) if door else Reason.REMOVED
        if door is None or why:
            return _over(grant, GrantStatus.REFUSED, why or Reason.REMOVED)
        if now >= grant.expires_at:
            return _over(grant, GrantStatus.EXPIRED, Reason.UNDELIVERED)
        posted = await webhooks.post(door, grant, person, now)
        return self._after(
            replace(grant, attempts=grant.attempts + 1, answer=posted.answer), posted
        )

    def _after(self, grant: Grant, posted: Posted) -> Grant:
        """Return a grant as it is after a try: delivered, given up, or to be tried again."""
        now = self._clock()
        log.info("grant %s, try %d: %s", grant.id, grant.attempts, posted.answer or "no answer")
        if posted.accepted:
            return replace(grant, status=GrantStatus.DELIVERED, delivered_at=now)
        if not posted.passing:
            return _over(grant, GrantStatus.REFUSED, Reason.DECLINED)
        pause = min(FIRST_PAUSE * 2 ** (grant.attempts - 1), LONGEST_PAUSE)
        if now + pause >= grant.expires_at:
            return _over(grant, GrantStatus.EXPIRED, Reason.UNDELIVERED)
        return replace(grant, due_at=now + pause)


def _over(grant: Grant, status: GrantStatus, why: Reason) -> Grant:
    return replace(grant, status=status, reasons=(*grant.reasons, why))
