"""A face that was found before is embedded as it is now, and is not lost."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from demo.sitters import crop, people
from recognition.engine import Engine
from recognition.images import decode
from recognition.proposals import Proposals
from recognition.refinding import same_face

KNOWN = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)
ASIDE = np.array([60, 0], np.float32)
PLAYERS = people()[2:4]


def proposals(*landmarks: NDArray[np.float32]) -> Proposals:
    """Return faces with these landmarks."""
    points = np.array(landmarks, np.float32).reshape(-1, 5, 2)
    boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    return Proposals(boxes, points, np.ones(len(points), np.float32))


def test_nearest_face_is_meant() -> None:
    """Two detectors do not agree to the pixel; the face two steps away is somebody else."""
    near, other = KNOWN + np.float32(3), KNOWN + ASIDE
    chosen = same_face(proposals(other, near), KNOWN)
    np.testing.assert_array_equal(chosen.landmarks, near[None])
    assert chosen.scores.tolist() == [1.0]


@pytest.mark.parametrize("others", [(), (KNOWN + ASIDE,)], ids=["no face", "another face"])
def test_recorded_landmarks_stand_in(others: Sequence[NDArray[np.float32]]) -> None:
    """Where no face is found at that place, what was recorded counts, with a box around it."""
    chosen = same_face(proposals(*others), KNOWN)
    np.testing.assert_array_equal(chosen.landmarks, KNOWN[None])
    left, top, right, bottom = chosen.boxes[0]
    assert left < KNOWN[:, 0].min()
    assert right > KNOWN[:, 0].max()
    assert top < KNOWN[:, 1].min()
    assert bottom > KNOWN[:, 1].max()


def test_embedding_is_that_of_the_analysis(engine: Engine) -> None:
    """A twin is what the model would have made of the crop when it came, whatever the batch."""
    crops = [crop(sitter, seed) for sitter in people() for seed in range(4)]
    known = [found.face for found in engine.analyse(crops)]
    again = engine.embed_again(
        [(data, face.landmarks if face else None) for data, face in zip(crops, known, strict=True)]
    )
    for face, vector in zip(known, again, strict=True):
        assert face is not None
        assert vector is not None
        assert float(face.embedding @ vector) > 0.999


def test_face_that_is_meant_is_embedded_among_several(engine: Engine) -> None:
    """Of two people in one picture the landmarks say which; they need not be exact."""
    crops = [crop(player, 1) for player in PLAYERS]
    left, right = (decode(data) for data in crops)
    both = np.zeros((max(len(left), len(right)), left.shape[1] + right.shape[1], 3), np.uint8)
    both[: len(left), : left.shape[1]] = left
    both[: len(right), left.shape[1] :] = right
    picture = cv2.imencode(".png", both[..., ::-1])[1].tobytes()
    alone = [found.face for found in engine.analyse(crops)]
    for face, shift in zip(alone, (0, left.shape[1]), strict=True):
        assert face is not None
        about = face.landmarks + np.array([shift + 3, 3], np.float32)
        [vector] = engine.embed_again([(picture, about)])
        assert vector is not None
        likeness = [float(other.embedding @ vector) for other in alone if other]
        assert max(likeness) == float(face.embedding @ vector)
        assert sorted(likeness)[1] > 0.7


def test_what_the_detector_misses_is_embedded_by_what_was_recorded(engine: Engine) -> None:
    """A face too dark to be found keeps its embedding; what is no image has none."""
    data = crop(PLAYERS[0], 1)
    dark = cv2.imencode(".png", np.zeros_like(decode(data)))[1].tobytes()
    [found] = engine.analyse([data])
    assert found.face is not None
    [seen, unknown, broken] = engine.embed_again(
        [(dark, found.face.landmarks), (dark, None), (b"no image", found.face.landmarks)]
    )
    assert seen is not None
    assert float(np.linalg.norm(seen)) == pytest.approx(1, abs=1e-5)
    assert unknown is None
    assert broken is None
