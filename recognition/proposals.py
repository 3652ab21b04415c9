"""Boxes with landmarks and scores, and keeping the best of those that overlap."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Proposals(NamedTuple):
    """Faces a detector sees on one canvas, in its pixels, best first.

    `boxes` (n, 4) left, top, right, bottom; `landmarks` (n, 5, 2); `scores` (n,) of 0 to 1.
    """

    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    scores: NDArray[np.float32]

    def take(self, rows: NDArray[np.intp]) -> "Proposals":
        """Give only these rows, in this order."""
        return Proposals(self.boxes[rows], self.landmarks[rows], self.scores[rows])


def strongest(proposals: Proposals, *, overlap: float) -> Proposals:
    """Drop every proposal whose intersection over union with a better one exceeds `overlap`."""
    if len(proposals.scores) < 2:  # noqa: PLR2004 - nothing to overlap with
        return proposals
    order = np.argsort(-proposals.scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        order = rest[_shared(proposals.boxes[best], proposals.boxes[rest]) <= overlap]
    return proposals.take(np.array(kept, dtype=np.intp))


def central(boxes: NDArray[np.float32], width: int, height: int) -> tuple[int, float]:
    """Give the row of the face that a picture is of, large and near the middle, and its rival.

    The rival is how prominent the next one is, as a share of 0 to 1: near 1 nobody can say which
    of the two is meant. `boxes` (n, 4) of at least one face, in pixels of the picture.
    """
    sizes = np.sqrt((boxes[:, 2:] - boxes[:, :2]).clip(min=0).prod(axis=1))
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    away = np.linalg.norm(centres - np.array([width, height]) / 2, axis=1)
    prominence = sizes - away / 2
    row = int(np.argmax(prominence))
    best = float(prominence[row])
    second = float(np.delete(prominence, row).max(initial=0.0))
    return row, (second / best if best > 0 else float(len(boxes) > 1))


def _shared(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the intersection over union of one box with others (n, 4)."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    common = sides.clip(min=0).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(axis=1) - common
    return np.asarray(common / np.maximum(union, np.finfo(np.float32).tiny), dtype=np.float32)
