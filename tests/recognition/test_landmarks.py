"""Landmarks looked at again from nearby."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from recognition.detection import Proposer
from recognition.engine import Engine
from recognition.images import decode
from recognition.landmarks import FILL, SIDE, closeup, refine


@pytest.fixture
def proposer(engine: Engine) -> Proposer:
    """The default detector."""
    return engine.detector.proposer


def pixels(image: Image.Image) -> np.ndarray:
    """A picture as the engine sees it."""
    stream = BytesIO()
    image.save(stream, "PNG")
    return decode(stream.getvalue())


@pytest.mark.parametrize("place", [(0, 0), (200, 40), (460, 460)])
@pytest.mark.parametrize("size", [(20, 30), (300, 200)])
def test_a_closeup_shows_the_face_where_it_says(
    place: tuple[int, int], size: tuple[int, int]
) -> None:
    """Points go onto the canvas and back; inside the picture the face covers its share of it."""
    image = np.zeros((500, 500, 3), dtype=np.uint8)
    box = np.array([*place, place[0] + size[0], place[1] + size[1]], dtype=np.float32)
    one = closeup(image, box)
    assert one.canvas.shape == (SIDE, SIDE, 3)
    centre = (box[:2] + box[2:]) / 2
    assert one.back(one.centre) == pytest.approx(centre, abs=0.01)
    inside = box.min() > size[0] and box.max() < 500 - size[0]
    share = max(size) * one.box.scale / SIDE
    assert share == pytest.approx(FILL, abs=0.05) if inside else share >= FILL - 0.05


def test_steadies_landmarks(engine: Engine, proposer: Proposer, portrait: Image.Image) -> None:
    """Moved by a pixel at a time, refined landmarks of a face shake less than the first ones."""
    first, refined = [], []
    for step in range(6):
        image = pixels(portrait.crop((step, step, 240 + step, 240 + step)))
        [faces] = engine.detector.find([image])
        [better] = refine(proposer, [image], [faces.boxes[0]], [faces.landmarks[0]])
        first.append(faces.landmarks[0] + step)
        refined.append(better + step)
    assert np.std(refined, axis=0).mean() < np.std(first, axis=0).mean()
    assert np.abs(np.mean(refined, axis=0) - np.mean(first, axis=0)).max() < 4


def test_where_nothing_is_found_again_the_first_stay(proposer: Proposer) -> None:
    """On a plain picture there is no face to find again: what was known comes back."""
    image = np.full((100, 100, 3), 90, dtype=np.uint8)
    known = np.array([[40, 40], [60, 40], [50, 50], [42, 62], [58, 62]], dtype=np.float32)
    box = np.array([30, 30, 70, 75], dtype=np.float32)
    [same] = refine(proposer, [image], [box], [known])
    assert same == pytest.approx(known)
    assert refine(proposer, [], [], []) == []


def test_a_neighbour_is_not_taken_for_the_face(
    proposer: Proposer, engine: Engine, portrait: Image.Image
) -> None:
    """Beside a second face everybody keeps their own landmarks."""
    pair = Image.new("RGB", (500, 250))
    pair.paste(portrait, (0, 0))
    pair.paste(portrait, (250, 0))
    image = pixels(pair)
    [faces] = engine.detector.find([image])
    assert len(faces.scores) == 2
    for box, known in zip(faces.boxes, faces.landmarks, strict=True):
        [better] = refine(proposer, [image], [box], [known])
        assert np.abs(better - known).max() < 6
