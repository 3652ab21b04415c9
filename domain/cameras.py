"""Cameras and sites: made, named, given keys, and ended."""

from dataclasses import dataclass, replace

from domain.decisions import clean_name
from domain.deeds import Doer, note
from domain.errors import InvalidError, NotFoundError
from domain.ids import hash_secret, new_id, new_secret
from domain.records import Camera, Id, Site
from domain.store import Records, Store

KEY_PREFIX = "usher_cam_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A camera with a new key, which is shown this once: only its hash is kept."""

    camera: Camera
    site: Site
    key: str


async def add_camera(
    store: Store, *, name: str, doer: Doer, site_id: Id | None = None, site_name: str = ""
) -> Keyed:
    """Make a camera at a site: the one of this id, or of this name, made if there is none.

    Raises InvalidError when the site has a camera of this name, NotFoundError without such a site.
    """
    name, key = clean_name(name), new_secret(KEY_PREFIX)
    site_name = "" if site_id else clean_name(site_name)

    async def work(records: Records) -> Keyed:
        if site_id:
            site = await site_there(records, site_id)
        else:
            site = await records.sites.named(site_name) or await _make_site(
                records, site_name, doer
            )
        await _refuse_taken(records, site, name)
        camera = Camera(
            id=new_id(),
            site_id=site.id,
            name=name,
            key_hash=hash_secret(key),
            created_at=doer.now,
        )
        await records.cameras.add(camera)
        await note(records, doer, "add", camera, site.name)
        return Keyed(camera=camera, site=site, key=key)

    return await store.transact(work)


async def give_key(store: Store, *, camera_id: Id, doer: Doer) -> Keyed:
    """Give a camera a new key; the old one is worthless at once. A revoked camera posts again."""
    key = new_secret(KEY_PREFIX)

    async def work(records: Records) -> Keyed:
        camera = await camera_there(records, camera_id)
        site = await site_there(records, camera.site_id)
        keyed = replace(camera, key_hash=hash_secret(key), revoked_at=None)
        await records.cameras.save(keyed)
        await note(records, doer, "restore" if camera.revoked_at else "key", camera)
        return Keyed(camera=keyed, site=site, key=key)

    return await store.transact(work)


async def rename_camera(store: Store, *, camera_id: Id, name: str, doer: Doer) -> Camera:
    """Call a camera otherwise; raise InvalidError when its site has another of this name."""
    name = clean_name(name)

    async def work(records: Records) -> Camera:
        camera = await camera_there(records, camera_id)
        if camera.name == name:
            return camera
        await _refuse_taken(records, await site_there(records, camera.site_id), name)
        renamed = replace(camera, name=name)
        await records.cameras.save(renamed)
        await note(records, doer, "rename", camera, name)
        return renamed

    return await store.transact(work)


async def revoke_camera(store: Store, *, camera_id: Id, doer: Doer) -> Camera:
    """Make a camera's key worthless; what it has posted stays. Raises NotFoundError."""

    async def work(records: Records) -> Camera:
        camera = await camera_there(records, camera_id)
        if camera.revoked_at:
            return camera
        revoked = replace(camera, revoked_at=doer.now)
        await records.cameras.save(revoked)
        await note(records, doer, "revoke", camera)
        return revoked

    return await store.transact(work)


async def add_site(store: Store, *, name: str, doer: Doer) -> Site:
    """Make a site; raise InvalidError when there is one of this name."""
    name = clean_name(name)

    async def work(records: Records) -> Site:
        await _refuse_site(records, name)
        return await _make_site(records, name, doer)

    return await store.transact(work)


async def rename_site(store: Store, *, site_id: Id, name: str, doer: Doer) -> Site:
    """Call a site otherwise; raise InvalidError when another has this name."""
    name = clean_name(name)

    async def work(records: Records) -> Site:
        site = await site_there(records, site_id)
        if site.name == name:
            return site
        await _refuse_site(records, name)
        renamed = replace(site, name=name)
        await records.sites.save(renamed)
        await note(records, doer, "rename", site, name)
        return renamed

    return await store.transact(work)


async def camera_there(records: Records, camera_id: Id) -> Camera:
    """Return a camera; raise NotFoundError when there is none."""
    camera = await records.cameras.get(camera_id)
    if camera is None:
        raise NotFoundError("There is no such camera.")
    return camera


async def site_there(records: Records, site_id: Id) -> Site:
    """Return a site; raise NotFoundError when there is none."""
    site = await records.sites.get(site_id)
    if site is None:
        raise NotFoundError("There is no such site.")
    return site


async def _make_site(records: Records, name: str, doer: Doer) -> Site:
    site = Site(id=new_id(), name=name, created_at=doer.now)
    await records.sites.add(site)
    await note(records, doer, "add", site)
    return site


async def _refuse_taken(records: Records, site: Site, name: str) -> None:
    if await records.cameras.at(site.id, name):
        raise InvalidError(
            "{site} has a camera called {name}; choose another name.", site=site.name, name=name
        )


async def _refuse_site(records: Records, name: str) -> None:
    if await records.sites.named(name):
        raise InvalidError("There is a site called {name} already.", name=name)
