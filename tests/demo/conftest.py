"""A Bot API server on a free port, a person's side and the real Telegram client."""

from collections.abc import AsyncIterator
from importlib.resources import files

import pytest
from telegram import Bot

from demo.botapi.client import ChatClient
from demo.botapi.server import create_app, serve
from tests.demo.clients import ANNA, TOKEN, make_bot


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
