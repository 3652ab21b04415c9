"""Persons, and what they are recognised by."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.records.ids import Embedding, Id


class PersonStatus(StrEnum):
    """What managers have said of a person."""

    UNKNOWN = "unknown"
    KNOWN = "known"
    BLOCKED = "blocked"
    DISMISSED = "dismissed"


class Retirement(StrEnum):
    """Why a reference is searched no more: others show as much, or somebody said it is wrong."""

    TRIMMED = "trimmed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A person somebody may be: distance, and confidence 0 to 1 that it is so.

    `reference_id` is the one of theirs that is so near.
    """

    person_id: Id
    distance: float
    confidence: float
    reference_id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Whether somebody agreed to be recognised, since when, and how that is known."""

    given: bool
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An identity. `merged_into` points to the person this one turned out to be.

    A `visitor` is let in until `visitor_until`, None for always. `no_face` is a poster or a statue.
    Of somebody forgotten (`forgotten_at`) nothing is left but the id, by which copies of the
    gallery learn of it.

    `metadata` is what people note of somebody, by a name for each, and `labels` what they sort them
    by. Everything about them is erased at `keep_until`. `last_seen_at` and `site_ids` are kept with
    the visits, those of everybody merged into them included, so that lists can go by them.
    """

    id: Id
    number: int
    status: PersonStatus
    created_at: datetime
    version: int
    name: str | None = None
    visitor: bool = False
    visitor_until: datetime | None = None
    no_face: bool = False
    merged_into: Id | None = None
    forgotten_at: datetime | None = None
    maybe: tuple[Suggestion, ...] = ()
    cover: str | None = None
    labels: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    consent: Consent | None = None
    keep_until: datetime | None = None
    last_seen_at: datetime | None = None
    site_ids: tuple[Id, ...] = ()

    @property
    def label(self) -> str:
        """What people call this person."""
        if self.name:
            return self.name
        kind = "Not a face" if self.no_face else "Visitor" if self.visitor else "Stranger"
        return f"{kind} {self.number}"

    @property
    def recognised(self) -> bool:
        """Whether managers have said who or what this is, so that a match is worth a name."""
        return self.status in {PersonStatus.KNOWN, PersonStatus.BLOCKED}

    def lapsed(self, now: datetime) -> bool:
        """Whether this is a visitor whose time is over, who is asked about again."""
        until = self.visitor_until if self.visitor else None
        return self.status is PersonStatus.KNOWN and until is not None and until <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """Since when a reference is searched no more, and why."""

    at: datetime
    reason: Retirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A reference does not look like its person: half of the others are further than `distance`.

    `site_id` is where the photo was taken; None when that is not known any more. `other_id` is
    somebody recognised to whom it is nearer.
    """

    at: datetime
    distance: float
    site_id: Id | None = None
    other_id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One embedding kept to recognise a person, with the detection it came from.

    A retired one stays, unsearched, so that it can be taken back. `vouched` tells that somebody
    said, of a reference in doubt, that it is of its person; it is never doubted again.
    """

    id: Id
    person_id: Id
    detection_id: Id
    image_key: str
    model: str
    embedding: Embedding
    quality: float
    version: int
    created_at: datetime
    retired: Retired | None = None
    doubt: Doubt | None = None
    vouched: bool = False

    @property
    def doubted(self) -> bool:
        """Whether somebody is to say if this is the person."""
        return self.doubt is not None and not self.vouched and self.retired is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A cannot-link: somebody said that these two are not the same person."""

    id: Id
    person_id: Id
    other_id: Id
    version: int
    created_at: datetime
    withdrawn: bool = False
