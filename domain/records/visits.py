"""Visits, and what is asked about them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.records.ids import Id
from domain.records.people import Suggestion


class QuestionKind(StrEnum):
    """Ask who this is, or whether it is somebody recognised."""

    WHO = "who"
    CONFIRM = "confirm"


class QuestionStatus(StrEnum):
    """Open until somebody answers, until a newer visit asks again, or until nobody has.

    One that expired can still be answered, from the cards it is shown on. Withdrawn: the decision
    by which it was asked has been undone.
    """

    OPEN = "open"
    ANSWERED = "answered"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


# What somebody may still answer.
UNANSWERED = frozenset({QuestionStatus.OPEN, QuestionStatus.EXPIRED})


class Stage(StrEnum):
    """How far it has come with a question that nobody answers."""

    ASKED = "asked"
    REMINDED = "reminded"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The crop that shows a visit best. `covered` says what hides the face there."""

    detection_id: Id
    camera_id: Id
    image_key: str
    quality: float
    covered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A run of detections of one person at one site; `ordinal` 4 is the person's fourth there."""

    id: Id
    person_id: Id
    site_id: Id
    opened_at: datetime
    last_seen_at: datetime
    open: bool
    ordinal: int
    detections: int
    camera_ids: tuple[Id, ...]
    best: Best
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What managers are asked about a visit; answered once.

    `stage` is how far it has come while nobody answers, and `due_at` when the next step is due;
    None: that is still to be seen, or nothing more is due.
    """

    id: Id
    visit_id: Id
    site_id: Id
    person_id: Id
    kind: QuestionKind
    status: QuestionStatus
    asked_at: datetime
    suggestions: tuple[Suggestion, ...] = ()
    decision_id: Id | None = None
    decided_at: datetime | None = None
    stage: Stage = Stage.ASKED
    due_at: datetime | None = None
