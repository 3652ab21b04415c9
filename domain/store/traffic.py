"""What cameras sent lately: counted over a window that is bounded in time and in crops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from domain.records import Detection, Id

WINDOW = timedelta(days=1)
MINUTES = 60
HOURS = 24
# Never more crops are counted than these last ones, however many came within the window.
MOST_CROPS = 20_000
MOST_UNUSABLE = 5_000
MOST_OF_ONE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one camera sent: so many crops, and so many of them unusable.

    `minutes` are the crops of each minute of the last hour, the oldest first. `reasons` are counted
    over the newest of the unusable ones; a crop may have several.
    """

    crops: int = 0
    unusable: int = 0
    minutes: tuple[int, ...] = (0,) * MINUTES
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """What each camera that sent anything has sent since a time: `whole`, if that is a WINDOW."""

    since: datetime
    whole: bool
    cameras: Mapping[Id, Sent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What one camera sent in an hour that begins at `at`."""

    at: datetime
    crops: int
    unusable: int


class Traffic(Protocol):
    """What cameras sent lately."""

    async def lately(self, now: datetime, /) -> Lately:
        """Count what came in the last day, or the last MOST_CROPS if those came in less."""

    async def newest(self, camera_ids: Sequence[Id], /) -> dict[Id, Detection]:
        """Return the last crop of each camera that has sent one, without its embedding."""

    async def hours(self, camera_id: Id, now: datetime, /) -> list[Hour]:
        """Count the last MOST_OF_ONE crops of a camera by hour, of the last day, oldest first.

        Hours begin at now minus whole hours; those without a crop are there, with 0.
        """
