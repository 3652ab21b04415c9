"""Cameras and sites: made, named, given keys and ended; what was done is written down."""

import asyncio
from datetime import timedelta

import pytest

from domain.cameras import add_camera, give_key, rename_site, revoke_camera
from domain.deeds import Doer
from domain.errors import InvalidError, NotFoundError
from domain.ids import hash_secret, new_id
from domain.records import DeedKind
from tests.domain.world import NOON, World

DOER = Doer(account=None, via="command line", now=NOON)


async def test_a_camera_and_its_site(world: World) -> None:
    """Both are made at once, and both are noted; the next camera finds the site."""
    first = await add_camera(world.store, name="Lens", site_name="Barn", doer=DOER)
    second = await add_camera(world.store, name="Eye", site_name="Barn", doer=DOER)
    assert first.site.id == second.site.id
    deeds = await world.store.deeds.latest([DeedKind.SITE, DeedKind.CAMERA])
    assert [(deed.kind, deed.verb, deed.name, deed.detail) for deed in deeds] == [
        (DeedKind.CAMERA, "add", "Eye", "Barn"),
        (DeedKind.CAMERA, "add", "Lens", "Barn"),
        (DeedKind.SITE, "add", "Barn", ""),
    ]
    assert await world.store.deeds.of(second.camera.id) == deeds[:1]


async def test_two_at_once_do_not_share_a_name(world: World) -> None:
    """Whoever is second is refused in words, and leaves nothing behind."""
    made = await asyncio.gather(
        *(add_camera(world.store, name="Lens", site_name="Barn", doer=DOER) for _ in range(4)),
        return_exceptions=True,
    )
    refused = [one for one in made if isinstance(one, InvalidError)]
    assert len(refused) == 3
    assert len(await world.store.deeds.latest([DeedKind.CAMERA])) == 1


async def test_a_key_is_the_only_one(world: World) -> None:
    """The old one opens nothing any more, and a revoked camera gets in again by a new one."""
    made = await add_camera(world.store, name="Lens", site_name="Barn", doer=DOER)
    later = Doer(account=None, via="panel", now=NOON + timedelta(hours=1))
    revoked = await revoke_camera(world.store, camera_id=made.camera.id, doer=later)
    again = await revoke_camera(world.store, camera_id=made.camera.id, doer=DOER)
    assert (revoked.revoked_at, again.revoked_at) == (later.now, later.now)
    fresh = await give_key(world.store, camera_id=made.camera.id, doer=DOER)
    assert await world.store.cameras.by_key(hash_secret(made.key)) is None
    assert await world.store.cameras.by_key(hash_secret(fresh.key)) == fresh.camera
    assert fresh.camera.revoked_at is None
    verbs = [deed.verb for deed in await world.store.deeds.of(made.camera.id)]
    assert verbs == ["restore", "revoke", "add"]


async def test_what_is_not_there(world: World) -> None:
    """Nothing is made of it."""
    with pytest.raises(NotFoundError):
        await add_camera(world.store, name="Lens", site_id=new_id(), doer=DOER)
    with pytest.raises(NotFoundError):
        await give_key(world.store, camera_id=new_id(), doer=DOER)
    with pytest.raises(NotFoundError):
        await rename_site(world.store, site_id=new_id(), name="Barn", doer=DOER)
    assert await world.store.deeds.latest([*DeedKind]) == []
