"""The detection log."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.records.ids import Embedding, Id


class DetectionStatus(StrEnum):
    """Where a detection stands on its way through the log."""

    NEW = "new"
    CLASSIFIED = "classified"
    UNUSABLE = "unusable"
    SPOOF = "spoof"
    FAILED = "failed"


class MatchKind(StrEnum):
    """The three answers of recognition."""

    MATCH = "match"
    UNSURE = "unsure"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A stored picture: its key in the image store, SHA-256 and size."""

    key: str
    sha256: str
    bytes: int
    width: int
    height: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A worker's lease on a detection. `attempts` counts the claims so far."""

    worker: str
    token: str
    until: datetime
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What recognition found. Pixels of the upright image; angles in degrees; quality 0 to 1.

    `lower_covered` (mouth and nose), `upper_covered` (eyes) and `live` are probabilities; `live` is
    None where nobody can tell.
    """

    box: tuple[float, float, float, float]
    landmarks: tuple[tuple[float, float], ...]
    score: float
    quality: float
    roll: float
    yaw: float
    pitch: float
    count: int
    lower_covered: float = 0.0
    upper_covered: float = 0.0
    live: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A person who came second, and how far."""

    person_id: Id
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The answer for one face; distance, confidence and reference are of the nearest person.

    The confidence lies between `low` and `high` 19 times out of 20, as far as the data tell.
    """

    kind: MatchKind
    distance: float | None = None
    confidence: float | None = None
    reference_id: Id | None = None
    runner_up: Rival | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One posted crop. `keys` make a post idempotent: no two of a camera share one.

    `kept` tells that its face became a reference, so that its image stays as long as the person.
    """

    id: Id
    camera_id: Id
    site_id: Id
    captured_at: datetime
    received_at: datetime
    image: Image
    status: DetectionStatus
    keys: tuple[str, ...] = ()
    track: str | None = None
    frame: str | None = None
    box: tuple[int, int, int, int] | None = None
    claim: Claim | None = None
    face: Face | None = None
    embedding: Embedding | None = None
    model: str | None = None
    person_id: Id | None = None
    visit_id: Id | None = None
    match: Match | None = None
    kept: bool = False
    reasons: tuple[str, ...] = ()
    error: str | None = None
    classified_at: datetime | None = None
