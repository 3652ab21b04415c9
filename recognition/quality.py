"""Whether a face is good enough to be remembered by, and how good."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognition.pose import Pose

NO_FACE = "no_face"
TOO_SMALL = "too_small"
BLURRED = "blurred"
EXTREME_POSE = "extreme_pose"
LOW_SCORE = "low_score"
TOO_DARK = "too_dark"
TOO_BRIGHT = "too_bright"
CUT_OFF = "cut_off"

_INNER = slice(20, 100)  # of the aligned 112: the face without hair and background
_GOOD_SIDE = 112.0
_GOOD_SHARPNESS = 0.10


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """A face outside any of these is unusable. Chosen on LFW: docs/decisions/thresholds.md."""

    min_side: float = 32.0
    """Pixels of the posted image, shorter side of the face."""
    min_score: float = 0.60
    """Of the detector."""
    min_sharpness: float = 0.010
    min_brightness: float = 25.0
    max_brightness: float = 235.0
    max_yaw: float = 60.0
    max_pitch: float = 50.0
    max_roll: float = 60.0
    max_hidden: float = 0.30
    """Share of the face's box that lies outside the image."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured on one face. `brightness` 0 to 255; `sharpness` grows with detail."""

    side: float
    score: float
    sharpness: float
    brightness: float
    pose: Pose
    hidden: float

    def reasons(self, limits: QualityLimits) -> tuple[str, ...]:
        """Name everything that is wrong; nothing means usable."""
        turned = (
            abs(self.pose.yaw) > limits.max_yaw
            or abs(self.pose.pitch) > limits.max_pitch
            or abs(self.pose.roll) > limits.max_roll
        )
        faults = {
            TOO_SMALL: self.side < limits.min_side,
            LOW_SCORE: self.score < limits.min_score,
            BLURRED: self.sharpness < limits.min_sharpness,
            EXTREME_POSE: turned,
            TOO_DARK: self.brightness < limits.min_brightness,
            TOO_BRIGHT: self.brightness > limits.max_brightness,
            CUT_OFF: self.hidden > limits.max_hidden,
        }
        return tuple(name for name, wrong in faults.items() if wrong)

    def overall(self) -> float:
        """Give one number of 0 to 1 by which to choose the best crop of a visit."""
        facing = np.cos(np.radians(self.pose.yaw)) * np.cos(np.radians(self.pose.pitch))
        size = min(1.0, self.side / _GOOD_SIDE) ** 0.5
        sharp = self.sharpness / (self.sharpness + _GOOD_SHARPNESS / 4)
        lit = 1 - abs(self.brightness - 127.5) / 127.5 * 0.5
        whole = 1 - min(1.0, self.hidden)
        return float(np.clip(self.score * max(facing, 0.0) * size * sharp * lit * whole, 0.0, 1.0))


def sharpness(aligned: NDArray[np.uint8]) -> float:
    """Give the energy of the Laplacian of an aligned face (112, 112, 3) relative to its contrast.

    Relative, so that a dim or flat picture is not called blurred (Pertuz et al., Pattern
    Recognition 2013, operator LAP4, divided by the variance of grey).
    """
    grey = cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)[_INNER, _INNER].astype(np.float32)
    detail = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return detail / (float(grey.var()) + 25.0)


def brightness(aligned: NDArray[np.uint8]) -> float:
    """Give the mean grey of the inner face, 0 to 255."""
    return float(cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)[_INNER, _INNER].mean())


def hidden(box: NDArray[np.float32], width: int, height: int) -> float:
    """Give the share of a box (left, top, right, bottom) that lies outside the picture."""
    sides = box[2:] - box[:2]
    seen = np.minimum(box[2:], [width, height]) - np.maximum(box[:2], 0)
    area = float(sides.prod())
    return 1 - float(seen.clip(min=0).prod()) / area if area > 0 else 1.0
