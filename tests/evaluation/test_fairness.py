"""Groups counted by hand, and against the plain way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import fairness
from evaluation.fairness import Group


def unit(*degrees: float) -> np.typing.NDArray[np.float32]:
    """Unit vectors in the plane."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_mistakes_of_a_group_are_counted() -> None:
    """Within 30 degrees is accepted: 0 and 60 degrees are missed, 0 and 10 pass.

    The fourth picture shows no face: its pair of one person is missed too, and none of two passes.
    """
    vectors = np.concatenate([unit(0, 60, 10), np.zeros((1, 2), np.float32)])
    owners = np.array([0, 0, 1, 1])
    found = fairness.group("all", vectors, owners, float(np.cos(np.radians(30))))
    assert found == Group("all", people=2, same=2, missed=2, different=4, passed=1)
    assert found.fnmr == 1
    assert found.fmr == 0.25
    assert found.is_small(0.001)


def test_a_group_without_pairs_has_no_rates() -> None:
    """One picture makes no pair: nothing is said rather than nought."""
    found = fairness.group("one", unit(0), np.array([0]), 0.5)
    assert (found.fnmr, found.fmr) == (None, None)


@given(seed=st.integers(0, 1000), rate=st.floats(0, 0.5))
def test_the_threshold_admits_no_more_than_the_rate(seed: int, rate: float) -> None:
    """Of all pairs of two people; a little lower would admit at least as many as allowed."""
    chance = np.random.default_rng(seed)
    vectors = chance.standard_normal((40, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    owners = chance.integers(0, 8, 40)
    at = fairness.threshold(vectors, owners, rate)
    rows, columns = np.triu_indices(40, 1)
    similar = (vectors @ vectors.T)[rows, columns][owners[rows] != owners[columns]]
    assert (similar > at + 1e-6).sum() <= rate * len(similar) + 1e-6
    assert (similar > at - 2e-4).sum() >= int(rate * len(similar))


def test_the_worst_is_compared_with_the_best() -> None:
    """3 % is three times 1 %; with none at all the ratio is not known."""
    assert fairness.worst_to_best([0.01, 0.03, None]) == pytest.approx(3)
    assert fairness.worst_to_best([0.0, 0.03]) is None
    assert fairness.worst_to_best([None]) is None
