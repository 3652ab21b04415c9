"""Uploads that come slowly, are not wanted, or break off."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from api.limits import Limits

Make = Callable[..., bytes]
Count = Callable[[], Awaitable[tuple[int, int]]]


class Line:
    """A bare connection, for what a proper client would not do."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, api: Any) -> "Line":
        """Connect."""
        return cls(*await asyncio.open_connection(api.host, api.port))

    async def say(self, *lines: str) -> None:
        """Send a head."""
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        await self.writer.drain()

    async def answer(self) -> str:
        """Return the head and body of one answer, read until the line is quiet or closed."""
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 5)
        lines = head.decode().lower().split("\r\n")
        length = next((line for line in lines if line.startswith("content-length:")), "l: 0")
        body = await self._reader.readexactly(int(length.partition(":")[2]))
        return (head + body).decode()

    async def closed(self) -> bool:
        """Whether the server ends the line within some seconds."""
        return await asyncio.wait_for(self._reader.read(), 5) == b""

    async def leave(self) -> None:
        """Close the line."""
        self.writer.close()
        await self.writer.wait_closed()


def _head(eye: Any, length: int, *more: str) -> list[str]:
    return [
        "POST /api/v1/detections HTTP/1.1",
        "Host: usher",
        f"Authorization: Bearer {eye.key}",
        "Content-Type: image/jpeg",
        f"Content-Length: {length}",
        *more,
    ]


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(5):
        while not await condition():  # noqa: ASYNC110 - the server tells when it is asked
            await asyncio.sleep(0.01)


async def test_slow_client(serve: Any, eye: Any, kept: Count) -> None:
    """A body that does not arrive in time is given up with 408, and the line is closed."""
    api = await serve(limits=Limits(body_time=timedelta(milliseconds=200)))
    line = await Line.to(api)
    await line.say(*_head(eye, 5_000))
    line.writer.write(b"\xff\xd8\xff")
    answer = await line.answer()
    assert answer.startswith("HTTP/1.1 408 ")
    assert "urn:usher:problem:body-too-slow" in answer
    assert await line.closed()
    assert await kept() == (0, 0)
    await line.leave()


async def test_slow_form(serve: Any, eye: Any, kept: Count) -> None:
    """The time counts for a form as a whole, not from part to part."""
    api = await serve(limits=Limits(body_time=timedelta(milliseconds=300)))
    line = await Line.to(api)
    head = _head(eye, 5_000)
    head[3] = "Content-Type: multipart/form-data; boundary=b"
    await line.say(*head)
    for _ in range(5):
        line.writer.write(b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nx\r\n')
        await asyncio.sleep(0.1)
    assert (await line.answer()).startswith("HTTP/1.1 408 ")
    assert await kept() == (0, 0)
    await line.leave()


@pytest.mark.parametrize("expect", [[], ["Expect: 100-continue"]], ids=["plain", "expecting"])
async def test_full_backlog(
    serve: Any, eye: Any, picture: Make, kept: Count, expect: list[str]
) -> None:
    """A full backlog is answered 503 with Retry-After though the body is never sent."""
    api = await serve(limits=Limits(backlog=1, backlog_age=timedelta(0)))
    await api.client.post("/detections", files={"image": picture()}, headers=eye.headers)
    line = await Line.to(api)
    await line.say(*_head(eye, 5_000, *expect))
    answer = await line.answer()
    assert answer.startswith("HTTP/1.1 503 ")
    assert "Retry-After: 5" in answer
    assert "urn:usher:problem:backlog-full" in answer
    assert await kept() == (1, 1)
    await line.leave()


async def test_backlog_works_off(serve: Any, eye: Any, picture: Make, store: Any) -> None:
    """Posts are taken again as soon as there is room."""
    api = await serve(limits=Limits(backlog=1, backlog_age=timedelta(0)))
    first = await api.client.post("/detections", files={"image": picture()}, headers=eye.headers)
    full = await api.client.post("/detections", files={"image": picture()}, headers=eye.headers)
    await store.detections.remove([first.json()["detections"][0]["id"]])
    again = await api.client.post("/detections", files={"image": picture()}, headers=eye.headers)
    assert [a.status_code for a in (first, full, again)] == [202, 503, 202]


async def test_expected_continue(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A client that waits for 100 Continue gets it when its crop is wanted."""
    crop = picture()
    line = await Line.to(api)
    await line.say(*_head(eye, len(crop), "Expect: 100-continue"))
    assert await line.answer() == "HTTP/1.1 100 Continue\r\n\r\n"
    line.writer.write(crop)
    assert (await line.answer()).startswith("HTTP/1.1 202 ")
    assert await kept() == (1, 1)
    await line.leave()


async def test_unknown_key_expecting(api: Any, eye: Any) -> None:
    """Nobody is told to send a body that would be refused anyway."""
    for head, status in (
        ([*_head(eye, 9, "Expect: 100-continue")[:2], "Expect: 100-continue"], 401),
        (_head(eye, 10_000_001, "Expect: 100-continue"), 413),
        (_head(eye, 9, "Expect: a miracle"), 417),
    ):
        line = await Line.to(api)
        await line.say(*head)
        answer = await line.answer()
        assert answer.startswith(f"HTTP/1.1 {status} ")
        assert "application/problem+json" in answer
        await line.leave()


async def test_broken_off(
    api: Any, eye: Any, kept: Count, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that dies in the middle of its upload leaves nothing, not even an error."""
    for kind in ("image/jpeg", "multipart/form-data; boundary=b"):
        line = await Line.to(api)
        head = _head(eye, 50_000)
        head[3] = f"Content-Type: {kind}"
        await line.say(*head)
        line.writer.write(b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\n' * 9)
        await line.writer.drain()
        await asyncio.sleep(0.05)
        line.writer.transport.abort()
    await asyncio.sleep(0.2)
    assert await kept() == (0, 0)
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}]


async def test_memory_in_use(serve: Any, eye: Any, picture: Make, kept: Count) -> None:
    """When the bodies under way fill their memory, others wait; then it goes on as before."""
    api = await serve(limits=Limits(held_bytes=20_000))
    line = await Line.to(api)
    await line.say(*_head(eye, 30_000))
    line.writer.write(bytes(19_900))
    await line.writer.drain()
    crop = picture()

    async def busy() -> bool:
        answer = await api.client.post("/detections", files={"image": crop}, headers=eye.headers)
        return bool(answer.status_code == 503 and answer.json()["type"].endswith(":busy"))

    await _until(busy)
    before = await kept()
    line.writer.transport.abort()

    async def taken() -> bool:
        answer = await api.client.post("/detections", files={"image": crop}, headers=eye.headers)
        return bool(answer.status_code == 202)

    await _until(taken)
    after = await kept()
    assert after == (before[0] + 1, before[1] + 1)
