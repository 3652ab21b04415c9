"""Cameras as the command line and the demo make them."""

import pytest

from domain.errors import InvalidError
from domain.ids import hash_secret
from storage.store import MongoStore
from usher import cameras


async def test_a_demo_begun_again_gets_a_new_key(store: MongoStore) -> None:
    """The camera stays the same one; the old key is worthless, the new one good."""
    first = await cameras.create(store, "Front door", "Main", renew=True)
    second = await cameras.create(store, "Front door", "Main", renew=True)
    assert second["camera_id"] == first["camera_id"]
    assert await store.cameras.by_key(hash_secret(first["key"])) is None
    assert await store.cameras.by_key(hash_secret(second["key"]))


async def test_a_name_is_taken_once(store: MongoStore) -> None:
    """Without asking for a new key, a second camera of a name is refused in words."""
    await cameras.create(store, "Front door", "Main")
    with pytest.raises(InvalidError, match="choose another name"):
        await cameras.create(store, "Front door", "Main")
