"""Whether "71 %" is right 71 times in a hundred, and the curve that makes it so."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluation.online import Embeddings
from recognition.gallery import Gallery

MAX_REFERENCES = 5
_STEPS = 30  # Newton's; it settles within ten


class Trials(NamedTuple):
    """Searches, one a row: how near the nearest person was, and whether it was the right one.

    `persons` (n,) is how many the gallery held.
    """

    distance: NDArray[np.float64]
    right: NDArray[np.bool_]
    persons: NDArray[np.int64]

    def of(self, persons: int) -> "Trials":
        """Give the trials in galleries of this size."""
        here = self.persons == persons
        return Trials(self.distance[here], self.right[here], self.persons[here])


def search(people: Embeddings, sizes: Sequence[int], *, draws: int, seed: int) -> Trials:
    """Fill galleries with people drawn by chance, and search as many strangers as known people."""
    chance = np.random.default_rng(seed)
    rows = [
        (distance, right, size)
        for size in sizes
        for _ in range(draws)
        for distance, right in _draw(people, size, chance)
    ]
    distance, right, persons = zip(*rows, strict=True)
    return Trials(np.array(distance), np.array(right, dtype=bool), np.array(persons))


def _draw(people: Embeddings, size: int, chance: np.random.Generator) -> list[tuple[float, bool]]:
    several = [name for name, faces in people.items() if len(faces) > 1]
    known = list(chance.permutation(several)[:size])
    strangers = list(chance.permutation(sorted(set(people) - set(known)))[:size])
    gallery = Gallery(len(people[known[0]][0]))
    probes = []
    for name in known:
        order = chance.permutation(len(people[name]))
        probes.append(people[name][order[0]])
        for row in order[1 : 1 + MAX_REFERENCES]:
            gallery.put(f"{name} {row}", name, people[name][row])
    probes += [people[name][int(chance.integers(len(people[name])))] for name in strangers]
    found = gallery.search(np.stack(probes), 1)
    return [
        (nearest.distance, nearest.person_id == name)
        for name, (nearest,) in zip([*known, *strangers], found, strict=True)
    ]


def fit(trials: Trials) -> tuple[float, float]:
    """Give slope and intercept of log odds = intercept - slope * distance - log(persons).

    Logistic regression by Newton's method, with the last term fixed.
    """
    inputs = np.column_stack([-trials.distance, np.ones_like(trials.distance)])
    offset = -np.log(trials.persons)
    weights = np.array([20.0, 15.0])
    for _ in range(_STEPS):
        expected = 1 / (1 + np.exp(-(inputs @ weights + offset)))
        spread = expected * (1 - expected)
        gradient = inputs.T @ (trials.right - expected)
        weights += np.linalg.solve((inputs * spread[:, None]).T @ inputs, gradient)
    return float(weights[0]), float(weights[1])
