"""Percentages that can be relied on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.calibration import CEILING, FEWEST, Calibration, Trials, fit
from recognition.yardsticks import ARCFACE, SFACE, Yardstick

CALIBRATION = Calibration(
    slope=50.0, intercept=33.0, covariance=(78.0, 45.0, 26.0), source="a test"
)
distances = st.floats(0, 2)
sizes = st.integers(0, 10**6)
both = pytest.mark.parametrize("yardstick", [SFACE, ARCFACE], ids=["SFace", "ArcFace"])


def searches(slope: float, intercept: float, *, count: int, seed: int = 0) -> Trials:
    """Searches among forty people whose odds are known, in the range where doubt is."""
    chance = np.random.default_rng(seed)
    distance = chance.uniform(0.4, 0.8, count)
    odds = intercept - slope * distance - np.log(40)
    right = chance.random(count) < 1 / (1 + np.exp(-odds))
    return Trials(distance, right, np.full(count, 40))


@given(near=distances, far=distances, persons=sizes)
def test_nearer_is_never_less_sure(near: float, far: float, persons: int) -> None:
    """Of two distances the smaller has at least the other's confidence, up to the ceiling."""
    near, far = sorted((near, far))
    low, high = CALIBRATION.confidence(far, persons), CALIBRATION.confidence(near, persons)
    assert 0 <= low <= high <= CEILING


@given(distance=distances, persons=sizes)
def test_more_people_never_make_it_surer(distance: float, persons: int) -> None:
    """The same distance among more people is worth no more."""
    few, many = (CALIBRATION.confidence(distance, n) for n in (persons, persons * 2 + 1))
    assert many <= few


@given(distance=distances, persons=sizes)
def test_the_interval_holds_the_value(distance: float, persons: int) -> None:
    """The estimate is the confidence, and lies between its ends, which are probabilities."""
    value, low, high = CALIBRATION.estimate(distance, persons)
    assert value == CALIBRATION.confidence(distance, persons)
    assert 0 <= low <= value <= high <= CEILING


def test_an_empty_gallery_earns_no_trust() -> None:
    """With nobody or one person known a distance is worth what it is among ten."""
    assert CALIBRATION.confidence(0.6, 0) == CALIBRATION.confidence(0.6, FEWEST)


@both
@given(persons=st.integers(10, 100_000))
def test_a_stranger_who_is_nearest_is_not_sure(yardstick: Yardstick, persons: int) -> None:
    """Half of all strangers have somebody nearer than this, and none is 50 % sure of them."""
    nearest = yardstick.impostors.distance(0.5, persons, persons)
    assert yardstick.calibration.confidence(nearest, persons) < 0.5


@both
def test_the_thresholds_suit_the_percentages(yardstick: Yardstick) -> None:
    """Among forty people it is fairly sure of a match; where unsure ends, not."""
    assert yardstick.calibration.confidence(yardstick.thresholds.match, 40) > 0.8
    assert yardstick.calibration.confidence(yardstick.thresholds.unsure, 40) < 0.3


def test_a_curve_is_found_again() -> None:
    """A fit to many searches gives the odds they were drawn by; fewer leave more open."""
    many = fit(searches(45.0, 30.0, count=20_000), worth=500, source="a test")
    assert many.slope == pytest.approx(45, abs=2)
    assert many.intercept == pytest.approx(30, abs=1.5)
    vague = fit(searches(45.0, 30.0, count=20_000), worth=50, source="a test")
    assert vague.covariance == pytest.approx([10 * value for value in many.covariance])


def test_nothing_said_changes_nothing() -> None:
    """Without a single answer the published curve stands."""
    assert CALIBRATION.refitted(searches(1, 1, count=0)) == CALIBRATION


def test_few_answers_change_little_and_many_decide() -> None:
    """The curve moves from the published one to the site's; the interval narrows."""
    here = 60.0, 33.0  # half of all is right at 0.49 here, at 0.59 by what was published
    few, some, many = (CALIBRATION.refitted(searches(*here, count=n)) for n in (3, 60, 20_000))
    said = [curve.confidence(0.55, 40) for curve in (CALIBRATION, few, some, many)]
    assert said[1] == pytest.approx(said[0], abs=0.2)
    assert said[3] < said[2] < said[0]
    truth = 1 / (1 + np.exp(-(33 - 60 * 0.55 - np.log(40))))
    assert said[3] == pytest.approx(truth, abs=0.03)
    widths = [c.estimate(0.52, 40).high - c.estimate(0.52, 40).low for c in (few, many)]
    assert widths[1] < widths[0] / 3


@given(st.floats(0.0, 0.3))
def test_one_slip_where_all_is_clear_weighs_next_to_nothing(distance: float) -> None:
    """Somebody certain whom an answer calls wrong is a slip of the answer."""
    slip = Trials(np.array([distance]), np.array([False]), np.array([40]))
    before, after = CALIBRATION.confidence(0.5, 40), CALIBRATION.refitted(slip).confidence(0.5, 40)
    assert after == pytest.approx(before, abs=0.01)
