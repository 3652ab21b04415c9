"""Landmarks found once more from nearby, so that they shake less from picture to picture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recognition.detection import Proposer
from recognition.letterbox import Letterbox, letterbox
from recognition.proposals import Proposals

SIDE = 128
"""Pixels of the canvas."""
FILL = 0.55
"""Share of the canvas that the face's longer side covers; a detector was trained on such."""
_SAME = 0.25
"""A face this share of the canvas away from where it should be is another one."""
_MIRRORED = [1, 0, 2, 4, 3]  # in a mirror the left eye is the right one


class Closeup(NamedTuple):
    """A face on a canvas of its own, where that lies in the picture, and the face on the canvas."""

    canvas: NDArray[np.uint8]
    corner: NDArray[np.float32]
    box: Letterbox
    centre: NDArray[np.float32]

    def back(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give points (..., 2) of the canvas as points of the picture."""
        return self.box.back(points) + self.corner


def refine(
    proposer: Proposer,
    images: Sequence[NDArray[np.uint8]],
    boxes: Sequence[NDArray[np.float32]],
    landmarks: Sequence[NDArray[np.float32]],
) -> list[NDArray[np.float32]]:
    """Give better landmarks (5, 2) of one face in each image, in pixels of the image.

    Each face, whose box (4,) and landmarks (5, 2) are known, is looked at twice more, close up and
    close up in a mirror, and the mean of the three is taken: where a detector puts landmarks
    depends on how its grid happens to lie on the face.
    """
    if not len(images):
        return []
    closeups = [closeup(*pair) for pair in zip(images, boxes, strict=True)]
    canvases = np.stack([one.canvas for one in closeups])
    plain = proposer.propose(canvases)
    mirrored = proposer.propose(np.ascontiguousarray(canvases[:, :, ::-1]))
    return [
        np.mean([known, *_seen(one, *found)], axis=0, dtype=np.float32)
        for known, one, *found in zip(landmarks, closeups, plain, mirrored, strict=True)
    ]


def closeup(image: NDArray[np.uint8], box: NDArray[np.float32]) -> Closeup:
    """Cut the surroundings of a face, of box (4,), out of an image (h, w, 3), onto a canvas."""
    half = float((box[2:] - box[:2]).max()) / FILL / 2
    centre = np.asarray((box[:2] + box[2:]) / 2, dtype=np.float32)
    limits = np.array(image.shape[1::-1])
    low = np.clip(np.floor(centre - half), 0, limits - 1).astype(int)
    high = np.clip(np.ceil(centre + half), low + 1, limits).astype(int)
    canvas, placed = letterbox(image[low[1] : high[1], low[0] : high[0]], SIDE, enlarge=True)
    corner = low.astype(np.float32)
    return Closeup(canvas, corner, placed, placed.forth(centre - corner))


def _seen(one: Closeup, plain: Proposals, mirrored: Proposals) -> list[NDArray[np.float32]]:
    """Give the landmarks of the face that is meant, as often as it was found again."""
    first = _nearest(plain.boxes, plain.landmarks, one.centre)
    flip = np.array([SIDE - 1 - one.centre[0], one.centre[1]], dtype=np.float32)
    second = _nearest(mirrored.boxes, mirrored.landmarks, flip)
    if second is not None:
        second = np.column_stack([SIDE - 1 - second[:, 0], second[:, 1]])[_MIRRORED]
    return [one.back(points) for points in (first, second) if points is not None]


def _nearest(
    boxes: NDArray[np.float32], landmarks: NDArray[np.float32], centre: NDArray[np.float32]
) -> NDArray[np.float32] | None:
    if not len(boxes):
        return None
    away = np.abs((boxes[:, :2] + boxes[:, 2:]) / 2 - centre).max(axis=1)
    row = int(away.argmin())
    return landmarks[row] if away[row] <= _SAME * SIDE else None
