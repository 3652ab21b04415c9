"""The people of a benchmark: told apart without doubt, and ever new."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.cast import Actor, cast, portraits
from recognition.engine import Engine

pytestmark = pytest.mark.timeout(120)
SEEDS = range(4)


def spread(actors: list[Actor]) -> tuple[float, float]:
    """Return the greatest distance within a person, and the least between two."""
    crops = [actor.crop(seed) for actor in actors for seed in SEEDS]
    faces = [found.face for found in Engine.load().analyse(crops)]
    vectors = np.array([face.embedding for face in faces if face])
    assert len(vectors) == len(crops)
    who = np.repeat(np.arange(len(actors)), len(SEEDS))
    distances = 1 - vectors @ vectors.T
    same = who[:, None] == who
    return float(distances[same].max()), float(distances[~same].min())


def test_carried_people_are_clear() -> None:
    """Six people; each is within the match threshold of themselves and beyond it of others."""
    actors = cast(None, 40)
    assert len({actor.name for actor in actors}) == 6
    within, between = spread(actors)
    assert within < Engine.load().thresholds.match < between


def test_people_of_a_folder_are_clear(faces_dir: Path) -> None:
    """As many as wanted, each far from the others however a crop varies."""
    actors = cast(faces_dir, 12)
    assert len({actor.name for actor in actors}) == 12
    within, between = spread(actors)
    assert within < 0.2
    assert between > Engine.load().thresholds.match


def test_a_seed_gives_the_same_bytes() -> None:
    """The same seed repeats a crop, another one varies it."""
    actor = cast(None, 1)[0]
    assert actor.crop(1) == actor.crop(1) != actor.crop(2)


def test_a_folder_without_people(tmp_path: Path) -> None:
    """A folder without pictures of people is refused with a sentence."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no people"):
        portraits(tmp_path)
