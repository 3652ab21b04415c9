"""Whether "71 %" is right 71 times in a hundred: searches whose truth is known."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.online import Embeddings
from recognition.calibration import Calibration, Trials
from recognition.gallery import Gallery

MAX_REFERENCES = 5
BINS = 15
"""As Guo et al. (2017), "On calibration of modern neural networks", count them."""


def search(people: Embeddings, sizes: Sequence[int], *, draws: int, seed: int) -> Trials:
    """Fill galleries with people drawn by chance, and search as many strangers as known people.

    So many `draws` of the largest size, and of the others as many more as make up for the size.
    """
    chance = np.random.default_rng(seed)
    rows = [
        (distance, right, size)
        for size in sizes
        for _ in range(draws * max(sizes) // size)
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


def said(calibration: Calibration, trials: Trials) -> NDArray[np.float64]:
    """Give the confidence of each trial (n,)."""
    pairs = zip(trials.distance.tolist(), trials.persons.tolist(), strict=True)
    return np.array([calibration.confidence(distance, persons) for distance, persons in pairs])


def calibration_error(said: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Give the expected calibration error of confidences (n,) and whether they came true (n,).

    In BINS equal bands of confidence: how far what was said is from what was so, on average over
    the trials (Naeini et al. 2015).
    """
    bands = np.minimum((said * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bands, weights=said - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(said))


def searchable(people: Embeddings) -> int:
    """Give how many can be known, with another image to search by, and as many be strangers."""
    return min(sum(len(faces) > 1 for faces in people.values()), len(people) // 2)
