"""Persons, and what they are recognised by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.records import Embedding, Id, Person, PersonStatus, Reference, Rejection, Twin
from domain.store.table import Table


class PersonOrder(StrEnum):
    """In which order people are listed: whoever was seen last, was met last, or by name."""

    SEEN = "seen"
    NEWEST = "newest"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class PersonCursor:
    """After whom a page of people begins; `seen_at` is when they were seen last."""

    id: Id
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonQuery:
    """Which people to list, in which order, after the cursor, at most `limit`.

    `site_ids` are sites they were at (None: all). `labels` are labels of which they have each.
    `text` are beginnings of words of their name, or their number. Seen last since a time, or
    before one, or never.
    """

    statuses: tuple[PersonStatus, ...] = ()
    site_ids: tuple[Id, ...] | None = None
    labels: tuple[str, ...] = ()
    text: str = ""
    seen_since: datetime | None = None
    unseen_since: datetime | None = None
    order: PersonOrder = PersonOrder.NEWEST
    after: PersonCursor | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """When somebody was seen last, and at which sites they ever were, sorted."""

    last_seen_at: datetime | None = None
    site_ids: tuple[Id, ...] = ()


_EVERYBODY = PersonQuery()


class Persons(Table[Person], Protocol):
    """Identities. `save` leaves `last_seen_at` and `site_ids` as they are: `place` gives them."""

    async def canonical(self, id_: Id, /) -> Person | None:
        """Return the person this one turned out to be (itself, unless merged).

        None when there is none, and when they have been forgotten.
        """

    async def members(self, id_: Id, /) -> tuple[Id, ...]:
        """Return the id and those of everybody merged into it, directly or not."""

    async def members_of(self, ids: Sequence[Id], /) -> dict[Id, tuple[Id, ...]]:
        """Return the members of each of these persons."""

    async def place(self, id_: Id, where: Whereabouts, /) -> None:
        """Note where somebody was, and when last, and nothing else of them."""

    async def forgotten(self, since: datetime, /) -> list[Person]:
        """Return what is left of those who were forgotten since a time: nothing but their ids."""

    async def unsuggest(self, ids: Sequence[Id], /) -> None:
        """Suggest these persons for nobody any more."""

    async def perhaps(self, ids: Sequence[Id], /, *, limit: int = 20) -> list[Person]:
        """Return unmerged persons who may be one of these, newest first."""

    async def with_name(self, name: str, /) -> list[Person]:
        """Return unmerged recognised persons of this name, whatever its case, oldest first."""

    async def numbered(self, number: int, /) -> Person | None:
        """Return the unmerged person who was the stranger of this number."""

    async def page(self, query: PersonQuery = _EVERYBODY, /) -> list[Person]:
        """Return unmerged persons, in the order of the query."""

    async def count(self, query: PersonQuery, /, *, most: int) -> int:
        """Count what a query is about, wherever a page of it would begin, up to `most`."""

    async def overdue(self, now: datetime, /, *, limit: int) -> list[Person]:
        """Return unmerged persons who were to be kept until now, or an earlier time."""

    async def labels(self, site_ids: Sequence[Id] | None, /) -> list[str]:
        """Return the labels of unmerged persons who were at these sites (None: all), sorted."""

    async def next_number(self) -> int:
        """Return the number of the next stranger; none is given twice."""


class References(Table[Reference], Protocol):
    """Embeddings kept to recognise people."""

    async def undoubt(self, ids: Sequence[Id], /) -> None:
        """Take no reference for one of these persons any more."""

    async def of(self, person_ids: Sequence[Id], /) -> list[Reference]:
        """Return the references of these persons, oldest first."""

    async def used(self, person_ids: Sequence[Id], /) -> list[Reference]:
        """Return those by which these persons are recognised (none retired), oldest first."""

    async def of_detections(self, detection_ids: Sequence[Id], /) -> list[Reference]:
        """Return the references made from these detections, oldest first."""

    async def made_from(
        self, detection_ids: Sequence[Id], /, *, model: str | None = None
    ) -> set[Id]:
        """Return those of the detections that a reference (of a model, if given) was made from."""

    async def models(self) -> set[str]:
        """Return the models there are references of."""

    async def lacking(self, model: str, twin: str, /) -> list[Id]:
        """Return the ids of one model's references in use that have no twin, oldest first.

        A twin is a reference of the other model made from the same detection, retired or not.
        """

    async def forget(self, model: str, /) -> int:
        """Delete the references of a model; return how many."""

    async def doubted(
        self, site_ids: Sequence[Id] | None, /, *, limit: int = 50
    ) -> list[Reference]:
        """Return those in doubt, of photos taken at these sites (None: all), newest first."""

    async def spent(self, before: datetime, /) -> list[Id]:
        """Return the detections whose references were all retired before a time."""

    async def forget_retired(self, before: datetime, /) -> int:
        """Delete for good what was retired before a time; return how many."""


class Twins(Table[Twin], Protocol):
    """Embeddings of detections by further models."""

    async def keep(self, twins: Sequence[Twin], /) -> None:
        """Keep twins, but those there are already and those of detections that are gone."""

    async def lacking(self, model: str, since: datetime, /) -> list[Id]:
        """Return the detections received since a time that could have a twin of a model.

        They have an embedding of another model, and their image; those kept have a reference,
        whose twin is theirs. Oldest first.
        """

    async def of(self, detection_ids: Sequence[Id], model: str, /) -> dict[Id, Embedding]:
        """Return the twins of a model that these detections have, by detection."""

    async def forget(self, model: str, /) -> int:
        """Delete the twins of a model; return how many."""


class Rejections(Table[Rejection], Protocol):
    """Cannot-links."""

    async def of(self, person_ids: Sequence[Id], /) -> list[Rejection]:
        """Return the rejections in force that name one of these persons."""

    async def ever_of(self, person_ids: Sequence[Id], /) -> list[Rejection]:
        """Return those that name one of these persons, in force or withdrawn."""
