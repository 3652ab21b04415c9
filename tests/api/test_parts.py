"""The parts that can be looked at by themselves."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import fields
from api.joining import Joined
from api.limits import Limits
from api.streams import Upcoming
from domain.ids import new_id
from domain.store import Event


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-22T14:32:05Z", datetime(2026, 11, 22, 14, 32, 5, tzinfo=UTC)),
        ("2026-11-22t14:32:05z", datetime(2026, 11, 22, 14, 32, 5, tzinfo=UTC)),
        ("2026-11-22 14:32:05-03:30", datetime(2026, 11, 22, 18, 2, 5, tzinfo=UTC)),
        ("2026-11-22T14:32:05.1Z", datetime(2026, 11, 22, 14, 32, 5, 100_000, tzinfo=UTC)),
        ("2026-11-22T14:32:05.123456789Z", datetime(2026, 11, 22, 14, 32, 5, 123456, tzinfo=UTC)),
        ("2026-11-22T14:32:05-00:00", datetime(2026, 11, 22, 14, 32, 5, tzinfo=UTC)),
    ],
)
def test_moments(text: str, meant: datetime) -> None:
    """Every form of RFC 3339 is understood."""
    assert fields.moment(text) == meant


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001
def test_moments_come_back(at: datetime) -> None:
    """Whatever Python writes with a zone is read as it was meant."""
    aware = at.replace(tzinfo=UTC)
    assert fields.moment(aware.isoformat()) == aware


@given(st.text())
def test_texts_never_surprise(text: str) -> None:
    """Any text is either taken or refused with a sentence."""
    for parse in (fields.moment, fields.box, fields.name, fields.status):
        try:
            parse(text)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - which of both happens depends on the text


async def test_joined_questions() -> None:
    """Those who come together share an answer; nobody gets one asked for before they came."""
    asked, go = [], asyncio.Event()

    async def ask(key: str) -> int:
        asked.append(key)
        number = len(asked)
        await go.wait()
        return number

    joined = Joined(ask)
    first = asyncio.ensure_future(joined.get("a"))
    await asyncio.sleep(0)
    later = [asyncio.ensure_future(joined.get("a")) for _ in range(20)]
    await asyncio.sleep(0)
    go.set()
    assert await first == 1
    assert await asyncio.gather(*later) == [2] * 20
    assert asked == ["a", "a"]
    assert await joined.get("a") == 3


async def test_joined_questions_that_fail() -> None:
    """A question that fails fails for who asked it; the next one asks again."""
    failing = iter([True, False])

    async def ask(_: str) -> int:
        await asyncio.sleep(0)
        if next(failing):
            raise RuntimeError("no")
        return 7

    joined = Joined(ask)
    results = await asyncio.gather(joined.get("a"), joined.get("a"), return_exceptions=True)
    assert isinstance(results[0], RuntimeError)
    assert results[1] == 7


async def test_waiting_loses_nothing() -> None:
    """A wait that ends early leaves the event to the next wait."""
    queue: asyncio.Queue[Event] = asyncio.Queue()
    event = Event(token="t", table="detections", record_id=new_id(), created=True)

    async def events() -> AsyncIterator[Event]:
        while True:
            yield await queue.get()

    upcoming = Upcoming(events())
    assert await upcoming.get(0.01) is None
    queue.put_nowait(event)
    assert await upcoming.get(1) == event
    await upcoming.close()


def test_every_limit_has_its_reason() -> None:
    """Limits fit together: the parts hold the images, the body holds several of them."""
    limits = Limits()
    assert limits.parts >= limits.images + 4
    assert limits.image_bytes < limits.body_bytes < limits.held_bytes
