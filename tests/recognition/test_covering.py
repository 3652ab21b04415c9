"""Masks and dark glasses on the faces that installed packages carry."""

from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from evaluation.drawn_glasses import GLASSES_HELD_BACK, spectacles
from evaluation.drawn_masks import MASKS_HELD_BACK
from evaluation.sheet import Draw, Picture, wear
from recognition.covering import WEIGHTS, covering
from recognition.engine import Engine
from recognition.faces import Face

CUTS = (
    (688, 303, 909, 524),
    (379, 203, 660, 484),
    (1069, 228, 1280, 447),
    (821, 2, 1078, 259),
    (207, 98, 433, 324),
    (0, 213, 231, 455),
)
COVERED = 0.7


def png(picture: Picture) -> bytes:
    """A picture as bytes."""
    return cv2.imencode(".png", picture[..., ::-1])[1].tobytes()


@pytest.fixture(scope="module")
def pictures(astronaut: bytes, friends: bytes) -> list[Picture]:
    """Seven people, each alone in a crop."""
    with Image.open(BytesIO(friends)) as group, Image.open(BytesIO(astronaut)) as one:
        crops = [group.convert("RGB").crop(cut) for cut in CUTS]
        crops.append(one.convert("RGB").crop((100, 0, 350, 250)))
        return [np.array(crop) for crop in crops]


@pytest.fixture(scope="module")
def bare(engine: Engine, pictures: list[Picture]) -> list[Face]:
    """Their faces, as they are."""
    return faces(engine, pictures)


def faces(engine: Engine, pictures: list[Picture]) -> list[Face]:
    """The face of each picture; every one must be found."""
    found = [result.face for result in engine.analyse([png(picture) for picture in pictures])]
    assert all(found)
    return [face for face in found if face]


def dressed(pictures: list[Picture], bare: list[Face], draw: Draw) -> list[Picture]:
    """The same people with something drawn onto their faces."""
    rng = np.random.default_rng(7)
    pairs = zip(pictures, bare, strict=True)
    return [wear(picture, face.landmarks, draw, rng) for picture, face in pairs]


def test_bare_faces_are_not_covered(bare: list[Face]) -> None:
    """None of the seven, laughing and turned as they are, is called covered."""
    assert max(face.lower_covered for face in bare) < COVERED
    assert max(face.upper_covered for face in bare) < COVERED


@pytest.mark.parametrize("kind", MASKS_HELD_BACK)
def test_masks_never_learned_from_are_seen(
    engine: Engine, pictures: list[Picture], bare: list[Face], kind: str
) -> None:
    """At least five of seven wear what they wear, and nobody's eyes are called covered by it."""
    found = faces(engine, dressed(pictures, bare, MASKS_HELD_BACK[kind]))
    assert sum(face.lower_covered >= COVERED for face in found) >= 5
    assert sum(face.upper_covered >= COVERED for face in found) <= 1


def test_dark_glasses_never_learned_from_are_seen(
    engine: Engine, pictures: list[Picture], bare: list[Face]
) -> None:
    """Of four kinds on seven people, turned ones among them, two thirds at least are seen.

    Nobody's mouth is called covered by them.
    """
    kinds = GLASSES_HELD_BACK.values()
    worn = [picture for draw in kinds for picture in dressed(pictures, bare, draw)]
    found = faces(engine, worn)
    assert sum(face.upper_covered >= COVERED for face in found) >= len(worn) * 2 / 3
    assert sum(face.lower_covered >= COVERED for face in found) == 0


def test_clear_glasses_cover_nothing(
    engine: Engine, pictures: list[Picture], bare: list[Face]
) -> None:
    """Who wears glasses that the eyes are seen through is named as ever: at most one in doubt."""
    found = faces(engine, dressed(pictures, bare, spectacles))
    assert sum(face.upper_covered >= COVERED for face in found) <= 1


def test_a_sheet_of_paper_before_the_mouth_is_seen(
    engine: Engine, pictures: list[Picture], bare: list[Face]
) -> None:
    """A plain bright rectangle, drawn by nothing that was learned from, covers as well."""
    hidden = [picture.copy() for picture in pictures]
    for picture, face in zip(hidden, bare, strict=True):
        x, y, width, height = (int(side) for side in face.box)
        below = int(face.landmarks[2, 1])
        picture[max(below, 0) : y + height + height // 8, max(x, 0) : x + width] = (225, 225, 220)
    found = [
        result.face
        for result in engine.analyse([png(picture) for picture in hidden])
        if result.face
    ]
    assert len(found) >= 5
    assert sum(face.lower_covered >= COVERED for face in found) >= len(found) - 1


def test_answers_do_not_depend_on_company() -> None:
    """A face is described the same alone and among others, to a millionth; none gives none."""
    rng = np.random.default_rng(0)
    some: list[NDArray[np.uint8]] = [
        rng.integers(0, 256, (112, 112, 3), dtype=np.uint8) for _ in range(5)
    ]
    together = covering(some)
    assert together.shape == (5, 2)
    assert ((together >= 0) & (together <= 1)).all()
    alone = np.concatenate([covering([face]) for face in some])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert covering([]).shape == (0, 2)


def test_nothing_blinds_it() -> None:
    """A black, a white and a grey square get an answer without a warning."""
    flat = [np.full((112, 112, 3), level, dtype=np.uint8) for level in (0, 128, 255)]
    assert np.isfinite(covering(flat)).all()


def test_weights_are_small() -> None:
    """What was learned travels with the code."""
    assert WEIGHTS.stat().st_size < 100_000
