"""Cameras, as the command line makes and revokes them."""

from dataclasses import replace
from typing import Any

from domain.decisions import clean_name
from domain.errors import InvalidError, NotFoundError
from domain.ids import hash_secret, new_id, new_secret, parse_id
from domain.records import Camera, Site
from domain.store import Records, Store
from usher.parts import now

KEY_PREFIX = "usher_cam_"


async def create(store: Store, name: str, site_name: str, *, renew: bool = False) -> dict[str, str]:
    """Make a camera, and its site if need be; return its ids and the key, shown this once.

    When the site has a camera of this name it gets a new key with `renew`; else raises
    InvalidError.
    """
    name, site_name, key = clean_name(name), clean_name(site_name), new_secret(KEY_PREFIX)

    async def work(records: Records) -> Camera:
        site = await site_named(records, site_name)
        same = (c for c in await records.cameras.all() if (c.site_id, c.name) == (site.id, name))
        if found := next(same, None):
            if not renew:
                raise InvalidError(f"{site_name} has a camera called {name}; choose another name.")
            camera = replace(found, key_hash=hash_secret(key), revoked_at=None)
            await records.cameras.save(camera)
            return camera
        camera = Camera(
            id=new_id(), site_id=site.id, name=name, key_hash=hash_secret(key), created_at=now()
        )
        await records.cameras.add(camera)
        return camera

    camera = await store.transact(work)
    return {"camera_id": camera.id, "site_id": camera.site_id, "key": key}


async def site_named(records: Records, name: str) -> Site:
    """Return the site of this name; make it if there is none."""
    found = await records.sites.named(name)
    if found:
        return found
    site = Site(id=new_id(), name=name, created_at=now())
    await records.sites.add(site)
    return site


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
    camera = await store.cameras.get(parse_id(camera_id))
    if camera is None:
        raise NotFoundError("There is no such camera.")
    await store.cameras.save(replace(camera, revoked_at=camera.revoked_at or now()))
