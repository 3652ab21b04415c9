"""What happens is told as it happens, and told again to those who missed it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.limits import Limits
from domain.ids import new_id
from domain.intake import Images
from domain.records import (
    Best,
    DetectionStatus,
    Person,
    PersonStatus,
    Question,
    QuestionKind,
    QuestionStatus,
    Visit,
)

Make = Callable[..., bytes]
Enter = Callable[..., Awaitable[Any]]
QUICK = Limits(heartbeat=timedelta(milliseconds=50))


@dataclass
class Told:
    """One event as it came."""

    id: str | None
    name: str
    data: Any


class Listener:
    """Reads a stream of events, as a browser does."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()
        self.last_id: str | None = None

    async def __anext__(self) -> Told:
        """Return the next event."""
        async with asyncio.timeout(5):
            fields: dict[str, str] = {}
            async for line in self._lines:
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    continue
                self.last_id = fields.get("id", self.last_id)
                if "data" in fields:
                    return Told(fields.get("id"), fields["event"], json.loads(fields["data"]))
                fields = {}
        raise EOFError

    async def ended(self) -> bool:
        """Whether the stream ends, with no event before."""
        try:
            await anext(self)
        except EOFError:
            return True
        return False


@asynccontextmanager
async def _listen(api: Any, who: dict[str, str], after: str | None = None) -> AsyncIterator[Any]:
    headers = {**who, "Last-Event-ID": after} if after else who
    async with api.client.stream("GET", "/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield Listener(answer)


async def _first(listener: Any, happen: Callable[[], Awaitable[Any]]) -> Told:
    """Return the first event; things happen until the stream has got going."""

    async def go_on() -> None:
        while True:
            await happen()
            await asyncio.sleep(0.02)

    going = asyncio.ensure_future(go_on())
    try:
        return await anext(listener)
    finally:
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)


async def test_created_and_changed(
    *, api: Any, eye: Any, picture: Make, enter: Enter, images: Images, store: Any
) -> None:
    """A camera is told of its detections, in the words of GET; a lease is nobody's business."""
    async with _listen(api, eye.headers) as listener:
        first = await _first(listener, lambda: enter(eye, picture(), images))
        assert first.name == "detection.created"
        answer = await api.client.get(
            first.data["url"].removeprefix("/api/v1"), headers=eye.headers
        )
        assert first.data == answer.json()
    async with _listen(api, eye.headers, after=first.id) as listener:
        detection = await enter(eye, picture(), images)
        while (told := await anext(listener)).data["id"] != detection.id:
            pass
        await store.detections.save(replace(detection, keys=("seen by nobody",)))
        await store.detections.save(replace(detection, status=DetectionStatus.UNUSABLE))
        told = await anext(listener)
        assert (told.name, told.data["status"]) == ("detection.changed", "unusable")


async def test_resume(api: Any, eye: Any, picture: Make, enter: Enter, images: Images) -> None:
    """Whoever comes back with the last id is told, in order, what they missed."""
    async with _listen(api, eye.headers) as listener:
        last = await _first(listener, lambda: enter(eye, picture(), images))
    missed = [(await enter(eye, picture(), images)).id for _ in range(3)]
    for _ in range(2):
        async with _listen(api, eye.headers, after=last.id) as listener:
            told: list[str] = []
            while missed[-1] not in told:
                told.append((await anext(listener)).data["id"])
            assert told[-3:] == missed


async def test_heartbeat_moves_the_id_on(
    *, serve: Any, eye: Any, hire: Any, picture: Make, enter: Enter, images: Images
) -> None:
    """A listener to whom nothing happens still learns from where to resume."""
    api = await serve(limits=QUICK)
    other = await hire()
    async with _listen(api, eye.headers) as listener:
        seen = await _first(listener, lambda: enter(eye, picture(), images))
        before = listener.last_id
        await enter(other, picture(), images)
        await asyncio.sleep(0.15)
        own = await enter(eye, picture(), images)
        while (await anext(listener)).data["id"] != own.id:
            pass
        assert before == seen.id != listener.last_id


@pytest.mark.parametrize("token", ["00", "8261" + "0" * 40, "made-up"])
async def test_token_too_old(
    *, api: Any, eye: Any, picture: Make, enter: Enter, images: Images, token: str
) -> None:
    """An id that cannot be resumed from is answered by a reset, and the stream goes on."""
    async with _listen(api, eye.headers, after=token) as listener:
        assert (await anext(listener)).name == "reset"
        told = await _first(listener, lambda: enter(eye, picture(), images))
        assert told.name == "detection.created"


async def test_nonsense_as_id(api: Any, eye: Any) -> None:
    """What was never an id is refused."""
    answer = await api.client.get("/events", headers={**eye.headers, "Last-Event-ID": "{$gt: 1}"})
    assert answer.status_code == 422
    assert answer.json()["field"] == "Last-Event-ID"


async def test_others_are_not_told(
    *, api: Any, hire: Any, sign_in: Any, picture: Make, enter: Enter, images: Images
) -> None:
    """Cameras hear of themselves, viewers and managers of their sites, admins of all."""
    here, there = await hire(), await hire()
    audience = {
        "camera": here.headers,
        "viewer": await sign_in("viewer", here.camera.site_id),
        "manager": await sign_in("manager", here.camera.site_id),
        "admin": await sign_in("admin"),
    }

    async def both() -> None:
        await enter(there, picture(), images)
        await enter(here, picture(), images)

    for name, who in audience.items():
        async with _listen(api, who) as listener:
            heard = {(await _first(listener, both)).data["site_id"]}
        async with _listen(api, who, after=listener.last_id) as listener:
            await both()
            last = await enter(here, picture(), images)
            while (told := await anext(listener)).data["id"] != last.id:
                heard.add(told.data["site_id"])
        heard.add(told.data["site_id"])
        expected = {here.camera.site_id}
        assert heard == (expected | {there.camera.site_id} if name == "admin" else expected), name


async def test_visits_and_questions(
    *,
    api: Any,
    eye: Any,
    sign_in: Any,
    store: Any,
    clock: Any,
    picture: Make,
    enter: Enter,
    images: Images,
) -> None:
    """Accounts are told of visits and questions too, with the people in them; cameras are not."""
    person = Person(
        id=new_id(), number=17, status=PersonStatus.UNKNOWN, created_at=clock(), version=0
    )
    await store.persons.add(person)
    manager = await sign_in("manager", eye.camera.site_id)
    async with _listen(api, manager) as listener, _listen(api, eye.headers) as camera:
        start = await _first(listener, lambda: enter(eye, picture(), images))
        await _first(camera, lambda: enter(eye, picture(), images))
    detection = await enter(eye, picture(), images)
    visit = Visit(
        id=new_id(),
        person_id=person.id,
        site_id=eye.camera.site_id,
        opened_at=clock(),
        last_seen_at=clock(),
        open=True,
        ordinal=1,
        detections=1,
        camera_ids=(eye.camera.id,),
        best=Best(
            detection_id=detection.id,
            camera_id=eye.camera.id,
            image_key=detection.image.key,
            quality=0.5,
        ),
    )
    await store.visits.add(visit)
    question = Question(
        id=new_id(),
        visit_id=visit.id,
        site_id=visit.site_id,
        person_id=person.id,
        kind=QuestionKind.WHO,
        status=QuestionStatus.OPEN,
        asked_at=clock(),
    )
    await store.questions.add(question)
    last = await enter(eye, picture(), images)
    for who, expected in ((manager, {"visit.created", "question.created"}), (eye.headers, set())):
        told: dict[str, Told] = {}
        async with _listen(api, who, after=start.id) as listener:
            while (event := await anext(listener)).data["id"] != last.id:
                told[event.name] = event
        assert told.keys() - {"detection.created"} == expected
        for event in told.values():
            if event.name != "detection.created":
                assert event.data["person"]["label"] == "Stranger 17"
        if expected:
            image_url = f"/api/v1/detections/{detection.id}/image"
            assert told["visit.created"].data["best"]["image_url"] == image_url


async def test_rights_that_end(serve: Any, eye: Any, store: Any, clock: Any) -> None:
    """When a key is revoked, its stream ends."""
    api = await serve(limits=QUICK)
    async with _listen(api, eye.headers) as listener:
        await store.cameras.save(replace(eye.camera, revoked_at=clock()))
        assert await listener.ended()


async def test_too_many(serve: Any, eye: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Only so many may listen; a place that is given up is free again, without an error."""
    api = await serve(limits=replace(QUICK, event_clients=1))
    async with _listen(api, eye.headers):
        answer = await api.client.get("/events", headers=eye.headers)
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:usher:problem:too-many-streams"
        assert answer.headers["Retry-After"] == "5"
    async with asyncio.timeout(5):
        while True:
            async with api.client.stream("GET", "/events", headers=eye.headers) as again:
                if again.status_code == 200:
                    break
            await asyncio.sleep(0.02)
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}]


async def test_nobody_listens(api: Any) -> None:
    """Without a key or a session there is no stream."""
    answer = await api.client.get("/events")
    assert answer.status_code == 401


async def test_server_stops(serve: Any, eye: Any) -> None:
    """A server that stops ends its streams properly and does not wait for them."""
    api = await serve()
    loop = asyncio.get_running_loop()
    async with _listen(api, eye.headers) as listener:
        before = loop.time()
        await api.app.shutdown()
        assert await listener.ended()
        assert loop.time() - before < 2
        refused = await api.client.get("/events", headers=eye.headers)
        assert refused.status_code == 503


async def _refuse_to_read(api: Any, eye: Any) -> socket.socket:
    """Ask for the events and leave them where they are."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, (api.host, api.port))
    head = f"GET /api/v1/events HTTP/1.1\r\nHost: u\r\nAuthorization: Bearer {eye.key}\r\n\r\n"
    await loop.sock_sendall(deaf, head.encode())
    await loop.sock_recv(deaf, 1)
    return deaf


async def test_one_who_does_not_read(
    *, serve: Any, eye: Any, picture: Make, enter: Enter, images: Images, store: Any
) -> None:
    """A listener that does not read holds up nobody else, and loses its place."""
    api = await serve(limits=Limits(event_clients=2, write_time=timedelta(milliseconds=200)))
    deaf = await _refuse_to_read(api, eye)
    async with _listen(api, eye.headers) as listener:
        told = await _first(listener, lambda: enter(eye, picture(), images))
        detection = await store.detections.get(told.data["id"])
        for number in range(150):
            error = f"{number} " + "x" * 50_000
            await store.detections.save(replace(detection, error=error))
            while (await anext(listener)).data["error"] != error:
                pass
        async with asyncio.timeout(5):
            while True:
                async with api.client.stream("GET", "/events", headers=eye.headers) as again:
                    if again.status_code == 200:
                        break
                await asyncio.sleep(0.02)
    deaf.close()
