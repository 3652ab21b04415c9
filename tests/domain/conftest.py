"""A world in a real database."""

import pytest

from storage.store import MongoStore
from tests.domain.world import World


@pytest.fixture
async def world(store: MongoStore) -> World:
    """A site with a camera, Maria and Otto."""
    return await World.build(store)
