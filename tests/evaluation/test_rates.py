"""Metrics of verification, against examples worked out by hand and against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import verification
from evaluation.verification import Scores

numbers = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=30)


def scores(*values: float) -> Scores:
    """Similarities."""
    return np.array(values, dtype=np.float32)


def test_area_of_known_scores() -> None:
    """Of 3 x 2 comparisons four are won and one is tied: 4.5 of 6."""
    assert verification.area_under_curve(scores(0.9, 0.5, 0.2), scores(0.5, 0.1)) == 4.5 / 6
    assert verification.area_under_curve(scores(0.9), scores(0.1)) == 1
    assert verification.area_under_curve(scores(0.1), scores(0.9)) == 0


@given(same=numbers, different=numbers)
def test_area_is_the_share_of_comparisons_won(same: list[float], different: list[float]) -> None:
    """The fast way gives what comparing every pair with every other gives."""
    a, b = scores(*same), scores(*different)
    won = (a[:, None] > b).mean() + 0.5 * (a[:, None] == b).mean()
    assert verification.area_under_curve(a, b) == pytest.approx(won)


@given(same=numbers, different=numbers)
def test_area_is_the_area_under_the_curve(same: list[float], different: list[float]) -> None:
    """Trapezoids under the ROC, ties making slopes, have the same area."""
    a, b = scores(*same), scores(*different)
    far, tar = verification.roc(a, b)
    area = float((np.diff(far) * (tar[1:] + tar[:-1]) / 2).sum())
    assert area == pytest.approx(verification.area_under_curve(a, b), abs=1e-9)


def test_curve_of_known_scores() -> None:
    """Going down from the highest score, each threshold admits what lies above it."""
    curve = verification.roc(scores(0.9, 0.4), scores(0.6, 0.1))
    assert curve.far.tolist() == [0, 0, 0.5, 0.5, 1]
    assert curve.tar.tolist() == [0, 0.5, 0.5, 1, 1]


@given(same=numbers, different=numbers, rate=st.floats(0, 1))
def test_no_more_is_admitted_than_allowed(
    same: list[float], different: list[float], rate: float
) -> None:
    """Whatever ties, the share above the threshold keeps to the rate; a looser one would not."""
    a, b = scores(*same), scores(*different)
    at = verification.threshold_at(b, rate)
    allowed = rate * len(b) + 1e-6
    assert (b > at).sum() <= allowed
    assert (b >= at).sum() > allowed - 1e-5 or rate == 1
    assert verification.true_rate(a, b, rate) == (a > at).mean()


def test_a_rate_that_floats_cannot_hold() -> None:
    """29 % of a hundred are 29, though 0.29 * 100 is a little less in binary."""
    different = np.arange(100, dtype=np.float32)
    assert (different > verification.threshold_at(different, 0.29)).sum() == 29


def test_accuracy_takes_its_threshold_from_the_other_folds() -> None:
    """The second fold's own best threshold would make no mistake; the first fold's makes one."""
    first = scores(0.8, 0.9), scores(0.1, 0.2)
    second = scores(0.3, 0.9), scores(0.0, 0.1)
    found = verification.accuracy([first, second])
    assert found is not None
    assert found.thresholds.tolist() == pytest.approx([0.2, 0.5])
    assert found.accuracy.tolist() == [1.0, 0.75]
    assert found.mean == 0.875
    assert found.deviation == pytest.approx(0.25 / np.sqrt(2))
    assert verification.accuracy([first]) is None


@given(same=numbers, different=numbers)
def test_best_threshold_is_beaten_by_none(same: list[float], different: list[float]) -> None:
    """No score, taken as a threshold, is right more often than the one that is chosen."""
    a, b = scores(*same), scores(*different)
    at = verification._best_threshold([(a, b)])
    right = (a > at).sum() + (b <= at).sum()
    for other in [-2.0, *a.tolist(), *b.tolist()]:
        assert (a > other).sum() + (b <= other).sum() <= right


def test_separability_of_known_scores() -> None:
    """Means 0.8 and 0.1, both with deviation 0.1: seven deviations apart."""
    apart = verification.separability(scores(0.7, 0.9), scores(0.0, 0.2))
    assert apart == pytest.approx((0.8, 0.1, 0.1, 0.1, 7.0), abs=1e-5)
    assert verification.separability(scores(0.5), scores(0.5)).d_prime == 0


def test_wilson_of_known_counts() -> None:
    """Published values: 0 of 10 is up to 27.75 %, 81 of 263 is 25.5 % to 36.6 % (Newcombe 1998)."""
    assert verification.wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert verification.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert verification.wilson(0, 0) == (0, 1)


@given(trials=st.integers(1, 5000), share=st.floats(0, 1))
def test_wilson_holds_the_share(trials: int, share: float) -> None:
    """The interval holds what was seen and lies within nought and one."""
    hits = round(share * trials)
    low, high = verification.wilson(hits, trials)
    assert 0 <= low <= hits / trials + 1e-12
    assert hits / trials - 1e-12 <= high <= 1
