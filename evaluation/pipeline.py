"""The engine as evaluations look at it: the one module of theirs that knows its inside."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

import recognition
from recognition.alignment import FACE_SIDE, align
from recognition.engine import Engine
from recognition.errors import ImageRefused
from recognition.faces import Analysis
from recognition.folding import free_sides, load_folded
from recognition.gallery import Gallery
from recognition.images import decode, inspect
from recognition.landmarks import refine
from recognition.packs import sha256
from recognition.proposals import Proposals, central
from recognition.runtime import Session, open_session
from recognition.yardsticks import Thresholds

P = TypeVar("P")
T = TypeVar("T")

Subjects = tuple[list[NDArray[np.uint8]], list[NDArray[np.float32]], list[NDArray[np.float32]]]
"""Pictures with a face, the boxes (4,) of the faces, and their landmarks (5, 2)."""

CENTER_SHARE = 0.56
"""The side of a centre crop, as a share of the picture's shorter side. In LFW's 250 pixels it is
140: there the eyes are as far apart as embedders were trained on, so that alignment is compared
with the best centre crop, not with a poor one."""

DETECTOR_SIDE = 256
"""The canvas on which the engine first looks for the face of a crop."""

_AFTERWARDS = frozenset({"calibration.py", "gallery.py", "impostors.py", "yardsticks.py"})
"""What is done with embeddings once they are there: it does not change them."""

_LIBRARIES = ("numpy", "opencv-python-headless", "onnxruntime", "onnxruntime-ep-openvino", "pillow")


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one picture gave. `embedding` (d,) is None where no face was found or none could be.

    `box` is x, y, width, height and `landmarks` (5, 2) in pixels; `reasons` say why a face is
    unusable. A centre crop has an embedding alone.
    """

    embedding: NDArray[np.float32] | None
    box: tuple[float, float, float, float] | None = None
    landmarks: NDArray[np.float32] | None = None
    reasons: tuple[str, ...] = ()


class Pipeline:
    """An engine, and what identifies the numbers it makes. Blocking."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._alone: dict[str, tuple[Session, int]] = {}
        self.fingerprint = _fingerprint(engine)

    @classmethod
    def load(cls, pack: str, *, threads: int) -> "Pipeline":
        """Load a pack. Raises UnknownPack, ModelsMissing, ModelsDamaged."""
        return cls(Engine.load(pack, threads=threads))

    @property
    def thresholds(self) -> Thresholds:
        """Give the distances recommended for the pack."""
        return self.engine.thresholds

    def read(self, pictures: Sequence[bytes]) -> list[Reading]:
        """Find, align and embed the face of each picture."""
        return [_reading(found) for found in self.engine.analyse(pictures)]

    def read_center(self, pictures: Sequence[bytes]) -> list[Reading]:
        """Embed the middle of each picture, scaled to 112 x 112, without looking for a face."""
        crops = [_center(data) for data in pictures]
        vectors = iter(self.engine.embedder.embed([crop for crop in crops if crop is not None]))
        return [Reading(None if crop is None else next(vectors)) for crop in crops]

    def confidence(self, distance: float, persons: int) -> float:
        """Give the probability, by the pack's calibration, that the nearest person is right."""
        return self.engine.calibration.confidence(distance, persons)

    def stages(self, pictures: Sequence[bytes], gallery: Gallery) -> dict[str, float]:
        """Give the seconds that each stage takes for these pictures, one stage after the other.

        Each stage is given to as many threads as the engine has, in handfuls of the engine's size.
        Detection is all the views that the engine tries; `all` is what the product does: analyse
        and match.
        """
        took: dict[str, float] = {}
        size = self.engine.embedder.session.batches[0]
        parts = [pictures[start : start + size] for start in range(0, len(pictures), size)]
        with ThreadPoolExecutor(self.engine.threads) as pool:
            run = partial(_timed, took, pool)
            run("read structure", lambda part: [inspect(data) for data in part], parts)
            images = run("decode", lambda part: [decode(data) for data in part], parts)
            faces = run("detect", self.engine.detector.find, images)
            seen = [subjects(*part) for part in zip(images, faces, strict=True)]
            seen = run("look again", self._looked_again, seen)
            crops = run("align", _crops, seen)
            vectors = run("embed", self.engine.embedder.embed, [part for part in crops if part])
            run("match", lambda part: gallery.search(part, 1), vectors)
        begun = perf_counter()
        known = [found.face for found in self.engine.analyse(pictures)]
        gallery.search(np.stack([face.embedding for face in known if face is not None]), 1)
        return took | {"all": perf_counter() - begun}

    def _looked_again(self, part: Subjects) -> Subjects:
        images, boxes, landmarks = part
        return images, boxes, refine(self.engine.detector.proposer, images, boxes, landmarks)

    def alone(self, repeats: int) -> dict[str, dict[int, float]]:
        """Give the seconds a picture of each model with nothing around it, by size of batch.

        Every thread of the engine runs it at once, so often; the sizes are those that suit it.
        """
        if not self._alone:
            pack, provider = self.engine.pack, self.engine.provider
            models = (
                ("detect", free_sides(load_folded(pack.detector)), DETECTOR_SIDE),
                ("embed", load_folded(pack.embedder), FACE_SIDE),
            )
            self._alone = {
                name: (open_session(model, threads=self.engine.threads, provider=provider), side)
                for name, model, side in models
            }
        count = repeats * self.engine.threads
        with ThreadPoolExecutor(self.engine.threads) as pool:
            return {
                name: {
                    batch: _seconds(pool, session, batch, side, count) / (batch * count)
                    for batch in session.batches
                }
                for name, (session, side) in self._alone.items()
            }


def _seconds(
    pool: ThreadPoolExecutor, session: Session, batch: int, side: int, count: int
) -> float:
    tensors = [np.zeros((batch, 3, side, side), dtype=np.float32)] * count
    took: dict[str, float] = {}
    _timed(took, pool, "run", session.run, tensors)
    return took["run"]


def subjects(images: Sequence[NDArray[np.uint8]], faces: Sequence[Proposals]) -> Subjects:
    """Choose the face that each picture is of, where there is one."""
    pairs = [pair for pair in zip(images, faces, strict=True) if len(pair[1].scores)]
    rows = [central(found.boxes, image.shape[1], image.shape[0])[0] for image, found in pairs]
    return (
        [image for image, _ in pairs],
        [found.boxes[row] for (_, found), row in zip(pairs, rows, strict=True)],
        [found.landmarks[row] for (_, found), row in zip(pairs, rows, strict=True)],
    )


def _crops(part: Subjects) -> list[NDArray[np.uint8]]:
    images, _, landmarks = part
    return [align(*pair) for pair in zip(images, landmarks, strict=True)]


def _timed(
    took: dict[str, float],
    pool: ThreadPoolExecutor,
    name: str,
    work: Callable[[P], T],
    parts: Sequence[P],
) -> list[T]:
    """Do the work on all parts and note its seconds under a name."""
    begun = perf_counter()
    done = list(pool.map(work, parts))
    took[name] = perf_counter() - begun
    return done


def center_crop(image: NDArray[np.uint8], share: float = CENTER_SHARE) -> NDArray[np.uint8]:
    """Cut the middle out of an image (h, w, 3), a share of its shorter side: (112, 112, 3)."""
    height, width = image.shape[:2]
    side = max(1, round(min(height, width) * share))
    top, left = (height - side) // 2, (width - side) // 2
    middle = image[top : top + side, left : left + side]
    method = cv2.INTER_AREA if side > FACE_SIDE else cv2.INTER_LINEAR
    resized = cv2.resize(middle, (FACE_SIDE, FACE_SIDE), interpolation=method)
    return resized.astype(np.uint8, copy=False)


def _center(data: bytes) -> NDArray[np.uint8] | None:
    try:
        return center_crop(decode(data))
    except ImageRefused:
        return None


def _reading(found: Analysis) -> Reading:
    if found.face is None:
        return Reading(None, reasons=found.reasons or (str(found.refused),))
    face = found.face
    return Reading(face.embedding, face.box, face.landmarks, found.reasons)


def _fingerprint(engine: Engine) -> str:
    """Name everything that embeddings depend on: our code, the models, libraries, the provider."""
    pack = engine.pack
    parts = [engine.model, engine.provider, repr(engine.limits)]
    parts += [sha256(pack.detector), sha256(pack.embedder)]
    parts += [_version(name) for name in _LIBRARIES]
    folder = Path(recognition.__path__[0])
    parts += [sha256(path) for path in sorted(folder.glob("*.py")) if path.name not in _AFTERWARDS]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"no {name}"
