"""GET /events: what happens, as it happens, as server-sent events."""

import asyncio
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from api.keys import CAMERA_KEYS, CLOCK, LIMITS, OUTAGES, STORE, STREAMS
from api.principals import Principal, principal_of
from api.problems import ProblemError
from api.representations import detection_json, question_json, visit_json
from api.streams import Upcoming
from domain.records import Detection, Id, Question, Visit
from domain.store import Event
from domain.views import canonical_people

Seen = Detection | Visit | Question
SINGULAR: Final = {"detections": "detection", "visits": "visit", "questions": "question"}
# How many records a listener's last state is remembered of, to leave out what shows no change.
REMEMBERED: Final = 1_000
_TOKEN: Final = re.compile(r"[0-9A-Za-z_-]{1,1000}")
_RETRY_MS: Final = 2_000
_LAST_WORDS_S: Final = 1.0
_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",  # nginx would collect the events before it passes them on
}


async def follow_events(request: web.Request) -> web.StreamResponse:
    """Answer with a stream that ends when the listener or the server does."""
    principal = await _principal(request)
    if not _TOKEN.fullmatch(request.headers.get("Last-Event-ID", "0")):
        raise ProblemError("field-invalid", "This is no id of an event.", field="Last-Event-ID")
    response = web.StreamResponse(headers=_HEADERS)
    async with request.app[STREAMS].slot():
        await response.prepare(request)
        try:
            await _Listener(request, response, principal).run()
        except (TimeoutError, ConnectionError):
            pass  # gone, or too slow to read
        except request.app[OUTAGES]:
            pass  # no database for now: the listener comes back and resumes
    await _finish(request, response)
    return response


async def _finish(request: web.Request, response: web.StreamResponse) -> None:
    """End the answer properly, or at once where nobody reads it."""
    try:
        async with asyncio.timeout(_LAST_WORDS_S):
            await response.write_eof()
    except (TimeoutError, ConnectionError):
        if request.transport:
            request.transport.abort()


async def _principal(request: web.Request) -> Principal:
    app = request.app
    return await principal_of(request, keys=app[CAMERA_KEYS], store=app[STORE], now=app[CLOCK]())


class _Listener:
    """One client and what it has been told."""

    def __init__(
        self, request: web.Request, response: web.StreamResponse, principal: Principal
    ) -> None:
        self._request = request
        self._app = request.app
        self._response = response
        self._principal = principal
        self._limits = request.app[LIMITS]
        self._token = request.headers.get("Last-Event-ID")
        self._told: OrderedDict[Id, bytes] = OrderedDict()

    async def run(self) -> None:
        """Tell what happens until the listener goes or may listen no longer."""
        await self._write(f"retry: {_RETRY_MS}\n\n")
        try:
            while True:
                await self._follow()
                # What came between is not kept; the listener has to ask for the state anew.
                self._token = None
                await self._write("event: reset\ndata: {}\n\n")
        except ProblemError:
            return  # the rights are gone

    async def _follow(self) -> None:
        """Tell what happens until the token is too old to go on from."""
        store = self._app[STORE]
        upcoming = Upcoming(store.follow(self._principal.tables, resume_after=self._token))
        heartbeat = self._limits.heartbeat.total_seconds()
        now = asyncio.get_running_loop().time
        try:
            due = now() + heartbeat
            while True:
                try:
                    event = await upcoming.get(max(0.0, due - now()))
                except LookupError:
                    return
                if event:
                    await self._tell(event)
                if now() >= due:
                    self._principal = await _principal(self._request)
                    await self._beat()
                    due = now() + heartbeat
        finally:
            await upcoming.close()

    async def _beat(self) -> None:
        """Show that the line is alive, and from where to resume: an id alone is no event."""
        await self._write(f"id: {self._token}\n\n" if self._token else ": alive\n\n")

    async def _tell(self, event: Event) -> None:
        """Tell of a change the listener may see, unless nothing shows of it."""
        self._token = event.token
        record = await self._record(event)
        if record is None or not self._principal.sees(record):
            return
        data = json.dumps(await self._shape(record), ensure_ascii=False, separators=(",", ":"))
        digest = hashlib.blake2b(data.encode(), digest_size=16).digest()
        if self._told.get(record.id) == digest:
            return
        self._told[record.id] = digest
        self._told.move_to_end(record.id)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        what = "created" if event.created else "changed"
        name = f"{SINGULAR[event.table]}.{what}"
        await self._write(f"id: {event.token}\nevent: {name}\ndata: {data}\n\n")

    async def _record(self, event: Event) -> Seen | None:
        store = self._app[STORE]
        getters: dict[str, Callable[[Id], Awaitable[Seen | None]]] = {
            "detections": store.detections.get,
            "visits": store.visits.get,
            "questions": store.questions.get,
        }
        return await getters[event.table](event.record_id)

    async def _shape(self, record: Seen) -> dict[str, Any]:
        ids: list[Id | None] = [record.person_id]
        if isinstance(record, Question):
            ids += [suggestion.person_id for suggestion in record.suggestions]
        people = await canonical_people(self._app[STORE], ids)
        match record:
            case Detection():
                return detection_json(record, people, self._app)
            case Visit():
                return visit_json(record, people, self._app)
            case Question():
                return question_json(record, people)

    async def _write(self, text: str) -> None:
        async with asyncio.timeout(self._limits.write_time.total_seconds()):
            await self._response.write(text.encode())
