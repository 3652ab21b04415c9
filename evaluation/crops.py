"""Crops of 250 x 250 as Labeled Faces in the Wild has them, from whatever pictures there are."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.cast import cast, portraits

SIDE = 250
QUALITY = 90


def crops_of(data: Path | None, count: int) -> list[bytes]:
    """Return JPEGs of 250 x 250: of different people of a folder, or of six that packages carry."""
    if data is None:
        actors = cast(None, count)
        return [_square(actors[n % len(actors)].crop(n)) for n in range(count)]
    people = portraits(data)
    step = max(1, len(people) // count)
    return [_square(people[n * step % len(people)][0].read_bytes()) for n in range(count)]


def _square(picture: bytes) -> bytes:
    """Return a picture as a JPEG of 250 x 250: itself where it is one, else widened and resized."""
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("This is no picture that can be read.")
    height, width = image.shape[:2]
    if (height, width) == (SIDE, SIDE):
        return picture
    return _jpeg(cv2.resize(_widened(np.asarray(image, np.uint8)), (SIDE, SIDE)))


def _widened(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    more = max(height, width)
    down, aside = (more - height) // 2, (more - width) // 2
    edges = (down, more - height - down, aside, more - width - aside)
    return np.asarray(cv2.copyMakeBorder(image, *edges, cv2.BORDER_REPLICATE), np.uint8)


def _jpeg(image: Any) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
