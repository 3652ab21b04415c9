"""What happens to pictures of faces: turned, dark, blurred, compressed, small, covered.

Pure functions on RGB arrays (h, w, 3); the same seed gives the same pixels. Sizes are in parts of a
face of 112 pixels, so that a large picture is blurred as much as a small one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.pipeline import CENTER_SHARE
from recognition.alignment import ARCFACE_TEMPLATE, FACE_SIDE, similarity

Image = NDArray[np.uint8]
Points = NDArray[np.float32]

_GAMMA = 2.2  # from stored values to light, near enough to sRGB
_FULL_WELL = 2000.0  # electrons of a phone's pixel at white: the grain of a dim picture
_READ_NOISE = 4.0  # electrons
_MASK = np.array(
    [[56, 62], [80, 67], [92, 70], [89, 92], [76, 112], [56, 121], [36, 112], [23, 92], [20, 70],
     [32, 67]],
    dtype=np.float32,
)  # fmt: skip
"""The outline of a surgical mask on the template of 112 x 112: from the bridge of the nose to below
the chin, and to the cheeks."""
_MASK_COLOURS = ((168, 205, 226), (236, 238, 240), (44, 47, 54))
_PLEAT = 4.0  # pixels of a face of 112 for an angle of 1: one pleat is 25 pixels high
_SIDES = ("left", "right", "top", "bottom")


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A picture and its face, in pixels: box x, y, width, height, and landmarks (5, 2)."""

    image: Image
    box: tuple[float, float, float, float]
    landmarks: Points

    @property
    def unit(self) -> float:
        """Give how many pixels one of a face of 112 pixels is."""
        return min(self.box[2:]) / FACE_SIDE


@dataclass(frozen=True, slots=True)
class Distortion:
    """One distortion by its name; `apply` takes the subject and a seed and gives a picture."""

    name: str
    apply: Callable[[Subject, int], Image]


def presumed(image: Image) -> Subject:
    """Take the face to be in the middle, where none was found."""
    height, width = image.shape[:2]
    side = min(height, width) * CENTER_SHARE
    corner = np.array([(width - side) / 2, (height - side) / 2], dtype=np.float32)
    points = (ARCFACE_TEMPLATE * np.float32(side / FACE_SIDE) + corner).astype(np.float32)
    return Subject(image, (float(corner[0]), float(corner[1]), side, side), points)


def roll(subject: Subject, seed: int, *, degrees: float) -> Image:
    """Turn the picture about the face, to the one side or the other; its border goes on outside."""
    height, width = subject.image.shape[:2]
    x, y, w, h = subject.box
    either = degrees if np.random.default_rng(seed).random() < 0.5 else -degrees  # noqa: PLR2004
    turn = cv2.getRotationMatrix2D((x + w / 2, y + h / 2), either, 1.0)
    turned = cv2.warpAffine(subject.image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return _bytes(turned)


def low_light(subject: Subject, seed: int, *, share: float) -> Image:
    """Leave a share of the light, with the noise that photons and electronics have then."""
    chance = np.random.default_rng(seed)
    light = (subject.image.astype(np.float32) / 255) ** _GAMMA * share
    electrons = chance.poisson(light * _FULL_WELL) + chance.normal(0, _READ_NOISE, light.shape)
    return _bytes(np.clip(electrons / _FULL_WELL, 0, 1) ** (1 / _GAMMA) * 255)


def blur(subject: Subject, seed: int, *, sigma: float) -> Image:
    """Blur as a lens out of focus does, by a Gaussian."""
    return _bytes(cv2.GaussianBlur(subject.image, (0, 0), max(sigma * subject.unit, 0.1)))


def motion(subject: Subject, seed: int, *, length: float) -> Image:
    """Smear along a line, in a direction of chance."""
    size = max(3, int(np.ceil(length * subject.unit)) | 1)
    angle = np.random.default_rng(seed).uniform(0, np.pi)
    reach = (size - 1) / 2 * np.array([np.cos(angle), np.sin(angle)])
    middle = np.array([size // 2, size // 2])
    kernel = np.zeros((size, size), dtype=np.float32)
    start, end = (tuple(int(v) for v in np.rint(middle + way)) for way in (-reach, reach))
    cv2.line(kernel, start, end, (1.0,), 1)
    smeared = cv2.filter2D(subject.image, -1, kernel / kernel.sum(),
                           borderType=cv2.BORDER_REPLICATE)  # fmt: skip
    return _bytes(smeared)


def jpeg(subject: Subject, seed: int, *, quality: int) -> Image:
    """Compress and read again."""
    bgr = np.ascontiguousarray(subject.image[..., ::-1])
    data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return _bytes(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)))


def small(subject: Subject, seed: int, *, pixels: int) -> Image:
    """Make the picture so small that the face measures this many pixels; larger it never gets."""
    scale = min(1.0, pixels / min(subject.box[2:]))
    height, width = subject.image.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return _bytes(cv2.resize(subject.image, size, interpolation=cv2.INTER_AREA))


def occlude(subject: Subject, seed: int, *, share: float) -> Image:
    """Cover a share of the face's box from one of its four sides, in a colour of chance."""
    chance = np.random.default_rng(seed)
    x, y, w, h = subject.box
    left, top, right, bottom = x, y, x + w, y + h
    match _SIDES[int(chance.integers(len(_SIDES)))]:
        case "left":
            right = x + w * share
        case "right":
            left = right - w * share
        case "top":
            bottom = y + h * share
        case _:
            top = bottom - h * share
    height, width = subject.image.shape[:2]
    covered = subject.image.copy()
    rows, columns = _inside(top, bottom, height), _inside(left, right, width)
    covered[rows, columns] = chance.integers(0, 256, 3)
    return covered


def _inside(start: float, end: float, limit: int) -> slice:
    return slice(min(max(round(start), 0), limit), min(max(round(end), 0), limit))


def mask(subject: Subject, seed: int) -> Image:
    """Draw a surgical mask over nose, mouth and chin, by the landmarks."""
    chance = np.random.default_rng(seed)
    colour = np.array(_MASK_COLOURS[int(chance.integers(len(_MASK_COLOURS)))], dtype=np.float32)
    matrix = similarity(ARCFACE_TEMPLATE, subject.landmarks)
    outline = _MASK @ matrix[:, :2].T + matrix[:, 2]
    worn = np.zeros(subject.image.shape[:2], dtype=np.uint8)
    cv2.fillPoly(worn, [np.rint(outline).astype(np.int32)], (255,), cv2.LINE_AA)
    over = np.expand_dims(worn.astype(np.float32) / 255, 2)
    return _bytes(subject.image * (1 - over) + colour * _folds(subject) * over)


def _folds(subject: Subject) -> NDArray[np.float32]:
    """Give the shade of a mask's pleats, row by row: (h, 1, 1)."""
    rows = np.arange(len(subject.image)) / max(_PLEAT * subject.unit, 1)
    shade = np.where(np.sin(rows) > 0.6, 0.92, 1.0)  # noqa: PLR2004 - a fifth of a wave is shaded
    return shade.astype(np.float32).reshape(-1, 1, 1)


def _bytes(image: NDArray[np.generic]) -> Image:
    return np.clip(np.asarray(image, dtype=np.float32), 0, 255).round().astype(np.uint8)


DISTORTIONS = (
    *(Distortion(f"Roll {n}°", partial(roll, degrees=n)) for n in (15, 30, 45, 90)),
    *(Distortion(f"{n} % of the light", partial(low_light, share=n / 100)) for n in (20, 5, 2)),
    *(Distortion(f"Out of focus, {n} px", partial(blur, sigma=n)) for n in (2, 4, 6)),
    *(Distortion(f"Motion, {n} px", partial(motion, length=n)) for n in (8, 16, 24)),
    *(Distortion(f"JPEG quality {n}", partial(jpeg, quality=n)) for n in (30, 10, 5)),
    *(Distortion(f"Face of {n} px", partial(small, pixels=n)) for n in (64, 32, 24)),
    *(Distortion(f"{n} % covered", partial(occlude, share=n / 100)) for n in (30, 50)),
    Distortion("Mask", mask),
)
"""Pixels are those of a face 112 wide, but for `Face of`, where they are what is left."""
