"""A sheet to draw coverings on, and laying it onto a photographed face.

Its coordinates are those of the ArcFace template (112 x 112, recognition/alignment.py) with a
margin around it; it is laid onto the picture by the face's own landmarks, and lit as the face is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognition.alignment import ARCFACE_TEMPLATE, FACE_SIDE, similarity

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

_MARGIN = 44  # of the template's pixels around it: a mask goes below the chin, an earpiece beyond
_FINE = 1.0  # pixels of the sheet for one of the template
_SIDE = int((FACE_SIDE + 2 * _MARGIN) * _FINE)
MIDDLE = 56.0  # of the template: where the nose is of who looks straight ahead
_MOST_TURNED = 14.0
HALF_HEAD = 46.0  # half a head's width


@dataclass(slots=True)
class Sheet:
    """Colour (s, s, 3) 0 to 255 and how much it hides (s, s) 0 to 1; `turn` shifts the nose."""

    colour: Floats
    hides: Floats
    turn: float

    @classmethod
    def empty(cls, turn: float) -> "Sheet":
        """Give a sheet that hides nothing."""
        return cls(
            np.zeros((_SIDE, _SIDE, 3), np.float32), np.zeros((_SIDE, _SIDE), np.float32), turn
        )

    def points(self, template: Floats) -> NDArray[np.int32]:
        """Give points (k, 2) of the template as pixels of the sheet, turned with the head."""
        depth = 1 - np.clip(np.abs(template[:, 0] - MIDDLE) / HALF_HEAD, 0, 1) ** 2
        turned = template + np.stack([self.turn * depth, np.zeros_like(depth)], axis=1)
        return np.asarray(np.round((turned + _MARGIN) * _FINE), dtype=np.int32)

    def area(self, template: Floats) -> Floats:
        """Give the inside of an outline as a layer (s, s) of 0 and 1."""
        layer = np.zeros((_SIDE, _SIDE), np.float32)
        cv2.fillPoly(layer, [self.points(template)], 1.0, cv2.LINE_AA)
        return layer

    def lines(self, template: Floats, width: float, *, closed: bool = False) -> Floats:
        """Give a line along points as a layer (s, s) of 0 and 1."""
        layer = np.zeros((_SIDE, _SIDE), np.float32)
        thick = max(1, round(width * _FINE))
        cv2.polylines(layer, [self.points(template)], closed, 1.0, thick, cv2.LINE_AA)
        return layer

    def paint(self, layer: Floats, colour: Floats) -> None:
        """Lay a colour, (3,) or (s, s, 3), over what is there, as thick as the layer says."""
        self.colour += layer[..., None] * (colour - self.colour)
        self.hides = 1 - (1 - self.hides) * (1 - layer)


Draw = Callable[[Sheet, np.random.Generator], None]


def wear(picture: Picture, landmarks: Floats, draw: Draw, rng: np.random.Generator) -> Picture:
    """Draw a covering onto the face of a picture (h, w, 3) with these landmarks (5, 2)."""
    matrix = similarity(landmarks, ARCFACE_TEMPLATE)
    nose = float(matrix[0] @ [*landmarks[2], 1.0])
    sheet = Sheet.empty(float(np.clip(nose - MIDDLE, -_MOST_TURNED, _MOST_TURNED)))
    draw(sheet, rng)
    return _lay(picture, sheet, matrix, rng)


def _lay(picture: Picture, sheet: Sheet, matrix: Floats, rng: np.random.Generator) -> Picture:
    """Lay a sheet onto a picture, lit as the face below it is, with a soft edge."""
    onto = matrix.astype(np.float64).copy()
    onto[:, 2] += _MARGIN
    onto = np.vstack([onto * _FINE, [0, 0, 1]])
    back = np.linalg.inv(onto)[:2]
    size = (picture.shape[1], picture.shape[0])
    soft = rng.uniform(0.6, 1.6) * max(1.0, float(np.hypot(onto[0, 0], onto[0, 1])))
    hides, premultiplied = (
        cv2.warpAffine(cv2.GaussianBlur(layer, (0, 0), soft), back, size)
        for layer in (sheet.hides, sheet.colour * sheet.hides[..., None])
    )
    reach = 12 / float(np.hypot(matrix[0, 0], matrix[0, 1]))
    lit = _light(picture, reach, np.asarray(hides, np.float32), rng)
    laid = picture * (1 - hides[..., None]) + premultiplied * lit[..., None]
    return np.clip(laid, 0, 255).astype(np.uint8)


def _light(picture: Picture, reach: float, hides: Floats, rng: np.random.Generator) -> Floats:
    """Give how bright the light is on each pixel, relative to a well-lit white."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (width // 4 + 1, height // 4 + 1), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), reach / 4)
    grey = cv2.resize(blurred, (width, height)).astype(np.float32)
    under = float((grey * hides).sum() / max(float(hides.sum()), 1.0)) or 1.0
    falls = (grey / np.float32(under)).clip(0.3, 1.7) ** np.float32(rng.uniform(0.3, 1.0))
    overall = np.clip(under / 150, 0.25, 1.25) * rng.uniform(0.8, 1.2)
    return np.asarray(falls * overall, dtype=np.float32)


def noise(rng: np.random.Generator, cells: tuple[int, int]) -> Floats:
    """Give smooth noise (s, s) of mean 0 and deviation about 1, with so many bumps each way."""
    coarse = rng.normal(0, 1, cells).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.float32)


def _grid() -> tuple[Floats, Floats]:
    """Give x and y of the template for each pixel of the sheet."""
    along = (np.arange(_SIDE, dtype=np.float32) + 0.5) / np.float32(_FINE) - _MARGIN
    x, y = np.meshgrid(along, along)
    return x, y


X, Y = _grid()


def colour(rng: np.random.Generator, low: float = 10, high: float = 240) -> Floats:
    """Give any colour (3,), red, green and blue each between these."""
    return rng.uniform(low, high, 3).astype(np.float32)


def oval(x: float, y: float, wide: float, high: float, square: float) -> Floats:
    """Give a superellipse (Lamé): `square` 2 is an ellipse, 4 nearly a rectangle."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False, dtype=np.float32)
    across, down = np.cos(turn), np.sin(turn)
    power = np.float32(2 / square)
    points = [
        x + wide * np.sign(across) * np.abs(across) ** power,
        y + high * np.sign(down) * np.abs(down) ** power,
    ]
    return np.stack(points, axis=1).astype(np.float32)
