"""People in pictures that installed packages carry, and crops of them as a camera would make.

A crop differs from the next as one camera's do: the head leans, comes nearer, is lit otherwise, is
a little out of focus. The same seed gives the same bytes.
"""

import importlib.util
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

ASTRONAUT = ("skimage", "data/astronaut.png")
TABLE = ("insightface", "data/images/t1.jpg")
ACTOR = ("insightface", "data/images/Tom_Hanks_54745.png")
# Two of the six at the table look far away from the camera and would often be unusable.
TABLE_FACES = (
    (61, 269, 106, 128),
    (466, 267, 102, 145),
    (748, 353, 98, 122),
    (1126, 273, 95, 124),
)
HEADS_OR_TAILS = 0.5


@dataclass(frozen=True)
class Sitter:
    """Somebody in a picture. `picture` is a package and a path in it, `face` left, top, w, h.

    Who looks straight ahead may be `mirrored`; a turned head would be shown from its other side.
    """

    name: str
    picture: tuple[str, str]
    face: tuple[int, int, int, int]
    mirrored: bool = False


def people() -> list[Sitter]:
    """Return six people; the first is the one a newcomer meets."""
    return [
        Sitter("astronaut", ASTRONAUT, (178, 63, 90, 114), mirrored=True),
        *(Sitter(f"card player {n}", TABLE, face) for n, face in enumerate(TABLE_FACES, 1)),
        Sitter("actor", ACTOR, (14, 0, 76, 112), mirrored=True),
    ]


def crop(sitter: Sitter, seed: int) -> bytes:
    """Return a JPEG of a sitter's face with some margin, 90 to 290 px a side."""
    chance = np.random.default_rng([zlib.crc32(sitter.name.encode()), seed])
    image = _posed(_picture(sitter.picture), sitter.face, chance)
    if sitter.mirrored and chance.random() < HEADS_OR_TAILS:
        image = np.fliplr(image)
    light = chance.uniform(0.8, 1.2) * image.astype(np.float32) + chance.uniform(-22, 22)
    blurred = cv2.GaussianBlur(light, (0, 0), chance.uniform(0.3, 1.1))
    grain = chance.normal(0, chance.uniform(0.5, 4), blurred.shape)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(72, 93))]
    data = cv2.imencode(".jpg", np.clip(blurred + grain, 0, 255).astype(np.uint8), quality)[1]
    return data.tobytes()


def _posed(picture: Image, face: tuple[int, int, int, int], chance: np.random.Generator) -> Image:
    """Cut a face out as if the head had leaned, moved and come nearer or gone."""
    x, y, w, h = face
    height, width = picture.shape[:2]
    around = chance.uniform(0.3, 0.5) * h
    aside, down = chance.uniform(-0.1, 0.1, 2) * h
    left, right = np.clip((x - around + aside, x + w + around + aside), 0, width)
    top, bottom = np.clip((y - around + down, y + h + around + down), 0, height)
    scale = chance.uniform(0.85, 1.2)
    turn = cv2.getRotationMatrix2D((x + w / 2, y + h / 2), chance.uniform(-7, 7), scale)
    size = (round((right - left) * scale), round((bottom - top) * scale))
    middle = turn @ np.array([(left + right) / 2, (top + bottom) / 2, 1.0])
    turn[:, 2] += np.array(size) / 2 - middle
    image = cv2.warpAffine(picture, turn, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(image, np.uint8)


@lru_cache(maxsize=3)
def _picture(where: tuple[str, str]) -> Image:
    """Read a picture that an installed package carries. Raises FileNotFoundError without it."""
    package, path = where
    spec = importlib.util.find_spec(package)
    file = Path(spec.origin).parent / path if spec and spec.origin else Path(path)
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if image is None:
        raise FileNotFoundError(f"{package} carries no {path}")
    return np.asarray(image, np.uint8)
