"""Cameras as people look at them: whether they send, what came last, how much was usable."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import NotFoundError
from domain.records import Account, Camera, Detection, Id, Site
from domain.store import Store
from domain.store.traffic import Lately, Sent

# Posts are noted every ten seconds at most.
SENDING = timedelta(minutes=2)


class Live(StrEnum):
    """Whether a camera sends."""

    SENDING = "sending"
    QUIET = "quiet"
    NEVER = "never"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraView:
    """A camera with its site, its last crop, and what it sent lately."""

    camera: Camera
    site: Site
    live: Live
    last: Detection | None
    sent: Sent

    @property
    def share(self) -> float | None:
        """The share of the crops sent lately that were unusable, 0 to 1; None without any."""
        return self.sent.unusable / self.sent.crops if self.sent.crops else None

    @property
    def reasons(self) -> list[str]:
        """Why crops were unusable, the most frequent reason first."""
        return sorted(self.sent.reasons, key=lambda reason: -self.sent.reasons[reason])


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The cameras of an account's sites, by site and name; those that are revoked come last."""

    cameras: tuple[CameraView, ...]
    lately: Lately


def live(camera: Camera, now: datetime) -> Live:
    """Tell whether a camera sends."""
    if camera.revoked_at:
        return Live.REVOKED
    if camera.last_seen_at is None:
        return Live.NEVER
    return Live.SENDING if now - camera.last_seen_at <= SENDING else Live.QUIET


async def watch(store: Store, account: Account, now: datetime) -> Watch:
    """Look at all cameras that an account may see."""
    sites = {site.id: site for site in await store.sites.all() if account.may_see(site.id)}
    cameras = [camera for camera in await store.cameras.all() if camera.site_id in sites]
    lately = await store.traffic.lately(now)
    newest = await store.traffic.newest([camera.id for camera in cameras])
    views = [
        CameraView(
            camera=camera,
            site=sites[camera.site_id],
            live=live(camera, now),
            last=newest.get(camera.id),
            sent=lately.cameras.get(camera.id, Sent()),
        )
        for camera in cameras
    ]
    return Watch(cameras=tuple(sorted(views, key=_order)), lately=lately)


def _order(view: CameraView) -> tuple[bool, str, str]:
    revoked = view.live is Live.REVOKED
    return revoked, view.site.name.casefold(), view.camera.name.casefold()


async def seen_camera(store: Store, account: Account, id_: Id) -> tuple[Camera, Site]:
    """Return a camera; raise NotFoundError when it is none of the account's business."""
    camera = await store.cameras.get(id_)
    site = await store.sites.get(camera.site_id) if camera else None
    if camera is None or site is None or not account.may_see(site.id):
        raise NotFoundError("There is no such camera.")
    return camera, site
