"""How alike two different people can be, and so how far a match may go.

Peaks over a threshold (Pickands 1975; Coles 2001, chapter 4): above a high quantile the excesses of
any distribution are nearly generalised Pareto. A few numbers then say how often a stranger comes as
near as any distance to somebody known, beyond the nearest pair that was ever measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, expm1, log, log1p

import numpy as np
from numpy.typing import NDArray

TAIL = 0.01
"""The share of pairs of people that is taken for the tail; lower, the fit gets worse."""

FEWEST = 100
"""Excesses that a fit needs."""

WEIGHT = 50.0
"""What is published of a model counts as so many pairs of its tail beside a site's own."""

MOST = 10.0
"""A site's strangers are taken for at most so many times as often alike, or as rarely."""

CAUTION = 3.0
"""Everybody known counts so many times over: a promise has to hold for other people than those it
was measured on, and of two halves of one set of people one has a much longer tail than the other
(docs/decisions/thresholds.md)."""

_FAR_OUT = 0.01
"""An excess counts for no more than the one that so many in a hundred of the tail exceed: two
records of one person, not yet merged, look like two people who could not be more alike."""

_SHAPELESS = 1000.0
"""Excesses that the shape nought counts for: that is the tail of a normal distribution, nearly what
similarities in many dimensions have, and few excesses say little of the shape."""

_EXPONENTIAL = 1e-6  # a shape this near to nought is nought


@dataclass(frozen=True, slots=True)
class Impostors:
    """The upper tail of the cosine similarity of two faces of different people, for one model.

    A share `share` of all pairs is more alike than `start`; by how much is generalised Pareto with
    `scale` and `shape`. A person with R references is as many people with one as R ** `crowding`,
    because pictures of one person are alike. `source` names data set, model and date.
    """

    start: float
    scale: float
    shape: float
    crowding: float
    source: str
    share: float = TAIL

    def rate(self, distance: float) -> float:
        """Give the share of strangers within a cosine distance of one reference of one person.

        Nearer than `start` alone; further away the tail says nothing, and gives its whole share.
        """
        excess = (1.0 - distance - self.start) / self.scale
        if excess <= 0:
            return self.share
        if abs(self.shape) < _EXPONENTIAL:
            return self.share * exp(-excess)
        return self.share * float(max(0.0, 1 + self.shape * excess) ** (-1 / self.shape))

    def comparisons(self, persons: int, references: int) -> float:
        """Give how many people of one reference each a gallery is counted as, CAUTION included.

        An empty gallery counts as one person.
        """
        each = max(references / max(persons, 1), 1.0)
        return float(CAUTION * max(persons, 1) * each**self.crowding)

    def false_names(self, distance: float, persons: int, references: int) -> float:
        """Give the share of strangers who come within a distance of anybody: the FPIR.

        Comparisons are taken as independent. Some strangers resemble many, so fewer of them are
        mistaken in fact: the figure is a bound.
        """
        count = self.comparisons(persons, references)
        return -expm1(count * log1p(-self.rate(distance)))

    def distance(self, share: float, persons: int, references: int) -> float:
        """Give the distance within which that share of strangers comes: inverse of `false_names`.

        `share` is between 0 and 1. Where so many are allowed that the tail does not reach as far,
        it is where the tail starts.
        """
        rate = -expm1(log1p(-share) / self.comparisons(persons, references))
        return 1.0 - self.start - self._excess(min(rate / self.share, 1.0))

    def _excess(self, beyond: float) -> float:
        """Give the excess that so great a part of the tail is beyond."""
        if abs(self.shape) < _EXPONENTIAL:
            return -self.scale * log(beyond)
        return self.scale / self.shape * float(beyond**-self.shape - 1)

    def refitted(self, similar: NDArray[np.floating]) -> "Impostors":
        """Give the tail as a site's own pairs show it; `similar` (n,) are similarities of those.

        The published tail counts as WEIGHT pairs beyond `start`. How many of the site's are there
        says how often people are alike here, by how much they exceed it the scale; the shape stays.
        One wrong pair counts no more than another: see _FAR_OUT and MOST.
        """
        if not len(similar):
            return self
        excesses = np.minimum(similar[similar > self.start] - self.start, self._excess(_FAR_OUT))
        expected, seen = self.share * len(similar), len(excesses)
        times = _bounded((WEIGHT + seen) / (WEIGHT + expected))
        usual = self._mean_capped()
        wider = _bounded((WEIGHT * usual + float(excesses.sum())) / ((WEIGHT + seen) * usual))
        return replace(self, share=min(self.share * times, 0.5), scale=self.scale * wider)

    def _mean_capped(self) -> float:
        """Give the mean excess of the published tail, capped as those of a site are."""
        parts = (np.arange(1000) + 0.5) / 1000
        cap = self._excess(_FAR_OUT)
        return float(np.mean([min(self._excess(float(part)), cap) for part in parts]))


def _bounded(times: float) -> float:
    return min(max(times, 1 / MOST), MOST)


def fit(similar: NDArray[np.floating], *, crowding: float, source: str) -> Impostors:
    """Fit the tail of similarities (n,) of pairs of different people, one pair of faces each.

    Raises ValueError where fewer than FEWEST pairs are in the tail.
    """
    start = float(np.quantile(similar, 1 - TAIL))
    excesses = np.sort(similar[similar > start] - start).astype(np.float64)
    if len(excesses) < FEWEST:
        raise ValueError(f"{len(excesses)} pairs in the tail; {FEWEST} are needed")
    scale, shape = _pareto(excesses)
    return Impostors(start=start, scale=scale, shape=shape, crowding=crowding, source=source)


def _pareto(excesses: NDArray[np.float64]) -> tuple[float, float]:
    """Give scale and shape of a generalised Pareto distribution, by Zhang and Stephens (2009).

    "A new and efficient estimation method for the generalized Pareto distribution", Technometrics
    51(3): a weighted mean over a grid of the one parameter that the likelihood leaves, in closed
    form and never failing where maximum likelihood may. The shape is drawn towards nought, and the
    scale follows from the mean. `excesses` (n,) ascending.
    """
    count = len(excesses)
    grid = np.arange(1, 21 + int(count**0.5))
    quarter = excesses[int(count / 4 + 0.5) - 1]
    ways = (1 - np.sqrt(len(grid) / (grid - 0.5))) / (3 * quarter) + 1 / excesses[-1]
    shapes = np.log1p(-np.outer(ways, excesses)).mean(axis=1)
    likelihoods = count * (np.log(-ways / shapes) - shapes - 1)
    weights = np.exp(likelihoods - likelihoods.max())
    way = float((ways * weights).sum() / weights.sum())
    shape = float(np.log1p(-way * excesses).mean()) * count / (count + _SHAPELESS)
    return float(excesses.mean()) * (1 - shape), shape


def apart(faces: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Give the similarities of all pairs of unit embeddings (d,), one a person: (n(n-1)/2,)."""
    if not len(faces):
        return np.zeros(0, np.float32)
    stacked = np.stack(faces)
    return np.asarray((stacked @ stacked.T)[np.triu_indices(len(stacked), 1)], dtype=np.float32)
