"""How things stand: cameras, workers, what waits, and what is wrong."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.link import bot_trouble
from domain.records import Account, Camera, Id, PackInUse, Site, WorkerState
from domain.sight import sites_of
from domain.store import Store

# A camera posts when somebody is before it: of one not heard of for so long something may be wrong.
SILENT = timedelta(days=1)
# Workers say every few seconds that they are alive.
ALIVE = timedelta(minutes=1)
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraState:
    """A camera with its site; `silent` if it has not been heard of for long."""

    camera: Camera
    site: Site
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How things stand for an account: the cameras of its sites, and what all share.

    `waiting` questions are open at its sites; `backlog` crops are not looked at yet; `stuck` cards
    of its own could not be delivered. `trouble` is what keeps the bot from hearing people.
    """

    cameras: tuple[CameraState, ...]
    workers: tuple[WorkerState, ...]
    pack: PackInUse | None
    waiting: int
    backlog: int
    stuck: int
    trouble: str | None = None


async def status_of(
    store: Store, account: Account, *, now: datetime, site_ids: Collection[Id] | None = None
) -> Status:
    """Gather how things stand; `site_ids` limits it to some of the account's sites."""
    sites = {
        site.id: site
        for site in await store.sites.all()
        if account.may_see(site.id) and (site_ids is None or site.id in site_ids)
    }
    asked = sites_of(account) if site_ids is None else [*sites]
    cameras = [c for c in await store.cameras.all() if c.site_id in sites and not c.revoked_at]
    return Status(
        cameras=tuple(
            CameraState(
                camera=camera,
                site=sites[camera.site_id],
                silent=(camera.last_seen_at or camera.created_at) < now - SILENT,
            )
            for camera in sorted(cameras, key=lambda c: (sites[c.site_id].name, c.name))
        ),
        workers=tuple(await store.workers.alive(now - ALIVE)),
        pack=await store.gallery.in_use(),
        waiting=await store.questions.open_count(asked),
        backlog=await store.detections.backlog(MOST_COUNTED),
        stuck=len(await store.outbox.stuck(account.id)),
        trouble=await bot_trouble(store),
    )
