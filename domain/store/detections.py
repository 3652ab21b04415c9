"""The detection log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.records import Detection, DetectionStatus, Embedding, Id, MatchKind
from domain.store.table import Table

# The log knows of a match if its percentage is below one of these.
PERCENTS = (50, 60, 70, 80, 90, 95)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the log: at a detection, by when it was captured and its id."""

    at: datetime
    id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionQuery:
    """What to list of the log, newest first by when it was captured, at most `limit` (0: all).

    `after` lists what is older than its cursor, `before` what is newer, from the cursor on.
    `below` is one of `PERCENTS`: what was matched, or nearly, with a lower confidence. `reason` is
    one for which faces are set aside. `reference_ids` are references that the faces were nearest
    to.
    """

    site_ids: tuple[Id, ...] | None = None
    camera_id: Id | None = None
    person_ids: tuple[Id, ...] | None = None
    visit_id: Id | None = None
    reference_ids: tuple[Id, ...] | None = None
    statuses: tuple[DetectionStatus, ...] = ()
    kinds: tuple[MatchKind, ...] = ()
    below: int | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: Cursor | None = None
    before: Cursor | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class LoggedFace:
    """The face of a detection, by the model it was recognised with, and when that was."""

    detection_id: Id
    site_id: Id
    at: datetime
    embedding: Embedding


class Detections(Table[Detection], Protocol):
    """The detection log."""

    async def enter(self, entries: Sequence[Detection], /) -> list[Detection]:
        """Keep new detections, journaled; where one has a key already, return that one instead."""

    async def page(self, query: DetectionQuery, /) -> list[Detection]:
        """Return a page of the log, newest first."""

    async def count(self, query: DetectionQuery, /) -> int:
        """Count what a query is about, wherever a page of it would begin or end."""

    async def faces(self, model: str, after: Cursor | None, limit: int, /) -> list[LoggedFace]:
        """Return the faces recognised with a model, in the order of that, from a place on."""

    async def count_faces(self, model: str, /) -> int:
        """Count the detections recognised with a model."""

    async def existing(self, ids: Sequence[Id], /) -> set[Id]:
        """Return those of the detections that there are."""

    async def reassign(self, ids: Sequence[Id], person_id: Id, /) -> None:
        """Note that these detections show another person than was thought."""

    async def revisit(self, ids: Sequence[Id], visit_id: Id, /) -> None:
        """Note that these detections belong to another visit than was thought."""

    async def backlog(self, limit: int, /) -> int:
        """Count the detections not yet dealt with, up to `limit`."""

    async def claim(
        self, *, worker: str, now: datetime, until: datetime, limit: int, max_attempts: int
    ) -> list[Detection]:
        """Lease up to `limit` new detections nobody holds, oldest first.

        Those tried before come one at a time, so that an image that kills its worker takes no
        others with it; those tried `max_attempts` times become `failed`.
        """

    async def extend(self, tokens: Sequence[str], until: datetime, /) -> None:
        """Hold the leases longer."""

    async def release(self, ids: Sequence[Id], token: str, error: str | None, /) -> None:
        """Give leased detections back at once, with what went wrong, if anything did."""

    async def settle(self, detection: Detection, token: str, /) -> None:
        """Write what became of a leased detection.

        Raises ClaimLostError when the lease is another's, StaleError when the person is already
        in this frame.
        """

    async def retry(self, ids: Sequence[Id], /) -> int:
        """Make failed detections new again; return how many."""

    async def in_frame(self, camera_id: Id, frame: str, /) -> list[Id]:
        """Return the persons already found in a frame."""

    async def seen_together(self, some: Sequence[Id], others: Sequence[Id], /) -> bool:
        """Tell whether one of these persons was ever in a frame with one of those."""

    async def track_person(self, camera_id: Id, track: str, since: datetime, /) -> Id | None:
        """Return the person a camera's track was last classified as."""

    async def lately(
        self, detection: Detection, person_ids: Sequence[Id], since: datetime, /
    ) -> list[Detection]:
        """Return what the site's cameras captured since a time, in any order.

        Of these persons, and of the detection's own track, whoever that was taken for.
        """

    async def repeating(self, detections: Sequence[Detection], /) -> set[Id]:
        """Return those of the detections whose very bytes were posted before."""

    async def expired(
        self, before: datetime, limit: int, /, *, with_image: bool = False
    ) -> list[Detection]:
        """Return detections received before a time, oldest first.

        With `with_image`, only those that still have their image and made no reference.
        """

    async def sites(self, person_ids: Sequence[Id], /) -> set[Id]:
        """Return the sites that have detections of these persons."""

    async def let_go(self, ids: Sequence[Id], /) -> None:
        """Note that no reference needs these detections any more: they are not `kept`."""

    async def forget_images(self, ids: Sequence[Id], /) -> None:
        """Note that the images of these detections are gone: their key becomes empty."""

    async def remove(self, ids: Sequence[Id], /) -> None:
        """Delete detections for good, and their twins."""

    async def forget_embeddings(self, model: str, /) -> int:
        """Delete the embeddings of a model from the log; return how many."""
