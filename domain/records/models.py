"""Which models an installation recognises by, and who works with them."""

from dataclasses import dataclass
from datetime import datetime

from domain.records.ids import Embedding, Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """The embedding of a detection's face by another model than it was classified with.

    Made when the pack is changed, read where two models are compared on a site's own faces
    (domain/labelled.py). A reference's twin is a reference too: of another model, made from the
    same detection.
    """

    id: Id
    detection_id: Id
    model: str
    embedding: Embedding


@dataclass(frozen=True, slots=True, kw_only=True)
class PackInUse:
    """The models that an installation recognises by: the pack's name, and its model's.

    `previous` is the pack that was in use before.
    """

    pack: str
    model: str
    previous: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerState:
    """A worker that was alive at `seen_at`, and the models it works with.

    Its gallery holds `persons` with `references`. In its models it has spent `seconds` on `crops`
    since it started.
    """

    name: str
    model: str
    provider: str
    seen_at: datetime
    persons: int = 0
    references: int = 0
    crops: int = 0
    seconds: float = 0.0
