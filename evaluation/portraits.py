"""The pictures of a made-up installation: some few, each shared by many records."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from domain.records import Embedding, Face
from evaluation.cast import portraits
from evaluation.drawn_faces import BOX, LANDMARKS, SIDE, drawn_face
from recognition.engine import Engine

# Pictures of one person: as they look on several days.
_MOST_EACH = 4


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A JPEG with its face; a drawn one has no embedding, for it is nobody's."""

    data: bytes
    sha256: str
    width: int
    height: int
    face: Face
    embedding: Embedding | None = None


def sitters(faces: Path | None, count: int) -> list[list[Portrait]]:
    """Return the portraits of `count` people: of a folder of faces, drawn where it has too few.

    Blocks: for seconds, with a folder. Raises FileNotFoundError when it has no pictures.
    """
    shown = list[list[Portrait]]()
    if faces is not None:
        engine = Engine.load()
        people = _spread(portraits(faces), count)
        found = (list(_usable(engine, paths[:_MOST_EACH])) for paths in people)
        shown = [theirs for theirs in found if theirs]
    return shown + [[_drawn(number)] for number in range(count - len(shown))]


def _spread(people: list[list[Path]], count: int) -> list[list[Path]]:
    """Return people from the whole of the alphabet, those of several pictures first."""
    step = max(1, len(people) // count)
    return sorted(people[::step][:count], key=len, reverse=True)


def _drawn(number: int) -> Portrait:
    chance = np.random.default_rng([number, 1])
    roll, yaw, pitch = chance.uniform(-3, 3, 3)
    face = Face(
        box=BOX,
        landmarks=LANDMARKS,
        score=0.94,
        quality=0.8,
        roll=float(roll),
        yaw=float(yaw),
        pitch=float(pitch),
        count=1,
    )
    data = drawn_face(number)
    return Portrait(data, hashlib.sha256(data).hexdigest(), SIDE, SIDE, face)


def _usable(engine: Engine, paths: Sequence[Path]) -> Iterator[Portrait]:
    pictures = [path.read_bytes() for path in paths]
    for data, found in zip(pictures, engine.analyse(pictures), strict=True):
        if found.face is None or found.reasons:
            continue
        face = Face(
            box=found.face.box,
            landmarks=tuple((float(x), float(y)) for x, y in found.face.landmarks),
            score=found.face.score,
            quality=found.face.quality,
            roll=found.face.roll,
            yaw=found.face.yaw,
            pitch=found.face.pitch,
            count=found.face.count,
        )
        yield Portrait(
            data,
            hashlib.sha256(data).hexdigest(),
            found.width,
            found.height,
            face,
            found.face.embedding,
        )
