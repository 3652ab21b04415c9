"""Two models on the same faces: which one tells a site's own people apart better."""

from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.verification import area_under_curve, equal_error_rate, separability

Vectors = NDArray[np.float32]
Verdict = Literal["better", "worse", "no difference"]
SURE = 0.05
"""The probability of a difference as large by chance alone, below which it counts as one."""
FEW_PROBES, FEW_PEOPLE = 100, 20
"""With fewer a difference of a few per cent cannot be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """Whose face each of n is (`people`, numbers), and whether it is kept as a reference."""

    people: NDArray[np.intp]
    references: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well one model does.

    Pairs of faces: mean and deviation of the cosine distance within and between people; `auc`, the
    chance that a pair of one person is nearer than a pair of two; `eer`, where as many pairs of two
    pass as pairs of one are missed; `separability`, the distance of the means in deviations. None
    where there is no pair of one of the two kinds. Searches: each face among the references, itself
    left out, at the match threshold: shares named rightly, not named, and named as somebody else.
    """

    threshold: float
    same_mean: float | None
    same_deviation: float | None
    different_mean: float | None
    different_deviation: float | None
    auc: float | None
    eer: float | None
    separability: float | None
    right: float | None
    missed: float | None
    wrong: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Old against new. `gained` searches only the new one answers rightly, `spoilt` the old one.

    `verdict` is about the new one, from these two (a sign test, two-sided). `little` tells that
    there are too few people or searches to see a small difference.
    """

    people: int
    faces: int
    searches: int
    same_pairs: int
    different_pairs: int
    old: Figures
    new: Figures
    gained: int
    spoilt: int
    chance: float
    verdict: Verdict
    little: bool


def compare(faces: Faces, old: tuple[Vectors, float], new: tuple[Vectors, float]) -> Comparison:
    """Compare two models on n faces: for each the embeddings (n, d) and its match threshold.

    Memory and time grow with the square of n: 3,000 faces take half a second and 100 MB.
    """
    probes = _probes(faces)
    outcomes = [_search(faces, probes, *model) for model in (old, new)]
    rights = [right for right, _ in outcomes]
    gained, spoilt = int((rights[1] & ~rights[0]).sum()), int((rights[0] & ~rights[1]).sum())
    chance, people = sign_test(gained, spoilt), len(np.unique(faces.people))
    same = _same_pairs(faces)
    return Comparison(
        people=people,
        faces=len(faces.people),
        searches=len(probes),
        same_pairs=int(same.sum()),
        different_pairs=int((~same).sum()),
        old=_figures(old, same, outcomes[0]),
        new=_figures(new, same, outcomes[1]),
        gained=gained,
        spoilt=spoilt,
        chance=chance,
        verdict=_verdict(gained, spoilt, chance),
        little=people < FEW_PEOPLE or len(probes) < FEW_PROBES,
    )


def sign_test(gained: int, spoilt: int) -> float:
    """Give the probability that tosses of a fair coin differ as much, two-sided and exact."""
    tosses, fewer = gained + spoilt, min(gained, spoilt)
    tail = sum(comb(tosses, heads) for heads in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << tosses))


def _verdict(gained: int, spoilt: int, chance: float) -> Verdict:
    if chance >= SURE:
        return "no difference"
    return "better" if gained > spoilt else "worse"


def _probes(faces: Faces) -> NDArray[np.intp]:
    """Give the rows of the faces whose person has a reference besides."""
    kept = np.bincount(faces.people[faces.references], minlength=faces.people.max(initial=-1) + 1)
    return np.flatnonzero(kept[faces.people] - faces.references > 0)


def _search(
    faces: Faces, probes: NDArray[np.intp], vectors: Vectors, threshold: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say of each probe whether it is named rightly, and whether as somebody else."""
    kept = np.flatnonzero(faces.references)
    if not len(probes):
        return np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    similar = vectors[probes] @ vectors[kept].T
    similar[probes[:, None] == kept[None]] = -np.inf
    nearest = similar.argmax(axis=1)
    named = 1 - similar.max(axis=1) <= threshold
    own = faces.people[kept[nearest]] == faces.people[probes]
    return named & own, named & ~own


def _same_pairs(faces: Faces) -> NDArray[np.bool_]:
    one, other = np.triu_indices(len(faces.people), 1)
    return np.asarray(faces.people[one] == faces.people[other])


def _figures(
    model: tuple[Vectors, float],
    same: NDArray[np.bool_],
    outcome: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> Figures:
    vectors, threshold = model
    similar = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    own, others = similar[same], similar[~same]
    both = bool(len(own) and len(others))
    return Figures(
        threshold=threshold,
        same_mean=1 - float(own.mean()) if len(own) else None,
        same_deviation=float(own.std()) if len(own) else None,
        different_mean=1 - float(others.mean()) if len(others) else None,
        different_deviation=float(others.std()) if len(others) else None,
        auc=area_under_curve(own, others) if both else None,
        eer=equal_error_rate(own, others)[0] if both else None,
        separability=separability(own, others).d_prime if both else None,
        right=_share(outcome[0]),
        wrong=_share(outcome[1]),
        missed=_share(~(outcome[0] | outcome[1])),
    )


def _share(part: NDArray[np.bool_]) -> float | None:
    return float(part.mean()) if len(part) else None
