"""The engine as evaluations look at it: the one module of theirs that knows its inside."""

import hashlib
from collections.abc import Callable, Sequence
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
from recognition.packs import Thresholds, sha256
from recognition.proposals import central
from recognition.runtime import open_session

T = TypeVar("T")

CENTER_SHARE = 0.56
"""The side of a centre crop, as a share of the picture's shorter side. In LFW's 250 pixels it is
140: there the eyes are as far apart as embedders were trained on, so that alignment is compared
with the best centre crop, not with a poor one."""

DETECTOR_SIDE = 256
"""The canvas on which the engine first looks for the face of a crop."""

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

    def __init__(self, engine: Engine, threads: int) -> None:
        self.engine = engine
        self.threads = threads
        self.fingerprint = _fingerprint(engine)

    @classmethod
    def load(cls, pack: str, *, threads: int) -> "Pipeline":
        """Load a pack. Raises UnknownPack, ModelsMissing, ModelsDamaged."""
        return cls(Engine.load(pack, threads=threads), threads)

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
        vectors = iter(self.engine._embedder.embed([crop for crop in crops if crop is not None]))  # noqa: SLF001
        return [Reading(None if crop is None else next(vectors)) for crop in crops]

    def confidence(self, distance: float, persons: int) -> float:
        """Give the probability, by the pack's calibration, that the nearest person is right."""
        return self.engine.calibration.confidence(distance, persons)

    def stages(self, pictures: Sequence[bytes], gallery: Gallery) -> dict[str, float]:
        """Give the seconds that each stage takes for these pictures, one after the other.

        Detection is all the views that the engine tries; `all` is what the product does: analyse
        and match.
        """
        took: dict[str, float] = {}
        engine = self.engine
        _timed(took, "read structure", lambda: [inspect(data) for data in pictures])
        images = _timed(took, "decode", lambda: [decode(data) for data in pictures])
        faces = _timed(took, "detect", lambda: engine._detector.find(images))  # noqa: SLF001
        seen = [
            (image, found.landmarks[central(found.boxes, image.shape[1], image.shape[0])])
            for image, found in zip(images, faces, strict=True)
            if len(found.scores)
        ]
        crops = _timed(took, "align", lambda: [align(*pair) for pair in seen])
        vectors = _timed(took, "embed", lambda: engine._embedder.embed(crops))  # noqa: SLF001
        _timed(took, "match", lambda: gallery.search(vectors, 1))
        _timed(took, "all", lambda: self._recognised(pictures, gallery))
        return took

    def _recognised(self, pictures: Sequence[bytes], gallery: Gallery) -> None:
        faces = [found.face for found in self.engine.analyse(pictures)]
        gallery.search(np.stack([face.embedding for face in faces if face is not None]), 1)

    def alone(self, batch: int) -> Callable[[], dict[str, float]]:
        """Open both models with nothing around them; each call gives their seconds for a batch."""
        pack = self.engine._pack  # noqa: SLF001
        provider = self.engine.provider
        models = {
            "detect": (free_sides(load_folded(pack.detector)), DETECTOR_SIDE),
            "embed": (load_folded(pack.embedder), FACE_SIDE),
        }
        sessions = {
            name: (open_session(model, threads=self.threads, provider=provider),
                   np.zeros((batch, 3, side, side), dtype=np.float32))
            for name, (model, side) in models.items()
        }  # fmt: skip

        def measure() -> dict[str, float]:
            took: dict[str, float] = {}
            for name, (session, tensor) in sessions.items():
                _timed(took, name, partial(session.run, tensor))
            return took

        return measure


def _timed(took: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """Do the work and note its seconds under a name."""
    begun = perf_counter()
    done = work()
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
    pack = engine._pack  # noqa: SLF001
    parts = [engine.model, engine.provider, repr(pack), sha256(pack.detector)]
    parts += [_version(name) for name in _LIBRARIES]
    folder = Path(recognition.__path__[0])
    parts += [sha256(path) for path in sorted(folder.glob("*.py"))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"no {name}"
