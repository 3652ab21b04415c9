"""Rules that open something, and their log."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.records.ids import Id


class GrantStatus(StrEnum):
    """How it stands with the opening of a door."""

    ASKED = "asked"
    GRANTED = "granted"
    DELIVERED = "delivered"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Hours of some weekdays, Monday 0: minutes after midnight, local time; `end` is not in them.

    Those that end before they start go on into the next day.
    """

    days: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What opens a door: `crops` good ones among the last `of`, none older than `within_s` seconds.

    A good one matches with at least the confidence `sure`, 0 to 1.
    """

    crops: int = 3
    of: int = 5
    within_s: float = 5.0
    sure: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A rule that opens something: for whom, where and when, and whom to tell by a webhook.

    For these persons, for `everybody` known, for `visitors` while they are approved. No cameras
    means all of the site, no hours always. `secret` signs what is sent; it is never shown again.
    `open_for_s` is how long it shall stay open, `names` whether the webhook may say for whom, and
    `tells` whether the chats hear of each opening. `touched_at` is when it was last opened or asked
    for: whoever does either writes it, so that two cannot at once.
    """

    id: Id
    site_id: Id
    name: str
    url: str
    secret: str = field(repr=False)
    created_at: datetime
    camera_ids: tuple[Id, ...] = ()
    person_ids: tuple[Id, ...] = ()
    everybody: bool = False
    visitors: bool = False
    hours: tuple[Hours, ...] = ()
    need: Need = Need()
    open_for_s: float = 5.0
    names: bool = False
    tells: bool = False
    touched_at: datetime | None = None
    disabled_at: datetime | None = None

    def watches(self, camera_id: Id) -> bool:
        """Whether who is seen by a camera of the site stands before this door."""
        return not self.camera_ids or camera_id in self.camera_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one crop said at a door; without `reasons` against it, it is a good one."""

    detection_id: Id
    camera_id: Id
    captured_at: datetime
    distance: float | None = None
    confidence: float | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Who said of a door that it shall open, or shall not, when and where."""

    at: datetime
    account_id: Id
    account_name: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """That a door opens for somebody, or does not, and why: an entry of the doors' log.

    After `expires_at` it is worth nothing: neither a webhook nor a press counts any more. `crops`
    are what it was decided by, newest first; those in `used` can open this door no second time.
    `reasons` say why not. `asked` tells that people were asked, `ruling` who answered. `answer` is
    the HTTP status of the last of the `attempts` to deliver it. A `test` opens nothing.
    """

    id: Id
    door_id: Id
    site_id: Id
    status: GrantStatus
    at: datetime
    expires_at: datetime
    due_at: datetime
    person_id: Id | None = None
    visit_id: Id | None = None
    crops: tuple[Evidence, ...] = ()
    used: tuple[Id, ...] = ()
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    asked: bool = False
    ruling: Ruling | None = None
    attempts: int = 0
    answer: int | None = None
    claimed_until: datetime | None = None
    delivered_at: datetime | None = None
    test: bool = False
