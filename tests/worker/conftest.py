"""Real models, a real store, and a site where they are at work."""

import pytest

from storage.images import ImageStore
from storage.store import MongoStore
from tests.worker.station import Station
from usher.recogniser import EngineRecogniser
from usher.settings import Settings


@pytest.fixture(scope="session")
def engine() -> EngineRecogniser:
    """The models that Usher comes with."""
    return EngineRecogniser.load(Settings())


@pytest.fixture
async def station(store: MongoStore, images: ImageStore, engine: EngineRecogniser) -> Station:
    """A site with a camera and a manager."""
    return await Station.build(store, images, engine)
