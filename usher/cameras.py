"""Cameras, as the command line makes and revokes them."""

from typing import Any

from domain.cameras import Keyed, add_camera, give_key, revoke_camera
from domain.decisions import clean_name
from domain.ids import parse_id
from domain.store import Store
from usher.parts import operator


async def create(store: Store, name: str, site_name: str, *, renew: bool = False) -> dict[str, str]:
    """Make a camera, and its site if need be; return its ids and the key, shown this once.

    When the site has a camera of this name it gets a new key with `renew`; else raises
    InvalidError.
    """
    site = await store.sites.named(clean_name(site_name))
    found = await store.cameras.at(site.id, clean_name(name)) if site and renew else None
    if found:
        return _told(await give_key(store, camera_id=found.id, doer=operator()))
    return _told(await add_camera(store, name=name, site_name=site_name, doer=operator()))


def _told(made: Keyed) -> dict[str, str]:
    return {"camera_id": made.camera.id, "site_id": made.camera.site_id, "key": made.key}


async def listing(store: Store) -> list[dict[str, Any]]:
    """Return the cameras, without anything secret."""
    sites = {site.id: site.name for site in await store.sites.all()}
    return [
        {
            "camera_id": camera.id,
            "name": camera.name,
            "site": sites.get(camera.site_id),
            "last_seen_at": camera.last_seen_at.isoformat() if camera.last_seen_at else None,
            "revoked": camera.revoked_at is not None,
        }
        for camera in await store.cameras.all()
    ]


async def revoke(store: Store, camera_id: str) -> None:
    """Make a camera's key worthless; raise NotFoundError when there is no such camera."""
    await revoke_camera(store, camera_id=parse_id(camera_id), doer=operator())
