"""Visits, and what is asked about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.records import Id, Question, Visit
from domain.store.detections import Cursor
from domain.store.table import Table

# A visit that began longer before a day than this is not found as one of that day any more.
LONGEST_VISIT = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitQuery:
    """What to list of the visits that fall into a time, in the order in which they began.

    The last begun come first, unless `oldest_first`. `after` goes on from a visit, which is at when
    it began. At most `limit`.
    """

    start: datetime
    end: datetime
    site_ids: tuple[Id, ...] | None = None
    person_ids: tuple[Id, ...] | None = None
    oldest_first: bool = False
    after: Cursor | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How often somebody was at a site, and when first and last."""

    site_id: Id
    visits: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many visits somebody made, with how many crops, and when they were seen last."""

    visits: int
    crops: int
    last: datetime


class Visits(Table[Visit], Protocol):
    """Runs of detections. `add` raises StaleError when the person has an open visit there."""

    async def near(
        self, person_ids: Sequence[Id], site_id: Id, at: datetime, gap: timedelta, /
    ) -> Visit | None:
        """Return the visit that a detection at this time belongs to, if there is one."""

    async def open_of(self, person_ids: Sequence[Id], site_id: Id, /) -> list[Visit]:
        """Return the open visits of these persons at a site."""

    async def count(self, person_ids: Sequence[Id], site_id: Id, /) -> int:
        """Count the visits of these persons at a site."""

    async def sites(self, person_ids: Sequence[Id], /) -> set[Id]:
        """Return the sites at which these persons were seen."""

    async def of(
        self,
        person_ids: Sequence[Id],
        /,
        *,
        limit: int = 50,
        site_ids: Sequence[Id] | None = None,
        before: datetime | None = None,
    ) -> list[Visit]:
        """Return visits of these persons at these sites (None: all), newest first.

        Those last seen before a time, if one is given.
        """

    async def times(
        self, person_ids: Sequence[Id], site_ids: Sequence[Id] | None, since: datetime, /
    ) -> list[datetime]:
        """Return when each visit of these persons at these sites (None: all) ended, since a time.

        In any order.
        """

    async def before(self, person_ids: Sequence[Id], site_id: Id, at: datetime, /) -> Visit | None:
        """Return the last visit of these persons at a site that was over before a time."""

    async def between(
        self, site_ids: Sequence[Id] | None, start: datetime, end: datetime, /
    ) -> list[Visit]:
        """Return the visits of these sites (None: all) that fall into a time, oldest first."""

    async def page(self, query: VisitQuery, /) -> list[Visit]:
        """Return a page of the visits that fall into a time."""

    async def counted(self, query: VisitQuery, /) -> tuple[int, int]:
        """Count the visits that fall into a time, and those of them that are open."""

    async def totals(
        self, person_ids: Sequence[Id], site_ids: Sequence[Id] | None, /
    ) -> list[Total]:
        """Return how often these persons were at each of these sites (None: all), last first.

        Sites where they never were are left out.
        """

    async def latest(self, person_ids: Sequence[Id], site_ids: Sequence[Id], /) -> dict[Id, Visit]:
        """Return the visit to these sites in which each of these persons was seen last."""

    async def tally(
        self, person_ids: Sequence[Id], site_ids: Sequence[Id] | None, /
    ) -> dict[Id, Tally]:
        """Return how often each of these persons was at these sites (None: all).

        Who never was is left out.
        """

    async def presence(self, person_ids: Sequence[Id], /) -> dict[Id, datetime]:
        """Return, by site, when these persons were there last, as far as visits have told.

        A visit tells when it begins, and when it is over.
        """

    async def over(self, last_seen_before: datetime, /, *, limit: int) -> list[Visit]:
        """Return open visits in which nobody was seen since a time."""


class Questions(Table[Question], Protocol):
    """What managers are asked."""

    async def about(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return every question about these persons."""

    async def unsuggest(self, ids: Sequence[Id], /) -> None:
        """Suggest these persons in no question any more."""

    async def open_of(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the open questions about these persons."""

    async def unanswered_of(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the questions about these persons that are open, or expired, oldest first."""

    async def due(self, now: datetime, /, *, limit: int) -> list[Question]:
        """Return open questions to be looked at, oldest first: a step is due, or none is set."""

    async def look_again(self, at: datetime, /) -> None:
        """Let each open question be looked at anew at a time: the rules have changed."""

    async def suggesting(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the open questions about others that suggest one of these persons."""

    async def answered(self, person_ids: Sequence[Id], /) -> list[Question]:
        """Return the answered questions about these persons."""

    async def decided(
        self, site_ids: Sequence[Id], since: datetime, until: datetime, /, *, limit: int
    ) -> list[Question]:
        """Return answered questions of these sites that suggested somebody, newest first.

        Those asked from a time until before another.
        """

    async def of_decision(self, decision_id: Id, /) -> list[Question]:
        """Return the questions that a decision answered."""

    async def of_visit(self, visit_id: Id, /) -> Question | None:
        """Return the question asked about a visit."""

    async def inbox(
        self, site_ids: Sequence[Id] | None, /, *, after: Id | None = None, limit: int = 20
    ) -> list[Question]:
        """Return open questions of these sites (None: all), newest first, older than `after`."""

    async def oldest(
        self, site_ids: Sequence[Id] | None, /, *, after: Id | None = None, limit: int = 20
    ) -> list[Question]:
        """Return open questions of these sites (None: all), oldest first, newer than `after`."""

    async def open_count(self, site_ids: Sequence[Id] | None, /, *, most: int = 0) -> int:
        """Count the open questions of these sites (None: all); if `most` is given, up to that."""
