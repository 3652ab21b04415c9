"""Learning what covered faces look like, on little."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.covering_network import keep, learn
from evaluation.drawn_glasses import GLASSES
from evaluation.drawn_masks import MASKS
from evaluation.sheet import Picture, wear
from evaluation.train_covering import split, spoil
from recognition.alignment import ARCFACE_TEMPLATE
from recognition.covering import Weights, features, respond

LANDMARKS = ARCFACE_TEMPLATE + np.float32(40)


def grey() -> Picture:
    """A picture of 200 x 200 in which a face would fill the middle."""
    return np.full((200, 200, 3), 128, dtype=np.uint8)


def test_nobody_is_learned_from_and_measured_on(tmp_path: Path) -> None:
    """All images of a person are on one side, and both sides have people."""
    for person in range(40):
        (tmp_path / f"P{person}").mkdir()
        for image in range(2):
            (tmp_path / f"P{person}" / f"P{person}_000{image}.jpg").write_bytes(b"")
    known, held = split(tmp_path)
    assert len(known) + len(held) == 80
    assert {p.parent for p in known} & {p.parent for p in held} == set()
    assert len(held) >= 10


@pytest.mark.parametrize(
    ("kinds", "rows"), [(MASKS, (95, 150)), (GLASSES, (80, 110))], ids=["masks", "glasses"]
)
def test_coverings_lie_where_they_belong(kinds: dict, rows: tuple[int, int]) -> None:  # type: ignore[type-arg]
    """Each changes the half of the face it covers, and is drawn alike from the same seed."""
    top, bottom = rows
    for draw in kinds.values():
        worn = wear(grey(), LANDMARKS, draw, np.random.default_rng(3))
        changed = (worn.astype(int) - 128).__abs__().max(axis=2) > 8
        assert changed[top:bottom, 60:130].mean() > 0.3
        assert changed[:60].mean() < 0.05
        again = wear(grey(), LANDMARKS, draw, np.random.default_rng(3))
        np.testing.assert_array_equal(worn, again)


def test_spoiled_pictures_are_pictures() -> None:
    """However small and dark, what comes out can be looked at, and is never larger."""
    for seed in range(20):
        made = spoil(grey(), LANDMARKS, np.random.default_rng(seed))
        assert made.dtype == np.uint8
        assert max(made.shape) <= 200


def test_what_is_learned_is_kept(tmp_path: Path) -> None:
    """Faces whose lower half is dark are told from others, by the file as by what was learned."""
    rng = np.random.default_rng(0)
    faces, labels = [], []
    for number in range(120):
        face = rng.integers(90, 220, (112, 112, 3)).astype(np.uint8)
        covered = number % 2
        face[60:] //= 1 + 3 * covered
        faces.append(face)
        labels.append((covered, 0))
    learned = learn(faces, labels, rng)
    keep(learned, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as stored:
        kept = Weights(*(stored[name].astype(np.float32) for name in Weights._fields))
    described = features(faces)
    said = respond(described, kept)
    np.testing.assert_allclose(said, respond(described, learned), atol=5e-3)
    assert ((said[:, 0] > 0.5) == np.array([first for first, _ in labels], bool)).mean() > 0.95
    assert said[:, 1].mean() < 0.5
