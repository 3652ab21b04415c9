"""Searches of galleries by hand-made vectors, and people who do not exist."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import identification, synthetic, truth
from evaluation.identification import Found, OpenSet
from recognition.calibration import Trials
from tests.evaluation.crowds import crowd


def unit(*degrees: float) -> np.typing.NDArray[np.float32]:
    """Unit vectors in the plane."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def gallery() -> OpenSet:
    """Person 0 looks to 0 and 40 degrees, person 1 to 90; one probe of each, and two strangers."""
    return OpenSet(
        references=unit(0, 40, 90),
        owners=np.array([0, 0, 1]),
        probes=unit(50, 60),
        truth=np.array([0, 1]),
        strangers=unit(-30, 180),
    )


def test_people_are_split_by_how_many_images_they_have() -> None:
    """Known is who has one more than the references; strangers have one; others are neither."""
    people = {"a": ["a1", "a2", "a3"], "b": ["b1", "b2"], "c": ["c1"]}
    assert identification.split(people, 1) == (
        {"a": ["a1"], "b": ["b1"]},
        ["a2", "a3", "b2"],
        ["c1"],
    )
    assert identification.split(people, 2) == ({"a": ["a1", "a2"]}, ["a3"], ["c1"])


def test_a_person_is_as_near_as_their_nearest_reference() -> None:
    """At 50 degrees person 0 is 10 away, not 50; at 60 person 0 is nearer than the right one."""
    made = gallery()
    found = identification.search(made, made.probes, made.truth)
    assert found.rank.tolist() == [1, 2]
    assert found.best == pytest.approx(np.cos(np.radians([10, 20])), abs=1e-6)
    assert identification.rank_rate(found, 1) == 0.5
    assert identification.rank_rate(found, 2) == 1


def test_rates_count_only_the_right_name() -> None:
    """One of two is named rightly, above the nearer stranger (30 degrees) too."""
    made = gallery()
    known = identification.search(made, made.probes, made.truth)
    strangers = identification.search(made, made.strangers)
    assert strangers.rank.tolist() == [0, 0]
    assert identification.rate_at(known, strangers, 0.01) == 0.5
    false, true = identification.curve(known, strangers)
    assert false.tolist() == [0, 0.5]
    assert true.tolist() == [0.5, 0.5]


def test_a_probe_without_a_face_is_never_named() -> None:
    """A row of zeros has the similarity -1 to everybody and comes last."""
    made = gallery()
    found = identification.search(made, np.zeros((1, 2), np.float32), np.array([1]))
    assert found.best.tolist() == [-1]
    assert found.rank.tolist() == [2]


@given(seed=st.integers(0, 10_000), count=st.integers(1, 40))
def test_search_agrees_with_the_plain_way(seed: int, count: int) -> None:
    """Ranks and similarities are those of a loop over people, whatever the gallery."""
    chance = np.random.default_rng(seed)
    owners = np.sort(chance.integers(0, count, 60))
    owners = np.unique(owners, return_inverse=True)[1]
    vectors = chance.standard_normal((60 + 5, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    persons = int(owners.max()) + 1
    whose = chance.integers(0, persons, 5)
    made = OpenSet(vectors[:60], owners, vectors[60:], whose, vectors[60:])
    found = identification.search(made, made.probes, whose)
    for row, probe in enumerate(made.probes):
        best = np.array([(vectors[:60][owners == one] @ probe).max() for one in range(persons)])
        assert found.best[row] == pytest.approx(best.max(), abs=1e-6)
        assert (best > best[whose[row]] + 1e-5).sum() < found.rank[row]
        assert found.rank[row] <= (best > best[whose[row]] - 1e-5).sum()


def test_a_promise_is_kept_on_the_other_half() -> None:
    """Strangers of one kind: about the promised share of them is named."""
    similar = np.random.default_rng(3).normal(0.3, 0.05, 20_000).astype(np.float32)
    assert identification.kept_promise(similar, 0.01) == pytest.approx(0.01, abs=0.003)


def test_people_who_do_not_exist_are_as_like_real_ones_as_those_one_another() -> None:
    """Mean and deviation of similarity agree, and the rare look-alike is about as rare."""
    real = np.stack([faces[0] for faces in crowd(800, 1, noise=0.3, seed=2).values()])
    made = synthetic.people(real, 3000, seed=1)
    wanted, got = synthetic.likeness(real), synthetic.likeness(made, real)
    assert np.linalg.norm(made, axis=1) == pytest.approx(1, abs=1e-5)
    assert got.mean == pytest.approx(wanted.mean, abs=0.01)
    assert got.deviation == pytest.approx(wanted.deviation, rel=0.05)
    assert got.highest_thousandth == pytest.approx(wanted.highest_thousandth, abs=0.05)
    assert np.array_equal(made, synthetic.people(real, 3000, seed=1))


def test_a_filled_gallery_keeps_its_people() -> None:
    """Everybody stays, each synthetic vector is a person more, and the right one still counts."""
    made = gallery().filled(unit(200, 210))
    assert made.persons == 4
    assert made.owners.tolist() == [0, 0, 1, 2, 3]
    assert identification.search(made, made.probes, made.truth).rank.tolist() == [1, 2]


def test_bins_of_known_searches() -> None:
    """0.95 said and always right, 0.15 said and half right: (2 x 0.05 + 2 x 0.35) / 4."""
    made = truth.bins(np.array([0.95, 0.95, 0.15, 0.15]), np.array([True, True, True, False]))
    assert made.said == pytest.approx([0.15, 0.95])
    assert made.right.tolist() == [0.5, 1.0]
    assert made.error == pytest.approx(0.2)
    assert truth.bins(np.array([1.0]), np.array([True])).error == 0


def test_trials_of_several_parts_are_put_together() -> None:
    """Nothing is lost and the order stays."""
    part = Trials(np.array([0.1]), np.array([True]), np.array([10]))
    other = Trials(np.array([0.9]), np.array([False]), np.array([40]))
    assert [column.tolist() for column in truth.joined([part, other])] == [
        [0.1, 0.9],
        [True, False],
        [10, 40],
    ]


def test_named_rightly_is_never_for_the_wrong_person() -> None:
    """Whoever comes second is named at no threshold."""
    found = Found(np.array([1, 2]), np.array([0.4, 0.9], dtype=np.float32))
    assert identification.named_rightly(found).tolist() == [np.float32(0.4), -np.inf]
