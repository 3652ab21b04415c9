"""Photos that somebody has given, before it is said what becomes of them."""

from dataclasses import dataclass
from datetime import datetime

from domain.records.detections import Face, Image, MatchKind
from domain.records.ids import Embedding, Id
from domain.records.people import Suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFace:
    """A face of a draft, its answer, and who was near it, nearest first."""

    face: Face
    embedding: Embedding
    reasons: tuple[str, ...]
    kind: MatchKind
    near: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A photo that an account has given, and what was seen on it: looked at once.

    It is its owner's alone, and is kept for an hour at most. `name` is what the file was called;
    the faces are those seen with `model`, which went by the distances `match`, `unsure` and
    `duplicate`.
    """

    id: Id
    account_id: Id
    made_at: datetime
    name: str
    image: Image
    model: str
    match: float
    unsure: float
    duplicate: float
    faces: tuple[DraftFace, ...]
