"""A house with a camera, a Bot API server, and the bot between them."""

from collections.abc import AsyncIterator

import pytest

from demo.botapi.client import ChatClient
from demo.botapi.server import create_app, serve
from domain.intake import Images
from domain.store import Store
from tests.bot.house import MARIA, TOKEN, House
from tests.bot.story import Story, Time
from tests.eyes import LoadedEyes, loaded_engine
from usher.recogniser import EngineRecogniser


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Serve the Bot API on a free port and give the address."""
    async with serve(create_app(TOKEN)) as address:
        yield address


@pytest.fixture
async def chat(url: str) -> AsyncIterator[ChatClient]:
    """Give the side of the people who write to the bot."""
    async with ChatClient(url) as client:
        yield client


@pytest.fixture
async def house(store: Store, images: Images, chat: ChatClient, url: str) -> House:
    """Give a site with a camera and a manager, Maria."""
    made = await House(store=store, images=images, chat=chat, url=url).build()
    await made.manager("Maria", MARIA)
    return made


@pytest.fixture
def time() -> Time:
    """Give the clock of a story."""
    return Time()


@pytest.fixture
async def untold(store: Store, images: Images, chat: ChatClient, url: str, time: Time) -> House:
    """Give a house in which nothing has happened, and whose clock a story moves."""
    return await House(store=store, images=images, chat=chat, url=url, clock=time).build()


@pytest.fixture
async def story(untold: House, mongo_uri: str) -> AsyncIterator[Story]:
    """Give a story that can begin."""
    async with Story.begun(untold, mongo_uri) as made:
        yield made


@pytest.fixture(scope="session")
def engine() -> EngineRecogniser:
    """The models that Usher comes with."""
    return loaded_engine()


@pytest.fixture
def seeing(house: House, engine: EngineRecogniser) -> House:
    """Give the house with a bot that can look at pictures."""
    house.eyes = LoadedEyes(house.store, engine)
    return house
