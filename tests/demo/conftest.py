"""A Bot API server on a free port, a person's side and the real Telegram client."""

from collections.abc import AsyncIterator
from importlib.resources import files

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from demo.botapi.client import ChatClient
from demo.botapi.server import create_app, serve

TOKEN = "123456:TEST-token_for-the-demo"
ANNA = 1001


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Serve on a free port and give the address."""
    async with serve(create_app(TOKEN)) as address:
        yield address


@pytest.fixture
async def chat(url: str) -> AsyncIterator[ChatClient]:
    """Give the person's side, with Anna, who has started the bot."""
    async with ChatClient(url) as client:
        await client.user(ANNA, "Anna", last_name="Berg", username="anna_b")
        await client.start(ANNA)
        yield client


def make_bot(url: str, token: str = TOKEN, *, read_timeout: float = 5.0) -> Bot:
    """Return the real client, pointed at the server for methods and for downloads."""
    return Bot(
        token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=HTTPXRequest(read_timeout=read_timeout),
        get_updates_request=HTTPXRequest(read_timeout=read_timeout),
    )


@pytest.fixture
async def bot(url: str) -> AsyncIterator[Bot]:
    """Give the real client, initialised."""
    async with make_bot(url) as client:
        yield client


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """Give a real photo of 512 by 512 pixels that an installed package carries."""
    return files("skimage").joinpath("data/astronaut.png").read_bytes()


@pytest.fixture(scope="session")
def group_photo() -> bytes:
    """Give a real photo of 1280 by 886 pixels that an installed package carries."""
    return files("insightface").joinpath("data/images/t1.jpg").read_bytes()
