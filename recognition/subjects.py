"""Which face a picture is of, cut out of it and measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognition.alignment import align
from recognition.errors import ImageRefused, Refusal
from recognition.images import decode, inspect
from recognition.pose import pose
from recognition.proposals import Proposals, central
from recognition.quality import Measures, brightness, hidden, sharpness
from recognition.refinding import same_face


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded image, and how many pixels of the upright original one of its pixels stands for."""

    pixels: NDArray[np.uint8]
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Give how many pixels of the original one of these is wide."""
        return self.width / int(self.pixels.shape[1])


@dataclass(frozen=True, slots=True)
class Subject:
    """The face that a picture is of, as the detector found it.

    `box` (4,) left, top, right, bottom and `landmarks` (5, 2) in pixels of the decoded picture;
    `rival` as in recognition.proposals.central; `count` is how many faces were found.
    """

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    score: float
    rival: float
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """The chosen face of a picture, aligned and measured, before its embedding is known."""

    aligned: NDArray[np.uint8]
    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    measures: Measures
    count: int


def open_picture(data: bytes) -> Picture | Refusal:
    """Decode an image, or say why it cannot be."""
    try:
        info = inspect(data)
        return Picture(decode(data), info.width, info.height)
    except ImageRefused as refused:
        return refused.kind


def choose(picture: Picture, faces: Proposals, known: NDArray[np.float32] | None) -> Subject | None:
    """Choose the face that the picture is of, or the one at the known landmarks."""
    if known is not None:
        faces = same_face(faces, known / np.float32(picture.scale))
    if not len(faces.scores):
        return None
    height, width = picture.pixels.shape[:2]
    row, rival = central(faces.boxes, width, height)
    count = len(faces.scores)
    return Subject(faces.boxes[row], faces.landmarks[row], float(faces.scores[row]), rival, count)


def everybody(picture: Picture, faces: Proposals, min_score: float) -> list[Subject]:
    """Give every face of a picture: the one that it is of, then the others, the largest first.

    Of the others those of `min_score` and more: below it a picture on the wall is found as well.
    They have no rival: it is no fault of a face to be one of several.
    """
    first = choose(picture, faces, None)
    if first is None:
        return []
    count, sides = len(faces.scores), faces.boxes[:, 2:] - faces.boxes[:, :2]
    others = [
        Subject(faces.boxes[row], faces.landmarks[row], float(faces.scores[row]), 0.0, count)
        for row in np.argsort(-sides.prod(axis=1), kind="stable").tolist()
    ]
    clear = [one for one in others if one.score >= min_score]
    return [first, *(one for one in clear if not np.array_equal(one.box, first.box))]


def measured(picture: Picture, subject: Subject, landmarks: NDArray[np.float32]) -> Found:
    """Align a face by its landmarks (5, 2) and measure how good the picture of it is."""
    height, width = picture.pixels.shape[:2]
    aligned = align(picture.pixels, landmarks)
    measures = Measures(
        side=float((subject.box[2:] - subject.box[:2]).min()) * picture.scale,
        score=subject.score,
        sharpness=sharpness(aligned),
        brightness=brightness(aligned),
        pose=pose(landmarks),
        hidden=hidden(landmarks, width, height),
        rival=subject.rival,
    )
    return Found(aligned, subject.box, landmarks, measures, subject.count)
