"""How many strangers are taken for somebody known, beside what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluation.online import Embeddings
from recognition import impostors
from recognition.impostors import Impostors

CHANCE = 2.0
"""Standard errors by which a share of strangers may exceed what was promised by mere chance."""


class Crowd(NamedTuple):
    """Searches of strangers in one gallery size: the distance to the nearest of all (n,).

    `strangers` counts how many different people they were: draws of the same people tell little.
    """

    persons: int
    references: int
    nearest: NDArray[np.float64]
    strangers: int


@dataclass(frozen=True, slots=True)
class Promise:
    """The share of strangers promised, the share mistaken in fact, and its standard error."""

    promised: float
    mistaken: float
    error: float

    @property
    def holds(self) -> bool:
        """Whether no more were mistaken than promised, as far as so few people can tell."""
        return self.mistaken <= self.promised + CHANCE * self.error


def pairs(people: Embeddings, *, seed: int) -> NDArray[np.float32]:
    """Give the similarities of all pairs of people, by one image of each, drawn by chance."""
    chance = np.random.default_rng(seed)
    return impostors.apart(
        [people[name][int(chance.integers(len(people[name])))] for name in sorted(people)]
    )


def crowd(
    strangers: Embeddings,
    known: Embeddings,
    persons: int,
    references: int,
    *,
    draws: int,
    seed: int,
) -> Crowd:
    """Search strangers in galleries of so many known people with up to so many references each.

    Who is known is drawn again each time; one image of each stranger is drawn.
    """
    chance = np.random.default_rng(seed)
    nearest, kept = [], 0
    for _ in range(draws):
        probes = [s[int(chance.integers(len(s)))] for s in strangers.values()]
        people = [known[name] for name in chance.permutation(sorted(known))[:persons]]
        held = [face for faces in people for face in _some(faces, references, chance)]
        nearest.append(1 - (np.stack(probes) @ np.stack(held).T).max(axis=1))
        kept += len(held)
    return Crowd(persons, round(kept / draws), np.concatenate(nearest), len(strangers))


def _some(
    faces: Sequence[NDArray[np.float32]], count: int, chance: np.random.Generator
) -> list[NDArray[np.float32]]:
    return [faces[row] for row in chance.permutation(len(faces))[:count]]


def promise(model: Impostors, found: Crowd, share: float) -> Promise:
    """Tell what share of the strangers was within the distance that promises `share`."""
    limit = model.distance(share, found.persons, found.references)
    mistaken = float((found.nearest <= limit).mean())
    error = sqrt(share * (1 - share) / found.strangers)
    return Promise(share, mistaken, error)


def halves(people: Embeddings) -> tuple[dict[str, Sequence[NDArray[np.float32]]], ...]:
    """Give two halves that share nobody."""
    names = sorted(people)
    return tuple({name: people[name] for name in names[start::2]} for start in (0, 1))
