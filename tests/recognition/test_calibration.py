"""Percentages that can be relied on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.calibration import CEILING, FEWEST, Calibration
from recognition.packs import find_pack

CALIBRATION = Calibration(slope=50.0, intercept=33.0, source="a test")
distances = st.floats(0, 2)
sizes = st.integers(0, 10**6)


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


def test_an_empty_gallery_earns_no_trust() -> None:
    """With nobody or one person known a distance is worth what it is among ten."""
    assert CALIBRATION.confidence(0.6, 0) == CALIBRATION.confidence(0.6, FEWEST)


@pytest.mark.parametrize("persons", [10, 100, 10_000])
def test_a_stranger_who_is_nearest_is_not_sure(persons: int) -> None:
    """At distances that strangers have, the default pack says less than 10 %."""
    assert find_pack().family.calibration.confidence(0.68, persons) < 0.1


def test_the_thresholds_suit_the_percentages() -> None:
    """Among forty people the default pack is fairly sure of a match; where unsure ends, not."""
    pack = find_pack()
    assert pack.family.calibration.confidence(pack.family.thresholds.match, 40) > 0.8
    assert pack.family.calibration.confidence(pack.family.thresholds.unsure, 40) < 0.3
