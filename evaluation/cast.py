"""The people of a benchmark: who is seen, and ever new crops of them.

Without a folder of faces there are the six people that installed packages carry. With one, in the
way of LFW (a folder a person), there are as many as are wanted, chosen so that no two look alike to
the models. Of each there is one picture, varied a little: what is measured is Usher, not how well
models tell faces apart.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.sitters import crop, people
from evaluation.lfw import images
from recognition.engine import Engine

# Cosine distance. `vary` moves a face by 0.12 at most, so two people stay 0.63 apart.
APART = 0.75
LOOK_AT = 16


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, and a crop of them for each seed: the same bytes for the same seed."""

    name: str
    crop: Callable[[int], bytes]


def cast(faces: Path | None, count: int) -> list[Actor]:
    """Return up to `count` people who look alike to nobody; six without a folder of faces.

    Blocks: with a folder, some seconds.
    """
    if faces is None:
        return [
            Actor(sitter.name, partial(vary, _decoded(crop(sitter, 0)))) for sitter in people()
        ][:count]
    return [Actor(path.parent.name, partial(vary, _read(path))) for path in _apart(faces, count)]


def portraits(faces: Path, *, at_least: int = 1) -> list[list[Path]]:
    """Return the pictures of each person of a folder who has so many, people in order of name.

    `faces` may hold a folder `lfw`. Raises FileNotFoundError when there are no pictures.
    """
    folder = faces / "lfw" if (faces / "lfw").is_dir() else faces
    enough = [pictures for pictures in images(folder).values() if len(pictures) >= at_least]
    if not enough:
        raise FileNotFoundError(f"{folder} has no people with {at_least} pictures (NAME/*.jpg).")
    return enough


def vary(image: NDArray[np.uint8], seed: int) -> bytes:
    """Return a JPEG of an image, turned by up to 4 degrees, lit and compressed by chance."""
    chance = np.random.default_rng(seed)
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D(
        (width / 2, height / 2), chance.uniform(-4, 4), chance.uniform(0.97, 1.05)
    )
    turned = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    lit = chance.uniform(0.88, 1.12) * turned.astype(np.float32) + chance.uniform(-10, 10)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(78, 93))]
    return cv2.imencode(".jpg", np.clip(lit, 0, 255).astype(np.uint8), quality)[1].tobytes()


def _read(path: Path) -> NDArray[np.uint8]:
    return _decoded(path.read_bytes())


def _decoded(picture: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("This is no picture that can be read.")
    return np.asarray(image, np.uint8)


def _apart(faces: Path, count: int) -> list[Path]:
    """Return pictures of people, each far from all before it."""
    chosen: list[Path] = []
    known = np.empty((0, 0), np.float32)
    for path, embedding in _usable([pictures[0] for pictures in portraits(faces)]):
        if chosen and float((known @ embedding).max()) > 1 - APART:
            continue
        known = np.vstack([known, embedding]) if chosen else embedding[None]
        chosen.append(path)
        if len(chosen) == count:
            break
    return chosen


def _usable(paths: list[Path]) -> Iterator[tuple[Path, NDArray[np.float32]]]:
    engine = Engine.load()
    for start in range(0, len(paths), LOOK_AT):
        some = paths[start : start + LOOK_AT]
        analyses = engine.analyse([path.read_bytes() for path in some])
        for path, analysis in zip(some, analyses, strict=True):
            if analysis.face is not None and not analysis.reasons:
                yield path, analysis.face.embedding
