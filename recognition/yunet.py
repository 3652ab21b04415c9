"""YuNet: a face detector of 75,000 weights (Wu et al., Machine Intelligence Research 2023)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from recognition.proposals import Proposals, strongest
from recognition.runtime import Session

STRIDES = (8, 16, 32)
MIN_SCORE = 0.5
OVERLAP = 0.3  # as in OpenCV Zoo's face_detection_yunet


class YuNet:
    """Proposes faces on square canvases whose side is a multiple of 32."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def propose(self, canvases: NDArray[np.uint8]) -> list[Proposals]:
        """Find faces on canvases (n, side, side, 3) of RGB."""
        bgr = canvases[..., ::-1].transpose(0, 3, 1, 2)
        outputs = self.session.run(np.ascontiguousarray(bgr, dtype=np.float32))
        return _decode(outputs, canvases.shape[1])


def _decode(outputs: dict[str, NDArray[np.float32]], side: int) -> list[Proposals]:
    """Turn the raw outputs for canvases of one side into the faces on each.

    A cell's score is sqrt(cls * obj); a box's centre lies (dx, dy) strides from the cell's corner
    and its size is exp(stride units); landmarks lie offsets from the corner. All canvases and
    strides are looked at together, and only what is likely enough is worked out.
    """
    cls, obj, boxes, points = (
        np.concatenate([outputs[f"{name}_{stride}"] for stride in STRIDES], axis=1)
        for name in ("cls", "obj", "bbox", "kps")
    )
    scores = np.sqrt(cls[..., 0].clip(0, 1) * obj[..., 0].clip(0, 1))
    canvas, cell = np.nonzero(scores >= MIN_SCORE)
    corners, strides = _grid(side)
    corner, stride = corners[cell], strides[cell, None]
    box = boxes[canvas, cell]
    centre, half = box[:, :2] + corner, np.exp(box[:, 2:]) / 2
    found = Proposals(
        np.concatenate([centre - half, centre + half], axis=1) * stride,
        (points[canvas, cell].reshape(-1, 5, 2) + corner[:, None]) * stride[..., None],
        scores[canvas, cell],
    )
    ends = np.searchsorted(canvas, np.arange(len(scores) + 1))
    return [
        strongest(found.take(np.arange(*ends[row : row + 2])), overlap=OVERLAP)
        for row in range(len(scores))
    ]


@cache
def _grid(side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give the corner of every cell of every stride, in strides (m, 2), and its stride (m,)."""
    grids = [cells(side // stride) for stride in STRIDES]
    strides = np.repeat(STRIDES, [len(grid) for grid in grids]).astype(np.float32)
    return np.concatenate(grids), strides


@cache
def cells(side: int) -> NDArray[np.float32]:
    """Give column and row of each cell of a square grid, row by row: (side * side, 2)."""
    rows, columns = np.divmod(np.arange(side * side), side)
    return np.stack([columns, rows], axis=1).astype(np.float32)
