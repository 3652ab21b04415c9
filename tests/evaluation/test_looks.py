"""What further looks at a face bring."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import looks
from evaluation.crops import crops_of
from recognition.engine import Engine


@given(seed=st.integers(0, 1000), people=st.integers(2, 40))
def test_true_rates_are_those_of_all_pairs(seed: int, people: int) -> None:
    """Counting in bins gives what sorting all pairs gives, to the width of a bin."""
    chance = np.random.default_rng(seed)
    centres = chance.standard_normal((people, 16))
    truth = np.repeat(np.arange(people), 3)
    vectors = (centres[truth] + 0.8 * chance.standard_normal((len(truth), 16))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows, columns = np.triu_indices(len(truth), 1)
    scores = (vectors[rows] * vectors[columns]).sum(axis=1)
    alike = truth[rows] == truth[columns]
    others = np.sort(scores[~alike])[::-1]
    for rate, found in zip(looks.FALSE_RATES, looks.true_rates(vectors, truth), strict=True):
        threshold = others[int(rate * len(others))]
        low, high = ((scores[alike] > threshold + off).mean() for off in (2e-4, -2e-4))
        assert low <= found <= high


def test_every_variant_sees_the_same_people(
    sitting: tuple[Engine, list[Path]],
) -> None:
    """All four embed each picture; the product is one of the two views or both."""
    engine, paths = sitting
    seen = looks.look(engine, paths)
    assert seen.keys() == looks.VARIANTS.keys()
    for vectors in seen.values():
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(paths)), abs=1e-4)
    nearest = [
        max(float(one @ other[row]) for other in (seen["again"], seen["mirror"]))
        for row, one in enumerate(seen["product"])
    ]
    assert min(nearest) > 0.999


@pytest.fixture
def sitting(tmp_path: Path) -> tuple[Engine, list[Path]]:
    """An engine, and pictures of faces that installed packages carry."""
    paths = [tmp_path / f"{number}.jpg" for number in range(6)]
    for path, crop in zip(paths, crops_of(None, 6), strict=True):
        path.write_bytes(crop)
    return Engine.load(threads=2), paths
