"""Which way a head is turned, from five points."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FACE_POINTS = np.array(
    [
        [-31.0, -35.0, 0.0],
        [31.0, -35.0, 0.0],
        [0.0, 0.0, 28.0],
        [-26.0, 28.0, 2.0],
        [26.0, 28.0, 2.0],
    ]
)
"""Eyes, nose tip, mouth corners of a usual adult head in millimetres: x to the right of the image,
y down, z towards the camera. Proportions in x and y are those of the ArcFace template, in which the
eyes are 62 mm apart; the nose's 28 mm make the median LFW face look straight ahead."""

_SOLVE = np.linalg.pinv(FACE_POINTS - FACE_POINTS.mean(axis=0))


class Pose(NamedTuple):
    """How a head is turned, in degrees.

    `roll` > 0: clockwise in the image; `yaw` > 0: nose to the image's right; `pitch` > 0: nose up.
    """

    roll: float
    yaw: float
    pitch: float


def pose(landmarks: NDArray[np.float32]) -> Pose:
    """Estimate the pose of a face from its landmarks (5, 2), good to some ten degrees.

    Solves for the scaled orthographic projection of FACE_POINTS (DeMenthon and Davis, POS, 1995).
    """
    points = landmarks.astype(np.float64)
    axes = (_SOLVE @ (points - points.mean(axis=0))).T  # (2, 3): image x and y of the head's axes
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    if float(lengths.min()) < np.finfo(np.float32).eps:
        return Pose(0.0, 0.0, 0.0)
    across, down = axes / lengths
    yaw = np.degrees(np.arcsin(np.clip(across[2], -1, 1)))
    pitch = np.degrees(np.arcsin(np.clip(-down[2], -1, 1)))
    eyes = points[1] - points[0]
    roll = np.degrees(np.arctan2(eyes[1], eyes[0]))
    return Pose(float(roll), float(yaw), float(pitch))
