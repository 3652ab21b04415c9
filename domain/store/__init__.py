"""The port to what is remembered. `storage` keeps it in MongoDB.

A `Store` reads and writes at once; `Store.transact` gives the same tables inside one transaction.
`save` replaces a record as a whole, by its id. Lists are in the order their docstrings say.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from domain.records import Id
from domain.store.accounts import Accounts, Groups, Guests, Invites, Sessions, TriesLog
from domain.store.chats import Errands, Outbox
from domain.store.deeds import Deeds
from domain.store.detections import PERCENTS, Cursor, DetectionQuery, Detections, LoggedFace
from domain.store.doors import Doors, Grants
from domain.store.drafts import Drafts
from domain.store.facts import Values, Workers
from domain.store.figures import DayCounts, Figures
from domain.store.gallery import GalleryChanges, GalleryLog
from domain.store.house import RuleChanges
from domain.store.journal import Decisions
from domain.store.people import (
    PersonCursor,
    PersonOrder,
    PersonQuery,
    Persons,
    References,
    Rejections,
    Twins,
    Whereabouts,
)
from domain.store.places import Cameras, Sites
from domain.store.table import Table
from domain.store.traffic import Traffic
from domain.store.visits import LONGEST_VISIT, Questions, Tally, Total, VisitQuery, Visits

__all__ = [
    "LONGEST_VISIT",
    "PERCENTS",
    "Accounts",
    "Cameras",
    "Cursor",
    "DayCounts",
    "Decisions",
    "Deeds",
    "DetectionQuery",
    "Detections",
    "Doors",
    "Drafts",
    "Errands",
    "Event",
    "Figures",
    "GalleryChanges",
    "GalleryLog",
    "Grants",
    "Groups",
    "Guests",
    "Invites",
    "LoggedFace",
    "Outbox",
    "PersonCursor",
    "PersonOrder",
    "PersonQuery",
    "Persons",
    "Questions",
    "Records",
    "References",
    "Rejections",
    "RuleChanges",
    "Sessions",
    "Sites",
    "Store",
    "Table",
    "Tally",
    "Total",
    "Traffic",
    "TriesLog",
    "Twins",
    "Values",
    "VisitQuery",
    "Visits",
    "Whereabouts",
    "Workers",
]


R = TypeVar("R")


class Records(Protocol):
    """Every table, at once or inside one transaction."""

    @property
    def sites(self) -> Sites:
        """Places."""

    @property
    def cameras(self) -> Cameras:
        """Clients that post."""

    @property
    def detections(self) -> Detections:
        """The log."""

    @property
    def traffic(self) -> Traffic:
        """What cameras sent lately."""

    @property
    def persons(self) -> Persons:
        """Identities."""

    @property
    def references(self) -> References:
        """Embeddings kept."""

    @property
    def twins(self) -> Twins:
        """Embeddings of detections by further models."""

    @property
    def rejections(self) -> Rejections:
        """Cannot-links."""

    @property
    def visits(self) -> Visits:
        """Runs of detections."""

    @property
    def questions(self) -> Questions:
        """What is asked."""

    @property
    def decisions(self) -> Decisions:
        """The journal."""

    @property
    def deeds(self) -> Deeds:
        """The journal of cameras, sites and accounts."""

    @property
    def figures(self) -> Figures:
        """Counts of what happens."""

    @property
    def day_counts(self) -> DayCounts:
        """Counts of finished days."""

    @property
    def rule_changes(self) -> RuleChanges:
        """The journal of the rules of the house."""

    @property
    def accounts(self) -> Accounts:
        """Humans."""

    @property
    def guests(self) -> Guests:
        """Who is expected."""

    @property
    def groups(self) -> Groups:
        """Group chats."""

    @property
    def invites(self) -> Invites:
        """Invitations."""

    @property
    def sessions(self) -> Sessions:
        """Signed-in browsers."""

    @property
    def tries(self) -> TriesLog:
        """Failed tries of passwords."""

    @property
    def outbox(self) -> Outbox:
        """Cards."""

    @property
    def errands(self) -> Errands:
        """What people have begun in their chats."""

    @property
    def drafts(self) -> Drafts:
        """Photos that somebody has given, before it is said what becomes of them."""

    @property
    def doors(self) -> Doors:
        """Rules that open something."""

    @property
    def grants(self) -> Grants:
        """The doors' log."""

    @property
    def workers(self) -> Workers:
        """Who is at work."""

    @property
    def values(self) -> Values:
        """Small facts."""

    @property
    def gallery(self) -> GalleryLog:
        """The gallery version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change somebody may follow: an opaque resume token, the table, and the record's id."""

    token: str
    table: str
    record_id: Id
    created: bool


class Store(Records, Protocol):
    """Everything remembered."""

    async def transact(self, work: Callable[[Records], Awaitable[R]], /) -> R:
        """Run `work` in one transaction, again when another writer was in the way.

        `work` must have no effect but on the records it is given.
        """

    def follow(
        self, tables: Sequence[str], /, *, resume_after: str | None = None
    ) -> AsyncIterator[Event]:
        """Yield the changes of these tables as they happen, from a token on if one is given.

        Raises LookupError when the token is too old to resume from.
        """

    async def ping(self) -> None:
        """Raise when the database cannot be written to."""
