"""How well scores tell pairs of one person from pairs of two."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


def equal_error_rate(same: Scores, different: Scores) -> tuple[float, float]:
    """Give the rate at which false matches equal false non-matches, and the similarity there."""
    thresholds = np.unique(np.concatenate([same, different]))
    missed = np.searchsorted(np.sort(same), thresholds) / len(same)
    passed = 1 - np.searchsorted(np.sort(different), thresholds) / len(different)
    at = int(np.argmin(np.abs(missed - passed)))
    return float(missed[at] + passed[at]) / 2, float(thresholds[at])


def threshold_at(different: Scores, false_rate: float) -> float:
    """Give the similarity that so small a share of different pairs exceeds."""
    ordered = np.sort(different)[::-1]
    return float(ordered[min(int(false_rate * len(ordered)), len(ordered) - 1)])


def true_rate(same: Scores, different: Scores, false_rate: float) -> float:
    """Give the share of same pairs above the threshold that admits `false_rate` of the others."""
    return float((same > threshold_at(different, false_rate)).mean())
