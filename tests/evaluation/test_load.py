"""Load: figures are right, and a refusal is never counted as a success."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from evaluation.load import Taken, batch, percentile, press, single


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """A server that takes everything at /yes, nothing at /no, and counts parts at /parts."""
    seen: list[int] = []

    async def yes(_: web.Request) -> web.Response:
        return web.json_response({}, status=202)

    async def no(_: web.Request) -> web.Response:
        return web.Response(status=503, text="full")

    async def parts(request: web.Request) -> web.Response:
        form = await request.post()
        seen.append(len(form.getall("image")))
        return web.json_response({}, status=202 if seen[-1] == 3 else 422)

    app = web.Application()
    app.router.add_post("/yes", yes)
    app.router.add_post("/no", no)
    app.router.add_post("/parts", parts)
    running = TestServer(app)
    async with running:
        yield running


def test_percentiles() -> None:
    """The value that a share of all do not exceed; of nothing it is 0."""
    millis = [float(number) for number in range(100)]
    assert percentile(millis, 0.5) == 50
    assert percentile(millis, 0.99) == 99
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([], 0.5) == 0.0


def test_rounds_add_up() -> None:
    """Rounds are counted together, posts by their own time."""
    taken = Taken(seconds=1.0, millis=[1.0] * 10)
    taken.add(Taken(seconds=3.0, millis=[1.0] * 10))
    assert taken.per_s == 5.0


async def test_counts_what_was_taken(server: TestServer) -> None:
    """Every post answered 202 is counted, with its time."""
    taken = await press(str(server.make_url("/yes")), "key", [single(b"crop")], seconds=0.2)
    assert len(taken.millis) >= 32
    assert taken.seconds >= 0.2


async def test_refusal_ends_it(server: TestServer) -> None:
    """A server that refuses has no figure: the answer is said instead."""
    with pytest.raises(ExceptionGroup) as raised:
        await press(str(server.make_url("/no")), "key", [single(b"crop")], seconds=0.2)
    assert "503: full" in str(raised.value.exceptions[0])


async def test_batches_are_whole(server: TestServer) -> None:
    """A batch arrives as as many parts as it has crops."""
    bodies = [batch([b"one", b"two", b"three"])]
    taken = await press(str(server.make_url("/parts")), "key", bodies, seconds=0.1)
    assert taken.millis
