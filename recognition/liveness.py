"""Whether a face is a living one, or a picture or a screen held before the camera."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recognition.errors import ModelsDamaged, ModelsMissing
from recognition.folding import load_folded
from recognition.packs import sha256
from recognition.runtime import Session, open_session

log = logging.getLogger(__name__)

SIDE = 80
_CHANNELS = _CLASSES = 3
_LIVE = 1  # of the three classes; the others are paper and screens
LEAST_SCALE = 1.7
"""A picture must show so many times the face's box, or liveness is not known. Cut to 1.4 times,
18 % of LFW's living faces were called spoofs, 6 % as they are (docs/decisions/liveness.md)."""

_SCALES = (
    (re.compile(r"v2|2[._]7", re.IGNORECASE), 2.7),
    (re.compile(r"v1se|4[._]0", re.IGNORECASE), 4.0),
)
_SHA256 = {
    "MiniFASNetV2.onnx": "b32929adc2d9c34b9486f8c4c7bc97c1b69bc0ea9befefc380e4faae4e463907",
    "MiniFASNetV1SE.onnx": "ebab7f90c7833fbccd46d3a555410e78d969db5438e169b6524be444862b3676",
}
"""Of the files that github.com/yakhyo/face-anti-spoofing publishes, by their names there."""


@dataclass(frozen=True, slots=True)
class _Model:
    """A network, and how many times the face's box it was trained to see."""

    session: Session
    scale: float


class Liveness:
    """Judges faces with MiniFASNet models (Minivision, Silent-Face-Anti-Spoofing, Apache-2.0)."""

    def __init__(self, models: Sequence[_Model], least: float = LEAST_SCALE) -> None:
        self._models = tuple(models)
        self._least = least

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        threads: int = 1,
        provider: str | None = None,
        least: float = LEAST_SCALE,
    ) -> "Liveness":
        """Load the models of a folder: files with 80 x 80 in and three classes out.

        The name of each file says what it sees: V2 or 2.7, V1SE or 4.0. A face is judged where its
        picture shows `least` times its box. Raises ModelsMissing where there are none,
        ModelsDamaged where a file with a published name is not the published one.
        """
        folder = folder.expanduser()
        if not folder.is_dir():
            raise ModelsMissing(f"no folder {folder} with models of liveness")
        models = []
        for path in sorted(folder.glob("*.onnx")):
            scale = next((scale for name, scale in _SCALES if name.search(path.stem)), None)
            if scale is not None:
                models.append(_Model(_open(path, threads, provider), scale))
        if not models:
            raise ModelsMissing(
                f"{folder} has no model of liveness: none whose name says V2 (2.7) or V1SE (4.0)"
            )
        return cls(models, least)

    def judge(
        self, pictures: Sequence[NDArray[np.uint8]], boxes: Sequence[NDArray[np.float32]]
    ) -> list[float | None]:
        """Give how likely each face is alive, 0 to 1; None where its picture shows too little.

        `pictures` are RGB (h, w, 3); `boxes` left, top, right, bottom (4,) in their pixels.
        The mean over the models of the softmax of their live class.
        """
        known = [
            row
            for row, pair in enumerate(zip(pictures, boxes, strict=True))
            if shows_enough(*pair, self._least)
        ]
        if not known:
            return [None] * len(pictures)
        chances = np.mean(
            [
                _live(model, [view(pictures[row], boxes[row], model.scale) for row in known])
                for model in self._models
            ],
            axis=0,
        )
        found = dict(zip(known, chances.tolist(), strict=True))
        return [found.get(row) for row in range(len(pictures))]


def shows_enough(
    picture: NDArray[np.uint8], box: NDArray[np.float32], least: float = LEAST_SCALE
) -> bool:
    """Say whether a picture (h, w, 3) shows enough around a face to judge it by."""
    return _fitting(box, picture.shape[1], picture.shape[0], least) >= least


def view(picture: NDArray[np.uint8], box: NDArray[np.float32], scale: float) -> NDArray[np.uint8]:
    """Give what a model sees of a face: `scale` times its box, as (80, 80, 3)."""
    left, top, right, bottom = around(box, picture.shape[1], picture.shape[0], scale)
    # Linear without smoothing, as in training: the traces of screens are in what aliases.
    seen = cv2.resize(picture[top:bottom, left:right], (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return seen.astype(np.uint8, copy=False)


def around(
    box: NDArray[np.float32], width: int, height: int, scale: float
) -> tuple[int, int, int, int]:
    """Give left, top, right, bottom of `scale` times a box, inside a picture of this size.

    Smaller where the picture is, and moved inwards where it would reach over an edge: the geometry
    of Silent-Face-Anti-Spoofing's src/generate_patches.py. Never empty.
    """
    scale = _fitting(box, width, height, scale)
    spans = []
    for low, high, limit in ((box[0], box[2], width), (box[1], box[3], height)):
        half = max(float(high - low) * scale, 1.0) / 2
        middle = min(max(float(low + high) / 2, half), max(limit - half, half))
        start = min(max(int(middle - half), 0), limit - 1)
        spans.append((start, min(max(int(middle + half), start + 1), limit)))
    (left, right), (top, bottom) = spans
    return left, top, right, bottom


def _fitting(box: NDArray[np.float32], width: int, height: int, scale: float) -> float:
    """Give the largest scale up to `scale` at which the box still fits into the picture."""
    wide, high = max(float(box[2] - box[0]), 1.0), max(float(box[3] - box[1]), 1.0)
    return min(scale, (width - 1) / wide, (height - 1) / high)


def _live(model: _Model, faces: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Give the softmax of the live class for faces as a model sees them: (n,)."""
    bgr = np.stack(faces)[..., ::-1]
    (logits,) = model.session.run(
        np.ascontiguousarray(bgr.transpose(0, 3, 1, 2), np.float32)
    ).values()
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers[:, _LIVE] / powers.sum(axis=1), dtype=np.float32)


def _open(path: Path, threads: int, provider: str | None) -> Session:
    published = _SHA256.get(path.name)
    if published is None:
        log.info("%s goes by no published name: its SHA-256 is not checked", path.name)
    elif sha256(path) != published:
        raise ModelsDamaged(f"{path} is not the published file: its SHA-256 differs")
    session = open_session(load_folded(path), threads=threads, provider=provider)
    try:
        outputs = session.run(np.zeros((1, _CHANNELS, SIDE, SIDE), np.float32))
        shapes = [output.shape for output in outputs.values()]
    except Exception:  # noqa: BLE001 - the runtime's own errors, unnamed, for another input
        shapes = []
    if shapes != [(1, _CLASSES)]:
        raise ModelsMissing(
            f"{path} is no model of liveness: {SIDE} x {SIDE} in, three classes out"
        )
    return session
