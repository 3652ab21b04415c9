"""What `usher up` does about a role that cannot run: at the first start, and after it was well."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from demo.botapi.server import create_app, serve
from demo.botapi.world import WORLD, World
from evaluation.installation import free_port
from evaluation.processes import Role as Kind
from evaluation.processes import children, end
from storage.mongod import embedded_mongod
from usher.supervisor import Patience, Role, RoleError, supervise

pytestmark = pytest.mark.timeout(120)

TOKEN, ANOTHER = "77:of-the-bot", "77:made-anew"
SHORT = Patience(shortest_s=0.1, longest_s=0.5, well_s=1.0, hopeless_s=0.5)


@pytest.fixture
async def telegram() -> AsyncIterator[tuple[str, World]]:
    """A Bot API server that knows the bot: its address, and its state."""
    app: web.Application = create_app(TOKEN)
    async with serve(app) as url:
        yield url, app[WORLD]


@pytest.fixture
async def data(tmp_path: Path) -> AsyncIterator[Path]:
    """A data folder whose database runs."""
    folder = tmp_path / "data"
    async with embedded_mongod(folder):
        yield folder


@asynccontextmanager
async def kept(*roles: Role, patience: Patience, **told: str) -> AsyncIterator[asyncio.Task[None]]:
    """Keep roles running meanwhile."""
    task = asyncio.ensure_future(supervise(roles, told, patience))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(look: Callable[[], Awaitable[bool]], *, seconds: float = 40.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not await look():  # noqa: ASYNC110 - nothing tells when to look
            await asyncio.sleep(0.05)


def polls(world: World) -> int:
    """Return how often the bot has asked for updates with the token that is right."""
    return sum(call.method == "getUpdates" for call in world.calls.all)


async def test_a_role_that_was_well_is_waited_for(
    telegram: tuple[str, World], data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An API whose pictures cannot be kept stops alone, and is back when they can again."""
    url, world = telegram
    port, images = free_port(), tmp_path / "images"
    roles = (
        Role("bot", ("bot", "--data-dir", str(data))),
        Role("api", ("api", "--data-dir", str(data), "--port", str(port))),
    )
    told = {
        "USHER_BOT__TOKEN": TOKEN,
        "USHER_BOT__BASE_URL": url,
        "USHER_IMAGES__URL": str(images),
    }

    async def serves() -> bool:
        try:
            answer = await client.get(f"http://127.0.0.1:{port}/healthz")
        except httpx.TransportError:
            return False
        return answer.is_success

    async def asks() -> bool:
        return polls(world) > 0

    async def said() -> bool:
        return "api cannot run any more" in caplog.text

    async with (
        httpx.AsyncClient(trust_env=False) as client,
        kept(*roles, patience=SHORT, **told) as task,
    ):
        await until(serves)
        await until(asks)
        shutil.rmtree(images)
        images.write_text("in the way")
        end(child.pid for child in children(data) if child.role is Kind.API)
        with caplog.at_level(logging.ERROR, "usher.supervisor"):
            await until(said)
        assert "Everything else goes on without it" in caplog.text
        world.calls.all.clear()
        await until(asks)
        assert not task.done()
        images.unlink()
        await until(serves)


async def test_a_bot_whose_token_is_revoked_goes_on_when_it_is_right_again(
    telegram: tuple[str, World], data: Path
) -> None:
    """It was known once, so it waits, also when it is started anew; nothing else ends."""
    url, world = telegram
    told = {"USHER_BOT__TOKEN": TOKEN, "USHER_BOT__BASE_URL": url}

    async def asks() -> bool:
        return polls(world) > 0

    async with kept(Role("bot", ("bot", "--data-dir", str(data))), patience=SHORT, **told) as task:
        await until(asks)
        world.token = ANOTHER
        end(child.pid for child in children(data) if child.role is Kind.BOT)
        await asyncio.sleep(3)
        assert not task.done()
        world.calls.all.clear()
        world.token = TOKEN
        await until(asks)


async def test_a_role_that_never_could_run_ends_all(
    telegram: tuple[str, World], data: Path
) -> None:
    """A token that Telegram does not know at the first start is an error that names the role."""
    url, world = telegram
    world.token = ANOTHER
    role = Role("bot", ("bot", "--data-dir", str(data)))
    told = {"USHER_BOT__TOKEN": TOKEN, "USHER_BOT__BASE_URL": url}
    async with kept(role, patience=Patience(), **told) as task:
        await asyncio.wait([task], timeout=60)
        assert task.done()
        with pytest.raises(RoleError, match="bot cannot run; its message stands above"):
            await task


async def test_models_missing_at_the_first_start_end_all(data: Path, tmp_path: Path) -> None:
    """A worker without models is an error too: what is posted would wait for ever."""
    empty = tmp_path / "empty"
    empty.mkdir()
    role = Role("worker 1", ("worker", "--data-dir", str(data)))
    told = {"USHER_RECOGNITION__PACK": f"folder:{empty}"}
    async with kept(role, patience=Patience(), **told) as task:
        await asyncio.wait([task], timeout=60)
        assert task.done()
        with pytest.raises(RoleError, match="worker 1 cannot run"):
            await task
