"""What crops say at a door: which count, which are in doubt, which count for nothing. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.policy import DoorPolicy, MatchPolicy
from domain.records import Detection, DetectionStatus, Evidence, Id, MatchKind, Need


class Reason(StrEnum):
    """Why a crop does not count, or why a door does not open. Stable: they stand in the log."""

    LATE = "late"
    SLOW = "slow"
    AHEAD = "ahead"
    REPLAYED = "replayed"
    POOR = "poor"
    OTHER = "other"

    UNSURE = "unsure"
    FAR = "far"
    ALIKE = "alike"
    UNCERTAIN = "uncertain"
    COVERED = "covered"
    UNJUDGED = "unjudged"

    SPOOF = "spoof"
    BLOCKED = "blocked"
    MAYBE_BLOCKED = "maybe_blocked"
    LAPSED = "lapsed"
    HOURS = "hours"
    GONE = "gone"
    REMOVED = "removed"
    NOBODY = "nobody"
    SAID_NO = "said_no"
    UNANSWERED = "unanswered"
    PRESSED_LATE = "pressed_late"
    UNDELIVERED = "undelivered"
    DECLINED = "declined"


SENTENCES = {
    Reason.LATE: "It was posted long after it was captured.",
    Reason.SLOW: "It was looked at long after it was posted.",
    Reason.AHEAD: "The camera's clock is ahead: it was captured in the future.",
    Reason.REPLAYED: "This very picture was posted before.",
    Reason.POOR: "The face is too poor.",
    Reason.OTHER: "It was taken for somebody else.",
    Reason.UNSURE: "It may be them, and may not.",
    Reason.FAR: "It is further than a match may be.",
    Reason.ALIKE: "Somebody else known looks about as much like it.",
    Reason.UNCERTAIN: "It is less certain than the door needs.",
    Reason.COVERED: "The face is covered.",
    Reason.UNJUDGED: "Nobody could tell whether the face is alive.",
    Reason.SPOOF: "A picture or a screen was held before the camera a moment ago.",
    Reason.BLOCKED: "They are blocked.",
    Reason.MAYBE_BLOCKED: "It may be somebody who is blocked.",
    Reason.LAPSED: "Their time as a visitor is over.",
    Reason.HOURS: "It is out of the door's hours.",
    Reason.GONE: "They are not known any more.",
    Reason.REMOVED: "The door was removed.",
    Reason.NOBODY: "There was nobody to ask.",
    Reason.SAID_NO: "Somebody said no.",
    Reason.UNANSWERED: "Nobody answered in time.",
    Reason.PRESSED_LATE: "Somebody pressed Open too late.",
    Reason.UNDELIVERED: "It could not be delivered in time.",
    Reason.DECLINED: "The receiver did not accept it.",
}
# What came too late or twice: it opens nothing, whatever it shows.
VOID = frozenset({Reason.LATE, Reason.SLOW, Reason.AHEAD, Reason.REPLAYED})
# It shows somebody, but not surely enough: people may be asked.
DOUBTFUL = frozenset(
    {
        Reason.UNSURE,
        Reason.FAR,
        Reason.ALIKE,
        Reason.UNCERTAIN,
        Reason.COVERED,
        Reason.UNJUDGED,
    }
)


class Answer(StrEnum):
    """What the crops say together."""

    OPEN = "open"
    ASK = "ask"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """What a crop is judged by at a door.

    `seen_as` are the ids of whom the crops have to show, who is only perhaps the one meant unless
    `named`. `rivals` are people recognised; `replayed` are crops whose bytes were posted before.
    """

    need: Need
    matching: MatchPolicy
    policy: DoorPolicy
    now: datetime
    seen_as: Collection[Id]
    named: bool
    rivals: Collection[Id] = ()
    replayed: Collection[Id] = ()

    @property
    def since(self) -> datetime:
        """What was captured or received before that is too old."""
        return self.now - timedelta(seconds=self.need.within_s)


def weigh(crops: Sequence[Evidence], need: Need) -> tuple[Answer, tuple[Evidence, ...]]:
    """Say what the last crops mean, newest first, and return those that say so."""
    last = crops[: need.of]
    good = tuple(crop for crop in last if not crop.reasons)
    if len(good) >= need.crops:
        return Answer.OPEN, good
    doubtful = tuple(crop for crop in last if crop.reasons and DOUBTFUL.issuperset(crop.reasons))
    if len(doubtful) >= need.crops:
        return Answer.ASK, doubtful
    return Answer.WAIT, ()


def judge_crop(detection: Detection, scales: Scales) -> Evidence:
    """Return what one crop says at a door, with everything that speaks against it."""
    match = detection.match
    return Evidence(
        detection_id=detection.id,
        camera_id=detection.camera_id,
        captured_at=detection.captured_at,
        distance=match.distance if match else None,
        confidence=match.confidence if match else None,
        reasons=(*_void(detection, scales), *_short_of(detection, scales)),
    )


def _void(detection: Detection, scales: Scales) -> list[Reason]:
    """Return why a crop counts for nothing because of when it came."""
    latest = min(detection.received_at, scales.now) + scales.policy.ahead
    found = [
        (Reason.AHEAD, detection.captured_at > latest or detection.received_at > latest),
        (Reason.SLOW, detection.received_at < scales.since),
        (Reason.LATE, detection.captured_at < scales.since <= detection.received_at),
        (Reason.REPLAYED, detection.id in scales.replayed),
    ]
    return [reason for reason, true in found if true]


def _short_of(detection: Detection, scales: Scales) -> list[Reason]:
    """Return why a crop is not a good one of the person meant."""
    if detection.status is not DetectionStatus.CLASSIFIED:
        return [Reason.POOR]
    if detection.person_id not in scales.seen_as:
        return [Reason.OTHER]
    match, limits, face = detection.match, scales.matching, detection.face
    distance = 2.0 if match is None or match.distance is None else match.distance
    rival = match.runner_up if match else None
    alike = rival is not None and rival.person_id in scales.rivals
    found = [
        (Reason.UNSURE, not scales.named or match is None or match.kind is not MatchKind.MATCH),
        (Reason.FAR, scales.named and distance > limits.match),
        (Reason.ALIKE, alike and rival is not None and rival.distance - distance < limits.margin),
        (Reason.UNCERTAIN, _confidence(detection) < scales.need.sure),
        (Reason.COVERED, bool(detection.reasons)),
        (Reason.UNJUDGED, scales.policy.liveness and (face is None or face.live is None)),
    ]
    return [reason for reason, true in found if true]


def _confidence(detection: Detection) -> float:
    return (detection.match and detection.match.confidence) or 0.0
