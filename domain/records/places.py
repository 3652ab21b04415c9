"""Sites and their cameras."""

from dataclasses import dataclass
from datetime import datetime

from domain.records.ids import Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place with cameras and the managers who answer for it."""

    id: Id
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A client that posts crops. `key_hash` is the SHA-256 of its key, in hexadecimal.

    `spoofed_at` is when a picture or a screen was last held before it.
    """

    id: Id
    site_id: Id
    name: str
    key_hash: str
    created_at: datetime
    last_seen_at: datetime | None = None
    revoked_at: datetime | None = None
    spoofed_at: datetime | None = None
