"""Real people in real photographs are told apart as well as was measured."""

from pathlib import Path

import numpy as np
import pytest

from recognition.engine import Engine

PEOPLE = 40


@pytest.fixture
def lfw(faces_dir: Path) -> Path:
    """Labeled Faces in the Wild."""
    folder = faces_dir / "lfw"
    if not folder.is_dir():
        pytest.skip(f"no LFW at {folder}")
    return folder


def test_forty_people_are_told_apart(lfw: Path, engine: Engine) -> None:
    """Of 40 people with two images each, all are usable, each is nearest to themselves.

    At the match threshold a few are missed, one picture of each being known; nobody is taken for
    another.
    """
    folders = [folder for folder in sorted(lfw.iterdir()) if len(list(folder.glob("*.jpg"))) > 1]
    people = [sorted(folder.glob("*.jpg"))[:2] for folder in folders[::11][:PEOPLE]]
    results = engine.analyse([path.read_bytes() for pair in people for path in pair])
    assert sum(result.usable for result in results) >= 2 * PEOPLE - 1
    vectors = np.stack([result.face.embedding for result in results if result.face])
    assert len(vectors) == 2 * PEOPLE
    distances = 1 - vectors[::2] @ vectors[1::2].T
    own = distances.diagonal().copy()
    np.fill_diagonal(distances, 2)
    assert (distances.min(axis=1) > own).sum() >= PEOPLE - 1
    assert (own <= engine.thresholds.match).sum() >= PEOPLE - 6
    assert distances.min() > engine.thresholds.match
