"""InsightFace's published packs: which files they are made of, and getting hold of them."""

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from zipfile import BadZipFile

from recognition.errors import ModelsMissing

HOME = Path("~/.insightface")
"""Where the package `insightface` keeps its packs: HOME/models/NAME."""


@dataclass(frozen=True, slots=True)
class Files:
    """The two files of a published pack that are used."""

    detector: str
    embedder: str
    about: str


SHA256 = {
    "det_10g.onnx": "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",
    "det_2.5g.onnx": "041f73f47371333d1d17a6fee6c8ab4e6aecabefe398ff32cca4e2d5eaee0af9",
    "det_500m.onnx": "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a",
    "scrfd_10g_bnkps.onnx": "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",
    "glintr100.onnx": "a7933ea5330113b01c9b60351d8f4c33003f145d8470ac5f0e52ee2effe25c60",
    "w600k_mbf.onnx": "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f",
    "w600k_r50.onnx": "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
}

PUBLISHED: Mapping[str, Files] = MappingProxyType(
    {
        "buffalo_l": Files("det_10g.onnx", "w600k_r50.onnx", "the most exact, slow on a CPU"),
        "buffalo_m": Files("det_2.5g.onnx", "w600k_r50.onnx", "as exact, a lighter detector"),
        "buffalo_s": Files("det_500m.onnx", "w600k_mbf.onnx", "light"),
        "buffalo_sc": Files("det_500m.onnx", "w600k_mbf.onnx", "light, the smallest download"),
        "antelopev2": Files("scrfd_10g_bnkps.onnx", "glintr100.onnx", "exact, the largest"),
    }
)


def locate(name: str) -> Path:
    """Give the folder of a published pack, downloading it if it is not there yet.

    The package `insightface` downloads it from its own releases, some 15 to 400 MB, with a
    progress bar. Raises ModelsMissing where it is neither there nor to be had.
    """
    folder = HOME.expanduser() / "models" / name
    if not folder.is_dir():
        _download(name, folder)
    files = PUBLISHED[name]
    # The archive of antelopev2 has a folder in it.
    found = {path.name: path for path in sorted(folder.rglob("*.onnx"))}
    missing = [file for file in (files.detector, files.embedder) if file not in found]
    if missing:
        raise ModelsMissing(
            f"{folder} lacks {' and '.join(missing)}; delete the folder, and it is fetched anew"
        )
    return found[files.embedder].parent


def _download(name: str, folder: Path) -> None:
    from insightface.utils.storage import ensure_available  # noqa: PLC0415 - slow to import

    try:
        with redirect_stdout(sys.stderr):  # it prints; standard output belongs to the command
            ensure_available("models", name, root=str(HOME.expanduser()))
    except (OSError, RuntimeError, BadZipFile) as error:
        raise ModelsMissing(
            f"the pack {name!r} is not in {folder}, and downloading it failed "
            f"({type(error).__name__}); connect this machine, or copy the unpacked archive there"
        ) from error
