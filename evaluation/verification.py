"""How well scores tell pairs of one person from pairs of two.

A pair is accepted when its similarity is above a threshold. Rates are shares of all pairs, 0 to 1:
FAR of the pairs of two people that are accepted, FRR of the pairs of one person that are not, and
TAR = 1 - FRR. Nothing is interpolated: a rate is one that a threshold really gives.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
Rates = NDArray[np.float64]

NO_FACE = -1.0
"""The similarity of a pair in which a face was not found: it is never accepted (ISO/IEC 19795-1
calls the rates so counted generalised)."""

_NORMAL_95 = 1.959964
"""The 97.5 % point of the standard normal distribution."""


class Roc(NamedTuple):
    """FAR and TAR at each threshold that makes a difference, the strictest first."""

    far: Rates
    tar: Rates


class Folds(NamedTuple):
    """Accuracy in each fold, with the threshold that was best on all the others."""

    accuracy: Rates
    thresholds: Rates

    @property
    def mean(self) -> float:
        """Give the mean over the folds."""
        return float(self.accuracy.mean())

    @property
    def deviation(self) -> float:
        """Give the standard deviation over the folds (of a sample: n - 1)."""
        return float(self.accuracy.std(ddof=1))


class Separability(NamedTuple):
    """Mean and standard deviation of similarity within people and between them, and d'.

    d' is the distance of the means in units of the root mean square of the two deviations.
    """

    within_mean: float
    within_deviation: float
    between_mean: float
    between_deviation: float
    d_prime: float


def equal_error_rate(same: Scores, different: Scores) -> tuple[float, float]:
    """Give the rate at which false matches equal false non-matches, and the similarity there.

    Where no threshold makes them equal, the mean of both where they are nearest.
    """
    thresholds = np.unique(np.concatenate([same, different]))
    missed = np.searchsorted(np.sort(same), thresholds) / len(same)
    passed = 1 - np.searchsorted(np.sort(different), thresholds) / len(different)
    at = int(np.argmin(np.abs(missed - passed)))
    return float(missed[at] + passed[at]) / 2, float(thresholds[at])


def threshold_at(different: Scores, false_rate: float) -> float:
    """Give the similarity that so small a share of different pairs exceeds.

    No more than that share, that is: where several pairs tie at the threshold, none is above it.
    """
    ordered = np.sort(different)[::-1]
    allowed = int(false_rate * len(ordered) + 1e-9)  # 0.29 * 100 is 28.999...
    return float(ordered[min(allowed, len(ordered) - 1)])


def true_rate(same: Scores, different: Scores, false_rate: float) -> float:
    """Give the share of same pairs above the threshold that admits `false_rate` of the others."""
    return float((same > threshold_at(different, false_rate)).mean())


def area_under_curve(same: Scores, different: Scores) -> float:
    """Give the probability that a same pair scores above a different one, a tie counting half.

    It is the area under the ROC (Mann and Whitney's U over all pairs of pairs).
    """
    ordered = np.sort(different)
    below = np.searchsorted(ordered, same, side="left")
    not_above = np.searchsorted(ordered, same, side="right")
    return float((below + not_above).mean() / (2 * len(different)))


def roc(same: Scores, different: Scores) -> Roc:
    """Give FAR and TAR for every threshold, from accepting nothing to accepting all."""
    thresholds = np.unique(np.concatenate([same, different]))[::-1]
    return Roc(
        np.concatenate([_share_above(different, thresholds), [1.0]]),
        np.concatenate([_share_above(same, thresholds), [1.0]]),
    )


def _share_above(scores: Scores, thresholds: Scores) -> Rates:
    return 1 - np.searchsorted(np.sort(scores), thresholds, side="right") / len(scores)


def accuracy(folds: Sequence[tuple[Scores, Scores]]) -> Folds | None:
    """Give the accuracy of each fold by the threshold that is best on the others (LFW's protocol).

    `folds` holds the scores of same and of different pairs. None where there is but one fold.
    """
    if len(folds) < 2:  # noqa: PLR2004 - there are no others
        return None
    thresholds = [_best_threshold([*folds[:row], *folds[row + 1 :]]) for row in range(len(folds))]
    rates = [
        ((same > at).sum() + (different <= at).sum()) / (len(same) + len(different))
        for (same, different), at in zip(folds, thresholds, strict=True)
    ]
    return Folds(np.array(rates, dtype=np.float64), np.array(thresholds, dtype=np.float64))


def _best_threshold(folds: Sequence[tuple[Scores, Scores]]) -> float:
    """Give the threshold of the highest accuracy, half-way between the scores around it.

    Of several as good, the middle one.
    """
    same, different = (np.sort(np.concatenate(part)) for part in zip(*folds, strict=True))
    scores = np.unique(np.concatenate([same, different]))
    between = np.concatenate([[scores[0] - 1], (scores[1:] + scores[:-1]) / 2, [scores[-1]]])
    accepted = len(same) - np.searchsorted(same, between, side="right")
    rejected = np.searchsorted(different, between, side="right")
    right = accepted + rejected
    best = np.flatnonzero(right == right.max())
    return float(between[best[len(best) // 2]])


def separability(same: Scores, different: Scores) -> Separability:
    """Say how far apart the two kinds of pairs lie."""
    within, between = same.astype(np.float64), different.astype(np.float64)
    spread = sqrt((within.var() + between.var()) / 2)
    apart = within.mean() - between.mean()
    return Separability(
        float(within.mean()),
        float(within.std()),
        float(between.mean()),
        float(between.std()),
        float(apart / spread) if spread else 0.0,
    )


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Give the interval that holds a share with 95 % confidence (Wilson, JASA 1927).

    It takes the trials to be independent; several pairs of one person are not, quite.
    """
    if not trials:
        return 0.0, 1.0
    z2 = _NORMAL_95**2
    share = hits / trials
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) * _NORMAL_95
    half /= 1 + z2 / trials
    return max(0.0, middle - half), min(1.0, middle + half)
