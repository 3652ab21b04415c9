"""How alike strangers are: what is promised of them is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition import impostors
from recognition.impostors import CAUTION, MOST, Impostors
from recognition.yardsticks import ARCFACE, SFACE, Yardstick

both = pytest.mark.parametrize("yardstick", [SFACE, ARCFACE], ids=["SFace", "ArcFace"])
shares = st.floats(1e-4, 0.3)
persons = st.integers(1, 1_000_000)
each = st.integers(1, 12)


def drawn(tail: Impostors, count: int, seed: int = 0) -> np.ndarray:
    """Similarities whose tail is this one; the others are less alike."""
    chance = np.random.default_rng(seed)
    alike = tail.start * chance.random(count)
    beyond = chance.random(count) < tail.share
    alike[beyond] = [tail.start + tail._excess(part) for part in chance.random(beyond.sum())]
    return alike


@both
@given(share=shares, persons=persons, each=each)
def test_the_threshold_of_a_share_has_that_share(
    yardstick: Yardstick, share: float, persons: int, each: int
) -> None:
    """It is what was promised, or less where even the start of the tail is rarer."""
    tail = yardstick.impostors
    distance = tail.distance(share, persons, persons * each)
    got = tail.false_names(distance, persons, persons * each)
    if distance < 1 - tail.start:
        assert got == pytest.approx(share, rel=1e-6)
    else:
        assert got <= share * (1 + 1e-9)


@both
@given(shares=st.tuples(shares, shares), persons=st.tuples(persons, persons), each=each)
def test_thresholds_are_stricter_among_more_and_for_less(
    yardstick: Yardstick, shares: tuple[float, float], persons: tuple[int, int], each: int
) -> None:
    """More people, more references or a smaller share: never a looser threshold."""
    share, more = sorted(shares)
    few, many = sorted(persons)
    tail = yardstick.impostors
    assert tail.distance(share, few, few) <= tail.distance(more, few, few) + 1e-12
    assert tail.distance(share, many, many) <= tail.distance(share, few, few) + 1e-12
    assert tail.distance(share, few, few * each) <= tail.distance(share, few, few) + 1e-12


@both
@given(near=st.floats(0, 2), far=st.floats(0, 2))
def test_fewer_strangers_are_nearer(yardstick: Yardstick, near: float, far: float) -> None:
    """The rate is a share, and rises with the distance."""
    near, far = sorted((near, far))
    assert 0 <= yardstick.impostors.rate(near) <= yardstick.impostors.rate(far) <= 1


@both
def test_nobody_known_is_no_reason_for_trust(yardstick: Yardstick) -> None:
    """An empty gallery is taken for one of one person."""
    assert yardstick.impostors.comparisons(0, 0) == CAUTION


@pytest.mark.parametrize("shape", [-0.1, 0.0, 0.1])
def test_a_tail_is_found_again(shape: float) -> None:
    """From a million pairs the fit gives the rates they were drawn by, tenfold beyond them too."""
    truth = Impostors(start=0.3, scale=0.03, shape=shape, crowding=0.7, source="")
    found = impostors.fit(drawn(truth, 1_000_000), crowding=0.7, source="a test")
    assert found.start == pytest.approx(0.3, abs=0.002)
    for rate in (1e-3, 1e-4, 1e-5):
        far = truth._excess(rate / truth.share)
        assert found.rate(1 - truth.start - far) == pytest.approx(rate, rel=0.5)


def test_too_few_pairs_are_refused() -> None:
    """A tail is not made of a handful."""
    with pytest.raises(ValueError, match="pairs in the tail"):
        impostors.fit(np.linspace(0, 1, 500), crowding=0.7, source="")


@both
def test_a_site_without_people_changes_nothing(yardstick: Yardstick) -> None:
    """No pairs, no change."""
    tail = yardstick.impostors
    assert tail.refitted(np.zeros(0)) == tail
    assert len(impostors.apart([])) == 0
    assert len(impostors.apart([np.ones(3, np.float32)])) == 0


@both
def test_few_people_change_little_and_many_decide(yardstick: Yardstick) -> None:
    """Where people are alike twice as often, ten of them are not heeded, a thousand are."""
    tail = yardstick.impostors
    here = Impostors(tail.start, tail.scale, tail.shape, tail.crowding, "", share=2 * tail.share)
    few, many = (tail.refitted(drawn(here, n * (n - 1) // 2)) for n in (10, 600))
    assert few.share == pytest.approx(tail.share, rel=0.1)
    assert many.share == pytest.approx(here.share, rel=0.1)
    assert many.scale == pytest.approx(tail.scale, rel=0.1)


@both
@given(doubles=st.integers(1, 3))
def test_a_person_kept_twice_changes_little(yardstick: Yardstick, doubles: int) -> None:
    """Pairs that are nearly the same face, among a hundred people, move thresholds a little."""
    tail = yardstick.impostors
    usual = drawn(tail, 4950)
    spoilt = np.concatenate([usual, np.full(doubles, 0.99)])
    clean, fooled = (tail.refitted(pairs).distance(0.01, 100, 100) for pairs in (usual, spoilt))
    assert clean - 0.02 < fooled <= clean


@both
def test_nonsense_is_bounded(yardstick: Yardstick) -> None:
    """When every pair is the same face, strangers are not taken for more than MOST times alike."""
    tail = yardstick.impostors.refitted(np.full(100_000, 0.99))
    assert tail.share == pytest.approx(yardstick.impostors.share * MOST)
