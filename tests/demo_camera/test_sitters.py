"""The demo's people look like people, and like themselves."""

from itertools import combinations

import numpy as np
import pytest

from demo.sitters import Sitter, crop, people
from recognition.engine import Engine

SEEDS = 12


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Return the recognition that the demo runs with."""
    return Engine.load()


def test_there_are_enough_people_and_a_first_one() -> None:
    """A newcomer meets the astronaut first; nobody is there twice."""
    names = [sitter.name for sitter in people()]
    assert names[0] == "astronaut"
    assert len(set(names)) == len(names) == 6


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    """Crops can be made again, and no two are alike."""
    sitter = people()[0]
    assert crop(sitter, 7) == crop(sitter, 7)
    assert len({crop(sitter, seed) for seed in range(30)}) == 30


@pytest.mark.parametrize("sitter", people(), ids=lambda sitter: sitter.name)
def test_every_crop_is_usable(engine: Engine, sitter: Sitter) -> None:
    """Recognition finds a face in each and has nothing to say against it."""
    results = engine.analyse([crop(sitter, seed) for seed in range(SEEDS)])
    assert [result.reasons for result in results if result.face] == [()] * SEEDS


def test_people_are_like_themselves_and_unlike_one_another(engine: Engine) -> None:
    """Any two crops of one person match, and no two people are even in doubt."""
    embeddings = []
    for sitter in people():
        results = engine.analyse([crop(sitter, seed) for seed in range(SEEDS)])
        embeddings.append(np.array([result.face.embedding for result in results if result.face]))
    for own in embeddings:
        assert (1 - own @ own.T).max() < engine.thresholds.match
    for one, other in combinations(embeddings, 2):
        assert (1 - one @ other.T).min() > engine.thresholds.unsure
