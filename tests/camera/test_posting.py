"""Every crop in the spool arrives once, whatever the server and the network do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from camera.options import CameraError, Totals
from camera.posting import Pause, Poster, detail, retry_after
from camera.spool import Spool, new_post
from tests.camera.inbox import (
    KEY,
    Inbox,
    answer,
    chokes_on_the_first,
    lost_answer,
    reset,
    until,
    web_page,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Desk:
    """A poster at work, and what it said."""

    spool: Spool
    poster: Poster
    totals: Totals
    said: list[str] = field(default_factory=list)

    def fill(self, count: int) -> None:
        """Put crops into the spool."""
        for index in range(count):
            self.spool.put(new_post(NOON, f"t{index}", "f1", (1, 2, 3, 4)), b"jpeg")

    async def emptied(self) -> None:
        """Wait until nothing is left to post."""
        await until(lambda: len(self.spool) == 0)


OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def desk(inbox: Inbox, tmp_path: Path) -> OpenDesk:
    """Return a way to run a poster with short pauses."""

    @asynccontextmanager
    async def at_work(*, key: str = KEY, url: str = "", in_flight: int = 4) -> AsyncIterator[Desk]:
        spool, totals, said = Spool(tmp_path, count=1000, max_bytes=10**7), Totals(), list[str]()
        poster = Poster(
            spool=spool,
            url=url or inbox.url,
            key=key,
            totals=totals,
            say=said.append,
            in_flight=in_flight,
            pause=Pause(first=0.01, longest=0.05),
        )
        with closing(spool):
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(poster.run())
                yield Desk(spool, poster, totals, said)
                task.cancel()

    return at_work


async def ended(desk: OpenDesk) -> tuple[str, Desk]:
    """Post two crops until the run ends by itself; return the sentence it ended with."""
    works: list[Desk] = []
    try:
        async with desk() as work:
            works.append(work)
            work.fill(2)
            await asyncio.sleep(20)
    except ExceptionGroup as errors:
        (error,) = errors.exceptions
        assert isinstance(error, CameraError)
        return str(error), works[0]
    raise AssertionError("the run went on")


async def test_crops_arrive_once_each_with_their_fields(inbox: Inbox, desk: OpenDesk) -> None:
    """Forty crops are forty requests, and nothing is left on disk."""
    async with desk() as work:
        work.fill(40)
        await work.emptied()
    assert len(inbox.arrivals) == len(inbox.taken) == work.totals.posted == 40
    assert {arrival.track for arrival in inbox.arrivals} == {f"t{index}" for index in range(40)}
    first = inbox.arrivals[0]
    assert (first.captured_at, first.box) == ("2026-11-22T12:00:00.000Z", "1,2,3,4")
    assert first.image == b"jpeg"
    assert list(work.spool._folder.glob("*.crop")) == []


async def test_one_at_a_time_keeps_the_order(inbox: Inbox, desk: OpenDesk) -> None:
    """With one post in flight the oldest goes first, also after failures."""
    inbox.faults.extend([reset, answer(503), answer(429)])
    async with desk(in_flight=1) as work:
        work.fill(8)
        await work.emptied()
    assert [arrival.track for arrival in inbox.arrivals] == [f"t{index}" for index in range(8)]


@pytest.mark.parametrize("status", [None, 408, 409, 429, 500, 502, 503])
async def test_what_may_pass_is_tried_again(
    inbox: Inbox, desk: OpenDesk, status: int | None
) -> None:
    """After a reset, a 4xx of the moment or a 5xx the same crop is posted under the same key."""
    inbox.faults.extend([reset if status is None else answer(status)] * 3)
    async with desk() as work:
        work.fill(3)
        await work.emptied()
    assert len(inbox.taken) == work.totals.posted == 3
    assert work.totals.refused == 0
    assert "crops wait in the spool" in work.said[0]
    assert work.said[-1] == "the server takes crops again"


async def test_a_lost_answer_doubles_nothing(inbox: Inbox, desk: OpenDesk) -> None:
    """The crop arrives twice, both times under one key, which the server knows again."""
    inbox.faults.extend([lost_answer(inbox), lost_answer(inbox)])
    async with desk(in_flight=1) as work:
        work.fill(1)
        await work.emptied()
    assert len(inbox.arrivals) == 3
    assert len(inbox.taken) == 1
    assert work.totals.posted == 1


async def test_a_server_that_asks_for_time_gets_it(inbox: Inbox, desk: OpenDesk) -> None:
    """After 503 with Retry-After nobody asks again before that time."""
    inbox.faults.append(answer(503, Retry_After="1"))
    async with desk() as work:
        work.fill(1)
        await until(lambda: inbox.requests == 1)
        await asyncio.sleep(0.1)
        work.fill(10)
        await asyncio.sleep(0.5)
        assert inbox.requests == 1
        await work.emptied()
    assert len(inbox.taken) == 11


async def test_a_crop_the_server_will_not_have_is_dropped_and_said(
    inbox: Inbox, desk: OpenDesk
) -> None:
    """Its problem's detail is told; the others arrive."""
    inbox.faults.append(answer(422, "the image has no pixels"))
    async with desk() as work:
        work.fill(3)
        await work.emptied()
    assert (work.totals.posted, work.totals.refused) == (2, 1)
    assert work.said == ["a crop was dropped: 422 the image has no pixels"]


async def test_a_crop_the_server_chokes_on_holds_up_nobody(inbox: Inbox, desk: OpenDesk) -> None:
    """A crop that always gives 500 goes behind the others, which arrive."""
    inbox.always = chokes_on_the_first(inbox)
    async with desk(in_flight=1) as work:
        work.fill(5)
        await until(lambda: len(work.spool) == 1)
        inbox.always = None
        await work.emptied()
    assert [arrival.track for arrival in inbox.arrivals] == ["t1", "t2", "t3", "t4", "t0"]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_key_ends_the_run_with_a_sentence(
    inbox: Inbox, desk: OpenDesk, status: int
) -> None:
    """The crops stay in the spool for the run with the right key."""
    inbox.always = answer(status, "unknown key")
    error, work = await ended(desk)
    assert "unknown key (check --key)" in error
    assert len(work.spool) == 2


@pytest.mark.parametrize("status", [200, 301, 404, 405])
async def test_a_server_that_is_not_usher_gets_no_crops(
    inbox: Inbox, desk: OpenDesk, status: int
) -> None:
    """An answer that Usher would not give deletes nothing and is said."""
    inbox.always = web_page(status)
    error, work = await ended(desk)
    assert "check --url" in error
    assert len(work.spool) == 2


async def test_a_server_that_is_away_is_waited_for(desk: OpenDesk, unused_tcp_port: int) -> None:
    """Crops stay, and the reason is said once, not at every try."""
    async with desk(url=f"http://127.0.0.1:{unused_tcp_port}") as work:
        work.fill(5)
        await asyncio.sleep(0.5)
    assert len(work.spool) == 5
    assert len(work.said) == 1
    assert "no answer from" in work.said[0]


def test_retry_after_is_seconds_or_a_date() -> None:
    """Both forms are read; what is neither, or too long, is not obeyed blindly."""

    def asked(text: str) -> float | None:
        return retry_after(httpx.Response(503, headers={"Retry-After": text}))

    soon = datetime.now(UTC) + timedelta(seconds=30)
    assert asked("7") == 7
    assert asked(format_datetime(soon, usegmt=True)) == pytest.approx(30, abs=2)
    assert asked("Sun, 06 Nov 1994 08:49:37 GMT") == 0
    assert asked("86400") == 300
    assert [asked(text) for text in ("soon", "-1", "1.5e3", "nan", "")] == [None] * 5


def test_a_problem_is_told_in_its_own_words() -> None:
    """The detail, else the title, else the bare status; a page of HTML is not shown."""
    assert (
        detail(httpx.Response(422, json={"title": "bad", "detail": "too dark"})) == "422 too dark"
    )
    assert detail(httpx.Response(422, json={"title": "bad"})) == "422 bad"
    assert detail(httpx.Response(400, html="<p>")) == "400 Bad Request"
    assert detail(httpx.Response(400, json=[1])) == "400 Bad Request"
