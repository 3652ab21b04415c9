"""SCRFD: InsightFace's detector (Guo et al., ICLR 2022), in the nine-output form with landmarks."""

import numpy as np
from numpy.typing import NDArray

from recognition.proposals import Proposals, strongest
from recognition.runtime import Session
from recognition.yunet import cells

STRIDES = (8, 16, 32)
ANCHORS = 2  # a cell
MIN_SCORE = 0.5
OVERLAP = 0.4  # as in insightface/model_zoo/scrfd.py, and so are mean and scale
MEAN = 127.5
SCALE = 128.0


class Scrfd:
    """Proposes faces on square canvases whose side is a multiple of 32, one canvas at a time."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def propose(self, canvases: NDArray[np.uint8]) -> list[Proposals]:
        """Find faces on canvases (n, side, side, 3) of RGB."""
        return [self._one(canvas) for canvas in canvases]

    def _one(self, canvas: NDArray[np.uint8]) -> Proposals:
        tensor = (canvas.transpose(2, 0, 1)[None].astype(np.float32) - MEAN) / SCALE
        outputs = list(self.session.run(np.ascontiguousarray(tensor)).values())
        side = canvas.shape[0]
        found = [
            _level(outputs[level], outputs[level + 3], outputs[level + 6], side, stride)
            for level, stride in enumerate(STRIDES)
        ]
        return strongest(Proposals(*map(np.concatenate, zip(*found, strict=True))), overlap=OVERLAP)


def _level(
    scores: NDArray[np.float32],
    sides: NDArray[np.float32],
    offsets: NDArray[np.float32],
    side: int,
    stride: int,
) -> Proposals:
    """Decode one stride: boxes are distances to the four sides, landmarks offsets, in strides."""
    rows = np.flatnonzero(scores[:, 0] >= MIN_SCORE)
    corners = np.repeat(cells(side // stride), ANCHORS, axis=0)[rows]
    left_top, right_bottom = corners - sides[rows, :2], corners + sides[rows, 2:]
    boxes = np.concatenate([left_top, right_bottom], axis=1)
    landmarks = offsets[rows].reshape(-1, 5, 2) + corners[:, None]
    return Proposals(boxes * stride, landmarks * stride, scores[rows, 0])
