"""Whether a face is good enough to be remembered by, and how good."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognition.alignment import ARCFACE_TEMPLATE, similarity
from recognition.pose import Pose

NO_FACE = "no_face"
TOO_SMALL = "too_small"
BLURRED = "blurred"
EXTREME_POSE = "extreme_pose"
LOW_SCORE = "low_score"
TOO_DARK = "too_dark"
TOO_BRIGHT = "too_bright"
CUT_OFF = "cut_off"
SEVERAL_FACES = "several_faces"

_INNER = slice(20, 100)  # of the aligned 112: the face without hair and background
_GRID = np.stack(np.meshgrid(*[np.linspace(20, 100, 17)] * 2), axis=-1).reshape(-1, 2)
_GOOD_SIDE = 112.0
_DETAIL_SCALE = 1.5  # pixels
_FLAT = 25.0  # a variance that is only noise
_DERIVATIVES = tuple(
    np.array(kernel, dtype=np.float32)
    for kernel in (
        [[0, 0, 0], [1, -2, 1], [0, 0, 0]],
        [[0, 1, 0], [0, -2, 0], [0, 1, 0]],
        [[0.5, 0, 0], [0, -1, 0], [0, 0, 0.5]],
        [[0, 0, 0.5], [0, -1, 0], [0.5, 0, 0]],
    )
)


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """A face outside any of these is unusable. Chosen on LFW: docs/decisions/thresholds.md."""

    min_side: float = 28.0
    """Pixels of the posted image, shorter side of the face."""
    min_score: float = 0.70
    """Of the detector."""
    min_sharpness: float = 0.5
    min_brightness: float = 20.0
    max_brightness: float = 235.0
    max_yaw: float = 58.0
    max_pitch: float = 40.0
    max_roll: float = 50.0
    max_hidden: float = 0.25
    """Share of the inner face that lies outside the image."""
    max_rival: float = 0.75
    """How prominent the next face may be beside this one: 0.15 % of LFW is over it, rightly."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured on one face. `brightness` 0 to 255; `sharpness` grows with detail."""

    side: float
    score: float
    sharpness: float
    brightness: float
    pose: Pose
    hidden: float
    rival: float

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
            SEVERAL_FACES: self.rival > limits.max_rival,
        }
        return tuple(name for name, wrong in faults.items() if wrong)

    def overall(self) -> float:
        """Give one number of 0 to 1 by which to choose the best crop of a visit."""
        facing = np.cos(np.radians(self.pose.yaw)) * np.cos(np.radians(self.pose.pitch))
        size = min(1.0, self.side / _GOOD_SIDE) ** 0.5
        sharp = self.sharpness / (self.sharpness + 1.0)
        lit = 1 - abs(self.brightness - 127.5) / 127.5 * 0.5
        whole = 1 - min(1.0, self.hidden)
        return float(np.clip(self.score * max(facing, 0.0) * size * sharp * lit * whole, 0.0, 1.0))


def sharpness(aligned: NDArray[np.uint8]) -> float:
    """Give the detail of an aligned face (112, 112, 3) in the direction that has least of it.

    The energy of the second derivative after a blur of 1.5 pixels, in thousandths of the variance
    of grey: 2.7 for the median LFW face. Blurred first, so that noise is not taken for detail;
    relative, so that a dim picture is not called blurred; the least of four directions, because
    motion blurs but one (with all four together, seven of ten faces smeared over 15 pixels passed).
    """
    grey = cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), _DETAIL_SCALE)
    contrast = float(smooth[_INNER, _INNER].var()) + _FLAT
    energies = [cv2.filter2D(smooth, -1, kernel)[_INNER, _INNER].var() for kernel in _DERIVATIVES]
    return 1000 * float(min(energies)) / contrast


def brightness(aligned: NDArray[np.uint8]) -> float:
    """Give the mean grey of the inner face, 0 to 255."""
    return float(cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)[_INNER, _INNER].mean())


def hidden(landmarks: NDArray[np.float32], width: int, height: int) -> float:
    """Give the share of the inner face that lies outside the picture, where nothing can be seen.

    The box cannot tell: a detector fits it to the part of the face that is there.
    """
    matrix = similarity(landmarks, ARCFACE_TEMPLATE)
    seen = (_GRID - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    outside = (seen < 0).any(axis=1) | (seen > [width, height]).any(axis=1)
    return float(outside.mean())
