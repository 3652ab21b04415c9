"""Faces are found where they are, at any size of frame."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from camera.crops import LONGEST_SIDE, cut, value
from camera.faces import Box, Face, FaceFinder, Image
from camera.sources import read_picture


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    """Return a finder with the usual settings."""
    return FaceFinder(min_score=0.7, min_face=40)


def read(file: Path) -> Image:
    """Read a picture that is there."""
    image = read_picture(file)
    assert image is not None
    return image


def test_six_people_are_six_faces(finder: FaceFinder, six_people: Path) -> None:
    """Every face of the photo is found once, with its eyes above its mouth."""
    faces = finder.find(read(six_people))
    assert len(faces) == 6
    for face in faces:
        assert face.landmarks[:2, 1].max() < face.landmarks[3:, 1].min()


def test_boxes_are_in_pixels_of_the_frame(finder: FaceFinder, astronaut: Path) -> None:
    """A frame three times as large has the same face at three times the place."""
    photo = read(astronaut)
    large = np.asarray(cv2.resize(photo, (1536, 1536)), np.uint8)
    (near,), (far,) = finder.find(photo), finder.find(large)
    assert far.box.w / near.box.w == pytest.approx(3, abs=0.3)
    assert far.box.centre == pytest.approx([3 * side for side in near.box.centre], abs=15)


def test_small_faces_are_left_out(six_people: Path) -> None:
    """Nobody in the photo is 200 px wide."""
    assert FaceFinder(min_score=0.7, min_face=200).find(read(six_people)) == []


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (480, 640)])
def test_a_frame_without_a_face_has_none(finder: FaceFinder, size: tuple[int, int]) -> None:
    """Black frames of odd sizes have no face and do no harm."""
    assert finder.find(np.zeros((*size, 3), np.uint8)) == []


def test_a_crop_has_a_margin_and_still_shows_one_face(finder: FaceFinder, astronaut: Path) -> None:
    """The crop is 1.8 faces wide and high, as JPEG, and the face is found in it again."""
    photo = read(astronaut)
    (face,) = finder.find(photo)
    crop = cut(photo, face, margin=0.4)
    assert crop.image.shape[0] == pytest.approx(1.8 * face.box.h, abs=2)
    again = cv2.imdecode(np.frombuffer(crop.jpeg(), np.uint8), cv2.IMREAD_COLOR)
    assert again is not None
    assert len(finder.find(np.asarray(again, np.uint8))) == 1


def test_a_crop_stays_within_the_frame_and_its_limit(finder: FaceFinder, astronaut: Path) -> None:
    """A face that fills a large frame gives a crop of 512 px with a box inside the frame."""
    close = read(astronaut)[40:200, 150:300]
    frame = np.asarray(cv2.resize(close, (1500, 1600)), np.uint8)
    (face, *_) = finder.find(frame)
    crop = cut(frame, face, margin=1.0)
    assert max(crop.image.shape[:2]) == LONGEST_SIDE
    x, y, w, h = crop.box
    assert 0 <= x < x + w <= 1500
    assert 0 <= y < y + h <= 1600


def test_better_pictures_have_a_higher_value(finder: FaceFinder, astronaut: Path) -> None:
    """Sharp beats blurred, large beats small, whole beats cut off."""
    photo = read(astronaut)
    (face,) = finder.find(photo)
    sharp = cut(photo, face, margin=0.4).value
    assert cut(np.asarray(cv2.blur(photo, (9, 9)), np.uint8), face, margin=0.4).value < sharp / 2
    assert cut(photo[:, 200:], _moved(face.box, finder, photo[:, 200:]), margin=0.4).value < sharp
    assert 0 < value(photo[60:180, 180:270], face) < 1


def _moved(box: Box, finder: FaceFinder, frame: Image) -> Face:
    """Return the face that is left in a frame whose edge cuts it."""
    (face,) = finder.find(frame)
    assert face.box.x < 10 < box.x
    return face


def test_overlap_and_distance_of_boxes() -> None:
    """Half of a box overlaps by a third of the union; boxes apart not at all."""
    box = Box(0, 0, 10, 10)
    assert box.overlap(Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert box.overlap(Box(20, 0, 10, 10)) == 0
    assert box.distance(Box(3, 4, 10, 10)) == 5
