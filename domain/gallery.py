"""The gallery as one process sees it: vectors, people and cannot-links, kept current by version."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from domain.errors import PackChangedError
from domain.matching import Candidate
from domain.records import Embedding, Id, Person, Reference, Rejection
from domain.store import GalleryChanges, Store


class Hit(Protocol):
    """A person found near a probe."""

    @property
    def person_id(self) -> str:
        """The person."""

    @property
    def reference_id(self) -> str:
        """The nearest of the person's references."""

    @property
    def distance(self) -> float:
        """Its cosine distance."""


class VectorIndex(Protocol):
    """Exact search over references; people merged into another count as that person."""

    def put(self, reference_id: str, person_id: str, vector: Embedding, /) -> None:
        """Keep a reference, or replace it."""

    def drop(self, reference_id: str, /) -> None:
        """Forget a reference; one that is not there is forgotten already."""

    def set_alias(self, person_id: str, canonical: str | None, /) -> None:
        """Count a person as another, or as itself again."""

    def search(self, probe: Embedding, /, k: int) -> Sequence[Hit]:
        """Return the k nearest people of one probe (d,), nearest first."""

    @property
    def persons(self) -> int:
        """How many people have a reference."""

    @property
    def references(self) -> int:
        """How many references there are."""


class LiveGallery:
    """References, people and cannot-links of one model, as of `version`.

    `size` people can be recognised, who have `kept` references together.
    """

    def __init__(self, *, store: Store, model: str, index: VectorIndex) -> None:
        self._store = store
        self._index = index
        self._people: dict[Id, Person] = {}
        self._references: dict[Id, dict[Id, Reference]] = {}
        self._owners: dict[Id, Id] = {}
        self._members: dict[Id, set[Id]] = {}
        self._rejections: dict[Id, Rejection] = {}
        self._rejected: set[frozenset[Id]] = set()
        self._refreshing = asyncio.Lock()
        self.model = model
        self.version = 0
        self.size = self.kept = 0

    async def refresh(self) -> None:
        """Take in what changed since the last time.

        Raises PackChangedError when another model is in use by now.
        """
        async with self._refreshing:
            changes = await self._store.gallery.since(self.version, self.model)
            self._require(changes.model)
            if self.version == 0 and changes.references:
                # All there is, seconds of work, and nobody has been told of any of it yet.
                await asyncio.to_thread(self._take_all, changes)
            else:
                self._take_all(changes)

    def _take_all(self, changes: GalleryChanges) -> None:
        for person in changes.persons:
            self._people[person.id] = person
            self._index.set_alias(person.id, person.merged_into)
            if person.forgotten_at:
                self._forget(person.id)
        for reference in changes.references:
            self._take_in(reference)
        for rejection in changes.rejections:
            self._rejections[rejection.id] = rejection
        if changes.persons or changes.rejections:
            self._follow_merges()
        if changes.version != self.version:
            self.version = changes.version
            self.size, self.kept = self._index.persons, self._index.references

    def _forget(self, person_id: Id) -> None:
        """Drop the references of somebody whose records are erased: nothing else tells of that."""
        for reference_id in self._references.pop(person_id, {}):
            self._index.drop(reference_id)

    def _take_in(self, reference: Reference) -> None:
        owner = self._owners.pop(reference.id, reference.person_id)
        self._references.get(owner, {}).pop(reference.id, None)
        if reference.retired:
            self._index.drop(reference.id)
        else:
            self._index.put(reference.id, reference.person_id, reference.embedding)
            self._references.setdefault(reference.person_id, {})[reference.id] = reference
            self._owners[reference.id] = reference.person_id

    async def check(self) -> None:
        """Raise PackChangedError when another model is in use by now."""
        pack = await self._store.gallery.in_use()
        self._require(pack.model if pack else None)

    def _require(self, in_use: str | None) -> None:
        if in_use not in {None, self.model}:
            raise PackChangedError(f"The model in use is {in_use} now.")

    def _follow_merges(self) -> None:
        self._members = {}
        for id_ in self._people:
            self._members.setdefault(self.person(id_).id, set()).add(id_)
        self._rejected = {
            frozenset((self.person(r.person_id).id, self.person(r.other_id).id))
            for r in self._rejections.values()
            if not r.withdrawn
        }

    def person(self, id_: Id) -> Person:
        """Return who this person turned out to be; raise KeyError when unknown."""
        person = self._people[id_]
        while person.merged_into:
            person = self._people[person.merged_into]
        return person

    async def current(self, id_: Id) -> Person:
        """Return who this person turned out to be, refreshing if nobody here has heard of them."""
        if id_ not in self._people:
            await self.refresh()
        return self.person(id_)

    def members(self, id_: Id) -> tuple[Id, ...]:
        """Return the id and those of everybody merged into it."""
        return (id_, *(self._members.get(id_, set()) - {id_}))

    def references(self, id_: Id) -> list[Reference]:
        """Return the references in use of a person, with those of everybody merged into them."""
        return [r for m in self.members(id_) for r in self._references.get(m, {}).values()]

    def candidates(self, probe: Embedding, *, k: int = 10) -> tuple[Candidate, ...]:
        """Return the k people nearest to a probe (d,), nearest first."""
        return tuple(
            Candidate(
                person_id=Id(hit.person_id),
                reference_id=Id(hit.reference_id),
                distance=hit.distance,
                recognised=self.person(Id(hit.person_id)).recognised,
            )
            for hit in self._index.search(probe, k)
        )

    def rejected(self, one: Id, other: Id) -> bool:
        """Tell whether somebody said that these two are not the same."""
        return frozenset((one, other)) in self._rejected
