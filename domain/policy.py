"""The numbers that the rules go by."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchPolicy:
    """Distances, cosine, chosen by evaluation for one model.

    `match` and nearer is the same person; `unsure` and nearer may be; up to `hint` somebody
    recognised is offered as a likely name. Two recognised people within `margin` of one another
    are too alike to choose between. A person keeps at most `max_references`, none nearer than
    `duplicate` to another; one further than `doubt` from half of the others may be somebody else's.
    A probe within `bridge` of two people nobody has named shows that they are one. From the
    probability `covered` on a half of a face is hidden; below the probability `live` it is a spoof
    (docs/decisions/covered-faces.md and liveness.md).
    """

    match: float
    unsure: float
    hint: float
    margin: float = 0.02
    max_references: int = 12
    duplicate: float = 0.1
    bridge: float = 0.0
    doubt: float = 2.0
    covered: float = 0.7
    live: float = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPolicy:
    """What is done about a question nobody has answered so long after it was asked.

    Those asked are reminded once, then others are asked too, then it expires. None: never.
    """

    remind: timedelta | None = timedelta(minutes=15)
    escalate: timedelta | None = timedelta(minutes=30)
    expire: timedelta | None = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """How long is kept what made no reference, or a retired one. None keeps it for good."""

    images: timedelta | None
    detections: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPolicy:
    """A decision can be undone for the time `undo`."""

    undo: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPolicy:
    """A visit ends after `gap` without a detection; its cards are edited at most every `edit`."""

    gap: timedelta = timedelta(minutes=10)
    edit: timedelta = timedelta(seconds=3)
    announce_known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorPolicy:
    """What holds at every door.

    A grant is worth something for `life`, a question to people for `ask`. A door opens for somebody
    once in `hold`, however often they are seen; people are asked about them, and a refusal is
    logged, once in `again`. A crop from more than `ahead` in the future is of a clock that lies.
    With `liveness` a face of which nobody can tell whether it is alive is in doubt. The hours are
    those of `zone`, None for this machine's.
    """

    life: timedelta = timedelta(seconds=5)
    ask: timedelta = timedelta(seconds=30)
    hold: timedelta = timedelta(seconds=30)
    again: timedelta = timedelta(minutes=1)
    ahead: timedelta = timedelta(seconds=1)
    liveness: bool = False
    zone: tzinfo | None = None
