"""What can be counted, and what was counted of each day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.records import DayCount, Id, PersonStatus
from domain.store.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """How many visits began at a site, so many whole hours after the start of what was asked.

    `first` are those of people who had never been there.
    """

    site_id: Id
    hour: int
    first: bool
    visits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crops:
    """How many crops of a site have a status and an answer of recognition, and their bytes."""

    site_id: Id
    status: str
    kind: str | None
    crops: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How many of something at a site are of one kind."""

    site_id: Id
    kind: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer to a question of a site: by whom, through which door, and after how long."""

    site_id: Id
    account_id: Id
    via: str
    waited_s: float
    undone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldApart:
    """That a visit was somebody else's than recognition had said, with that confidence."""

    site_id: Id
    confidence: float


class Figures(Protocol):
    """Counts of what happened at some sites from a time until before another."""

    async def arrivals(
        self, site_ids: Sequence[Id], start: datetime, end: datetime, /
    ) -> list[Arrivals]:
        """Count visits by when they began."""

    async def crops(self, site_ids: Sequence[Id], start: datetime, end: datetime, /) -> list[Crops]:
        """Count crops by when they were taken."""

    async def reasons(
        self, site_ids: Sequence[Id], start: datetime, end: datetime, /
    ) -> list[Part]:
        """Count why crops were unusable; one may be for several reasons."""

    async def asked(self, site_ids: Sequence[Id], start: datetime, end: datetime, /) -> list[Part]:
        """Count questions by what has become of them."""

    async def given(self, site_ids: Sequence[Id], start: datetime, end: datetime, /) -> list[Given]:
        """Return the answers given in this time that ended a question."""

    async def told_apart(
        self, site_ids: Sequence[Id], start: datetime, end: datetime, /
    ) -> list[ToldApart]:
        """Return the visits told apart in this time, but those taken back."""

    async def people_by_site(self) -> dict[Id, dict[PersonStatus, int]]:
        """Count everybody by status, at each site where they were seen."""

    async def people(self, site_ids: Sequence[Id] | None, /) -> dict[PersonStatus, int]:
        """Count everybody who was seen at one of these sites (None: everybody) by status."""


class DayCounts(Table[DayCount], Protocol):
    """What was counted of each day."""

    async def between(
        self, site_ids: Sequence[Id] | None, start: datetime, end: datetime, /
    ) -> list[DayCount]:
        """Return the counts of the days of these sites that begin within a time, oldest first.

        None: those of all sites together, one a day.
        """

    async def keep(self, counts: Sequence[DayCount], /) -> None:
        """Keep counts, in place of those there are of the same days."""
