"""Pictures of any size onto square canvases of a few sizes, and points back again."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a picture lies on its canvas: canvas = picture * scale + (left, top)."""

    scale: float
    left: float
    top: float

    def forth(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give points (..., 2) of the picture as points of the canvas."""
        shift = np.array([self.left, self.top], dtype=np.float32)
        return np.asarray(points * self.scale + shift, dtype=np.float32)

    def back(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give points (..., 2) of the canvas as points of the picture."""
        shift = np.array([self.left, self.top], dtype=np.float32)
        return np.asarray((points - shift) / self.scale, dtype=np.float32)


def letterbox(
    image: NDArray[np.uint8], side: int, *, fill: float = 1.0, enlarge: bool = False
) -> tuple[NDArray[np.uint8], Letterbox]:
    """Put a picture (h, w, 3) in the middle of a black square canvas (side, side, 3).

    Its longer side covers at most the share `fill` of the canvas. It is made smaller where it must
    be, and larger only with `enlarge`.
    """
    height, width = image.shape[:2]
    scale = side * fill / max(height, width)
    if not enlarge:
        scale = min(scale, 1.0)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size != (width, height):
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        image = cv2.resize(image, size, interpolation=method).astype(np.uint8, copy=False)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    canvas = np.zeros((side, side, 3), dtype=np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = image
    # Centres of pixels correspond, not their corners.
    half = (scale - 1) / 2
    return canvas, Letterbox(scale, left + half, top + half)
