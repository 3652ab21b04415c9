"""Cutting a face out of a frame, and saying how good the cut is."""

from dataclasses import dataclass

import cv2
import numpy as np

from camera.faces import Box, Face, Image

LONGEST_SIDE = 512
"""A face fills half of the crop: 256 px, more than twice what embedders take (112)."""
JPEG_QUALITY = 92
GOOD_SIDE = 160.0
"""A face this wide is not made better by being wider."""
COMPARED_SIDE = 112
"""Sharpness is compared at this side, so that a near face does not look blurred beside a far one;
a face smaller than this loses by its size."""
SHARP = 150.0
"""Variance of the Laplacian at which half of the full mark is given; a focused face has 100 up."""

WHOLE = 0.93
"""A face of which less than this width or height is in the frame is cut off by its edge ..."""
HALF = 0.15
"""... and is worth this share of a whole one."""


@dataclass(frozen=True)
class Crop:
    """A cut face. `box` is the face in pixels of the frame; `value` is 0 to 1, higher is better."""

    image: Image
    box: tuple[int, int, int, int]
    value: float

    def jpeg(self) -> bytes:
        """Return the crop as JPEG."""
        _, data = cv2.imencode(".jpg", self.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        return data.tobytes()


def cut(frame: Image, face: Face, *, margin: float) -> Crop:
    """Cut a face with `margin` of its longer side added on each side, within the frame.

    The crop is shrunk to at most 512 px a side, never enlarged.
    """
    height, width = frame.shape[:2]
    box, around = face.box, margin * face.box.side
    left, top, right, bottom = _within(box, around, width, height)
    image = frame[top:bottom, left:right]
    scale = min(1.0, LONGEST_SIDE / max(image.shape[:2]))
    if scale < 1.0:
        image = shrink(image, scale)
    near = _within(box, 0.0, width, height)
    size = (near[0], near[1], near[2] - near[0], near[3] - near[1])
    whole = 1.0 if size[0] >= WHOLE * box.w and size[1] >= WHOLE * box.h else HALF
    good = whole * value(frame[near[1] : near[3], near[0] : near[2]], face)
    return Crop(image.copy(), size, good)


def shrink(image: Image, scale: float) -> Image:
    """Return a picture made smaller by `scale`, 0 to 1; at least one pixel a side."""
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def value(image: Image, face: Face) -> float:
    """Return how good a picture of a face is: size x sharpness x frontality x detector score."""
    size = min(1.0, min(face.box.w, face.box.h) / GOOD_SIDE)
    return size * sharpness(image) * frontality(face) * face.score


def sharpness(image: Image) -> float:
    """Return 0 (blurred) to 1 (sharp) for a BGR picture of a face."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (COMPARED_SIDE, COMPARED_SIDE), interpolation=cv2.INTER_AREA)
    variance = float(cv2.Laplacian(small, cv2.CV_64F).var())
    return variance / (variance + SHARP)


def frontality(face: Face) -> float:
    """Return 1 when the nose is midway between the eyes, down to 0.1 in profile."""
    eyes, nose = face.landmarks[:2, 0], face.landmarks[2, 0]
    apart = abs(float(eyes[1] - eyes[0]))
    aside = abs(float(nose - eyes.mean())) / max(apart, 1e-3)
    return float(np.clip(1.0 - aside, 0.1, 1.0))


def _within(box: Box, around: float, width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of a grown box inside the frame, at least one pixel."""
    left = int(np.clip(round(box.x - around), 0, width - 1))
    top = int(np.clip(round(box.y - around), 0, height - 1))
    right = int(np.clip(round(box.x + box.w + around), left + 1, width))
    bottom = int(np.clip(round(box.y + box.h + around), top + 1, height))
    return left, top, right, bottom
