"""What a site's own faces and answers teach about distances.

The truth is what is known of people now, so whatever was taken back or overruled counts no more.
"""

import asyncio
import json
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypedDict

import numpy as np

from domain.records import Embedding, Id, Person, Reference, Retirement
from domain.store import GalleryChanges, Store

BATCH = 500
EVERY = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Somebody new was met: how far the nearest person was, of how many, and whether it was them.

    People have said which.
    """

    distance: float
    right: bool
    persons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One face of each person who has a name, and the trials, as of a version of the gallery."""

    version: int
    faces: tuple[Embedding, ...]
    trials: tuple[Trial, ...]


class Learner(Protocol):
    """Makes numbers of evidence. `fit` blocks for a second: it is called off the event loop."""

    @property
    def model(self) -> str:
        """The model whose distances these are."""

    def fit(self, evidence: Evidence, /) -> str:
        """Return the numbers, in a form that can be kept."""

    def adopt(self, fit: str, /) -> None:
        """Go by these numbers from now on; raise ValueError where they are none."""


async def learn(store: Store, learner: Learner, now: datetime) -> int:
    """Fit the numbers anew and keep them, at most every EVERY, if the gallery has changed.

    Return how many people and trials they are made from, 0 if there was nothing to do. Several
    processes may try: whoever comes first does it.
    """
    kept = await _kept(store, learner.model)
    if kept and now - datetime.fromisoformat(kept["at"]) < EVERY:
        return 0
    if kept and kept["version"] == await store.gallery.version():
        return 0
    evidence = await gather(store, learner.model)
    fit = await asyncio.to_thread(learner.fit, evidence)
    told: _Kept = {"at": now.isoformat(), "version": evidence.version, "fit": fit}
    await store.values.put(_key(learner.model), json.dumps(told))
    return len(evidence.faces) + len(evidence.trials)


async def adopt(store: Store, learner: Learner) -> None:
    """Let the learner go by the numbers that are kept, if there are any."""
    kept = await _kept(store, learner.model)
    if kept:
        learner.adopt(kept["fit"])


class _Kept(TypedDict):
    """How a fit is kept: when and at which version of the gallery it was made."""

    at: str
    version: int
    fit: str


async def _kept(store: Store, model: str) -> _Kept | None:
    text = await store.values.get(_key(model))
    kept: _Kept | None = json.loads(text) if text else None
    return kept


def _key(model: str) -> str:
    return f"distances of {model}"


async def gather(store: Store, model: str) -> Evidence:
    """Return what the gallery and the journal hold of evidence for one model."""
    known = _Known(await store.gallery.since(0, model))
    supposed = known.supposed()
    merged = await _merged_by_people(store, [person.id for person, _ in supposed])
    trials = [known.trial(person, other, merged) for person, other in supposed]
    return Evidence(
        version=known.version,
        faces=known.faces(),
        trials=tuple(trial for trial in trials if trial),
    )


async def gallery_size(store: Store, model: str) -> tuple[int, int]:
    """Return how many people can be recognised by a model, and how many references they have."""
    return _Known(await store.gallery.since(0, model)).size()


async def _merged_by_people(store: Store, ids: Sequence[Id]) -> set[Id]:
    """Return those of whom somebody, not Usher itself, said who they are."""
    said: set[Id] = set()
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        decisions = await store.decisions.of(part, limit=BATCH * 10)
        said |= {
            d.person_id for d in decisions if d.verb == "merge" and d.account_id and not d.undone
        }
    return said


class _Known:
    """Everything in the gallery, by person."""

    def __init__(self, changes: GalleryChanges) -> None:
        self.version = changes.version
        self._people = {person.id: person for person in changes.persons}
        self._references: dict[Id, list[Reference]] = {}
        for reference in changes.references:
            if reference.retired and reference.retired.reason is Retirement.REMOVED:
                continue  # somebody said that it is not of this person
            self._references.setdefault(reference.person_id, []).append(reference)
        self._two = {
            frozenset((self._canonical(r.person_id).id, self._canonical(r.other_id).id))
            for r in changes.rejections
            if not r.withdrawn and {r.person_id, r.other_id} <= self._people.keys()
        }
        self._met = sorted(p.created_at for p in changes.persons if not p.merged_into)

    def _canonical(self, id_: Id) -> Person:
        person = self._people[id_]
        while person.merged_into:
            person = self._people[person.merged_into]
        return person

    def size(self) -> tuple[int, int]:
        """Return how many people have a reference, merged ones as one, and how many there are."""
        used = [r for kept in self._references.values() for r in kept if r.retired is None]
        return len({self._canonical(r.person_id).id for r in used}), len(used)

    def faces(self) -> tuple[Embedding, ...]:
        """Return the best face of each person who is recognised."""
        best = {
            id_: max(kept, key=lambda reference: reference.quality)
            for id_, kept in self._references.items()
            if not self._people[id_].merged_into and self._people[id_].recognised
        }
        return tuple(reference.embedding for reference in best.values())

    def supposed(self) -> list[tuple[Person, Id]]:
        """Return who was met as a stranger, each with the person they were nearest to."""
        return [
            (person, min(person.maybe, key=lambda suggestion: suggestion.distance).person_id)
            for person in self._people.values()
            if person.maybe
        ]

    def trial(self, person: Person, other: Id, merged: Collection[Id]) -> Trial | None:
        """Return what is known of the supposition now; None if nobody has said."""
        right = self._truth(person, other, merged)
        distance = self._distance(person, other)
        if right is None or distance is None:
            return None
        persons = bisect_left(self._met, person.created_at)
        return Trial(distance=distance, right=right, persons=persons)

    def _truth(self, person: Person, other_id: Id, merged: Collection[Id]) -> bool | None:
        """Tell whether the two are one, if it was people who said so."""
        if other_id not in self._people:
            return None
        one, other = self._canonical(person.id), self._canonical(other_id)
        if one.id == other.id:
            return True if person.id in merged else None
        told_apart = frozenset((one.id, other.id)) in self._two
        return False if told_apart or (one.name and other.name) else None

    def _distance(self, person: Person, other: Id) -> float | None:
        """Return how far the face that made the person was from what was kept of the other then.

        Measured again, for the distance in the record may be of another model.
        """
        first = [
            r for r in self._references.get(person.id, ()) if r.created_at <= person.created_at
        ]
        then = [r for r in self._references.get(other, ()) if r.created_at < person.created_at]
        if not first or not then:
            return None
        return 1.0 - max(float(np.dot(first[0].embedding, r.embedding)) for r in then)
