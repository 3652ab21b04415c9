"""Which of two models is better is said by what they answer, and no more surely than can be."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluation.comparison import Faces, compare, sign_test

PEOPLE, EACH, DIMENSIONS = 30, 5, 64


def faces() -> Faces:
    """Return 30 people with five faces each, of which four are references."""
    people = np.repeat(np.arange(PEOPLE), EACH).astype(np.intp)
    return Faces(people=people, references=np.tile([True] * 4 + [False], PEOPLE))


def vectors(noise: float, seed: int = 1) -> NDArray[np.float32]:
    """Return embeddings that stray about this far from their person's own direction."""
    chance = np.random.default_rng(seed)
    own = np.repeat(chance.standard_normal((PEOPLE, DIMENSIONS)), EACH, axis=0)
    made = own + noise * chance.standard_normal(own.shape)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def test_sharper_model_is_better_and_the_blunter_worse() -> None:
    """Its answers are right more often, its pairs further apart; turned round it is the reverse."""
    sharp, blunt = (vectors(0.2), 0.3), (vectors(1.2), 0.3)
    found = compare(faces(), blunt, sharp)
    assert (found.people, found.faces, found.searches) == (PEOPLE, PEOPLE * EACH, PEOPLE * EACH)
    assert found.same_pairs == PEOPLE * EACH * (EACH - 1) // 2
    assert found.verdict == "better"
    assert found.new.right == 1.0
    assert found.old.right is not None
    assert found.gained == round((1 - found.old.right) * found.searches)
    assert found.new.separability is not None
    assert found.old.separability is not None
    assert found.new.separability > found.old.separability
    assert compare(faces(), sharp, blunt).verdict == "worse"


def test_equal_models_are_no_different() -> None:
    """Nothing gained, nothing spoilt."""
    model = (vectors(0.8), 0.6)
    found = compare(faces(), model, model)
    assert (found.gained, found.spoilt, found.verdict) == (0, 0, "no difference")
    assert found.old == found.new


def test_every_search_ends_one_way() -> None:
    """Right, missed or wrong; a threshold of 2 misses nobody, one of 0 names nobody."""
    blunt = vectors(2.5)
    for threshold in (0.0, 0.6, 2.0):
        figures = compare(faces(), (blunt, threshold), (blunt, threshold)).new
        assert figures.right is not None
        assert figures.missed is not None
        assert figures.wrong is not None
        assert figures.right + figures.missed + figures.wrong == pytest.approx(1)
        assert (figures.missed == 0) == (threshold == 2.0)
        assert (figures.missed == 1) == (threshold == 0.0)


def test_person_with_one_reference_is_searched_by_other_faces_alone() -> None:
    """A reference is not found by itself: whoever has no other is no search."""
    some = Faces(people=np.array([0, 1, 1], np.intp), references=np.array([True, True, False]))
    found = compare(some, (vectors(0.1)[[0, 5, 6]], 0.5), (vectors(0.1)[[0, 5, 6]], 0.5))
    assert found.searches == 1
    assert found.little


@pytest.mark.parametrize("count", [0, 1])
def test_without_faces_there_are_no_figures(count: int) -> None:
    """None rather than a number made of nothing."""
    some = Faces(people=np.zeros(count, np.intp), references=np.ones(count, np.bool_))
    empty = (np.ones((count, 4), np.float32), 0.5)
    found = compare(some, empty, empty)
    assert set(astuple(found.new)) == {0.5, None}
    assert found.verdict == "no difference"


@given(st.integers(0, 200), st.integers(0, 200))
def test_sign_test_is_a_probability(gained: int, spoilt: int) -> None:
    """Between 0 and 1, the same both ways, certain when both are equal."""
    chance = sign_test(gained, spoilt)
    assert 0 < chance <= 1
    assert chance == sign_test(spoilt, gained)
    assert gained != spoilt or chance == 1


def test_sign_test_knows_its_table() -> None:
    """5 of 5: 2 * (1/2)^5; 9 of 10: 2 * 11 / 1024."""
    assert sign_test(5, 0) == pytest.approx(0.0625)
    assert sign_test(1, 9) == pytest.approx(22 / 1024)
