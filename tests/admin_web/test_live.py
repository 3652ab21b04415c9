"""Telling open inboxes that something changed."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from admin_web import assets, live
from admin_web.live import BELL, Bell
from domain.store import Event
from tests.admin_web.browsing import Panel, Serve
from tests.admin_web.world import World


async def test_a_stream_tells_of_new_questions(panel: Panel, world: World) -> None:
    """It rings at once, for what came before it was open, and again for each question."""
    maria = await panel.enter(world.maria)
    async with maria.http.stream("GET", "/inbox/changes") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        events = _events(stream)
        assert await anext(events) == "changed"
        await world.see(0)
        assert await anext(events) == "changed"


async def test_a_stream_ends_with_its_session(panel: Panel, world: World) -> None:
    """Who has signed out is told nothing more."""
    maria = await panel.enter(world.maria)
    async with maria.http.stream("GET", "/inbox/changes") as stream:
        events = _events(stream)
        assert await anext(events) == "changed"
        await maria.post("/sign-out")
        panel.app[BELL].ring()
        assert [event async for event in events] == []


async def test_streams_let_the_server_stop(panel: Panel, world: World) -> None:
    """At shutdown open streams end by themselves."""
    maria = await panel.enter(world.maria)
    async with maria.http.stream("GET", "/inbox/changes") as stream:
        events = _events(stream)
        assert await anext(events) == "changed"
        await panel.app.shutdown()
        assert [event async for event in events] == []


async def _events(stream: httpx.Response) -> AsyncIterator[str]:
    async for line in stream.aiter_lines():
        if line.startswith("event: "):
            yield line.removeprefix("event: ")


class Shaky:
    """A store whose first stream of changes breaks, and whose second works."""

    def __init__(self) -> None:
        self.tries = 0
        self.go = asyncio.Event()

    async def follow(self, tables: Sequence[str]) -> AsyncIterator[Event]:
        """Break, then tell of one change and wait."""
        self.tries += 1
        if self.tries == 1:
            raise ConnectionResetError
        await self.go.wait()
        yield Event(token="1", table=tables[0], record_id="0" * 24, created=True)  # type: ignore[arg-type]
        await asyncio.Event().wait()


async def test_trouble_with_the_stream_of_changes_passes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After trouble the bell rings, so that nothing is missed, and follows anew."""
    monkeypatch.setattr(live, "PAUSE_AFTER_TROUBLE", live.PAUSE_AFTER_TROUBLE * 0)
    store = Shaky()
    bell = Bell(store)  # type: ignore[arg-type]
    async with asyncio.TaskGroup() as group:
        with bell.listening() as ear:
            watching = group.create_task(bell.watch())
            await asyncio.wait_for(ear.wait(), 5)
            ear.clear()
            store.go.set()
            await asyncio.wait_for(ear.wait(), 5)
        watching.cancel()
    assert "cannot follow the questions" in caplog.text


async def test_the_panel_works_without_its_vendor_files(
    serve: Serve, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the packages were not fetched, pages load no script, and answering still works."""
    bare = tmp_path / "static"
    await asyncio.to_thread(
        shutil.copytree, assets.FOLDER, bare, ignore=shutil.ignore_patterns("vendor")
    )
    monkeypatch.setattr(assets, "FOLDER", bare)
    seen = await world.see(0)
    maria = await (await serve()).enter(world.maria)
    page = (await maria.get("/")).text
    assert "<script" not in page
    assert "vendor" not in page
    assert (await maria.answer(seen.asked, "name", name="Anna")).status_code == 303


async def test_files_are_kept_for_ever_by_their_content(panel: Panel) -> None:
    """A file's address changes with its content, so that a browser may keep it."""
    client = panel.visitor()
    page = (await client.get("/sign-in")).text
    address = page.split('rel="stylesheet" href="')[-1].split('"')[0]
    answer = await client.get(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in answer.headers["Cache-Control"]
    for missing in ("/static/none.css", "/static/../app.py", "/static/%2e%2e/app.py"):
        assert (await client.get(missing)).status_code == 404
