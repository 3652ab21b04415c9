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
        side = canvases.shape[1]
        return [_decode(outputs, row, side) for row in range(len(canvases))]


def _decode(outputs: dict[str, NDArray[np.float32]], row: int, side: int) -> Proposals:
    """Turn the raw outputs for one canvas into faces.

    A cell's score is sqrt(cls * obj); a box's centre lies (dx, dy) strides from the cell's corner
    and its size is exp(stride units); landmarks lie offsets from the corner.
    """
    found = [_level(outputs, row, side, stride) for stride in STRIDES]
    return strongest(Proposals(*map(np.concatenate, zip(*found, strict=True))), overlap=OVERLAP)


def _level(outputs: dict[str, NDArray[np.float32]], row: int, side: int, stride: int) -> Proposals:
    cls, obj = outputs[f"cls_{stride}"][row, :, 0], outputs[f"obj_{stride}"][row, :, 0]
    scores = np.sqrt(cls.clip(0, 1) * obj.clip(0, 1))
    rows = np.flatnonzero(scores >= MIN_SCORE)
    corners = cells(side // stride)[rows]
    box = outputs[f"bbox_{stride}"][row, rows]
    centre, size = box[:, :2] + corners, np.exp(box[:, 2:])
    boxes = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    landmarks = outputs[f"kps_{stride}"][row, rows].reshape(-1, 5, 2) + corners[:, None]
    return Proposals(boxes * stride, landmarks * stride, scores[rows])


@cache
def cells(side: int) -> NDArray[np.float32]:
    """Give column and row of each cell of a square grid, row by row: (side * side, 2)."""
    rows, columns = np.divmod(np.arange(side * side), side)
    return np.stack([columns, rows], axis=1).astype(np.float32)
