"""The demo's camera tells its story to a real server, and waits for one that is away."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from aiohttp import web

from demo.camera import Visit, newcomer, people, play

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "demo-key"


@dataclass
class Server:
    """Keeps what was posted; `answers` come first, then 202."""

    url: str = ""
    posts: list[dict[str, str]] = field(default_factory=list)
    images: list[bytes] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer as told; keep only what is taken."""
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        form = await request.post()
        image = form["image"]
        assert isinstance(image, web.FileField)
        self.keys.append(request.headers["Idempotency-Key"])
        status = self.answers.pop(0) if self.answers else 202
        if status == 202:
            self.posts.append({name: str(value) for name, value in form.items()})
            self.images.append(image.file.read())
        return web.json_response({}, status=status)


@dataclass
class Time:
    """A clock that moves only when somebody sleeps."""

    now: datetime = NOON

    def clock(self) -> datetime:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Return a running server."""
    server = Server()
    app = web.Application()
    app.router.add_post("/api/v1/detections", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


async def play_through(server: Server, script: list[Visit]) -> Time:
    """Play a script to its end, in no time."""
    time = Time()
    await play(server.url, KEY, clock=time.clock, script=script, sleep=time.sleep)
    return time


async def test_a_visit_is_a_few_crops_a_second_apart(server: Server) -> None:
    """The crops of a visit share a track, not a frame, and differ from one another."""
    await play_through(server, [Visit(3, people()[0], 4), Visit(15, people()[1], 2)])
    moments = [datetime.fromisoformat(post["captured_at"]) for post in server.posts]
    assert [(moment - NOON).total_seconds() for moment in moments] == [3, 4, 5, 6, 22, 23]
    assert len({post["track"] for post in server.posts}) == 2
    assert len({post["frame"] for post in server.posts}) == 6
    assert len(set(server.images)) == len(set(server.keys)) == 6


async def test_a_busy_server_is_asked_again_under_the_same_key(server: Server) -> None:
    """503 and 429 delay a crop, and it arrives once."""
    server.answers = [503, 429]
    await play_through(server, [Visit(0, people()[0], 1)])
    assert len(server.posts) == 1
    assert len(server.keys) == 3
    assert len(set(server.keys)) == 1


async def test_a_refused_crop_is_left(server: Server) -> None:
    """The story goes on after a 4xx."""
    server.answers = [422]
    await play_through(server, [Visit(0, people()[0], 2)])
    assert len(server.posts) == 1


def test_a_named_stranger_is_back_within_forty_seconds() -> None:
    """Whenever the astronaut is named, the next visit is near; others come in between."""
    now, seen, names = 0.0, [], set()
    for visit in islice(newcomer(), 40):
        now += visit.after
        names.add(visit.sitter.name)
        if visit.sitter.name == "astronaut":
            seen.append(now)
        now += visit.crops
    assert seen[0] <= 5
    assert max(later - earlier for earlier, later in pairwise(seen)) <= 40
    assert len(names) == len(people())
