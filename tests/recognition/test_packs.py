"""Models are found, verified and refused."""

import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognition import packs
from recognition.engine import Engine
from recognition.errors import ModelsDamaged, ModelsMissing, UnknownPack
from recognition.insightface_folder import sort_models
from recognition.packs import find_pack

LANDMARKS_APART = 8


@pytest.fixture
def models(faces_dir: Path) -> Path:
    """A folder of InsightFace models."""
    folder = faces_dir / "models" / "insightface-pack"
    if not folder.is_dir():
        pytest.skip(f"no InsightFace models at {folder}")
    return folder


def test_the_default_pack_is_installed_and_whole() -> None:
    """Both files are there, with the published content."""
    pack = find_pack()
    assert pack.detector.is_file()
    assert pack.embedder.is_file()
    assert pack.model == "opencv-zoo/sface_2021dec"


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model with one byte changed is not loaded; one that is gone is said to be missing."""
    pack = find_pack()
    copy = tmp_path / pack.embedder.name
    data = bytearray(pack.embedder.read_bytes())
    data[1000] ^= 1
    copy.write_bytes(data)
    with pytest.raises(ModelsDamaged, match="SHA-256"):
        packs._verified(copy)
    copy.unlink()
    with pytest.raises(ModelsMissing):
        packs._verified(copy)
    monkeypatch.setattr(packs, "_WHEEL", "no_such_package")
    with pytest.raises(ModelsMissing, match="no_such_package"):
        find_pack()


def test_an_unknown_name_is_refused() -> None:
    """A name that is no pack says which there are."""
    with pytest.raises(UnknownPack, match="opencv-zoo"):
        find_pack("buffalo_l")


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    """No folder, an empty one and one of rubbish are missing models, not tracebacks."""
    with pytest.raises(ModelsMissing):
        find_pack(f"folder:{tmp_path / 'none'}")
    with pytest.raises(ModelsMissing):
        find_pack(f"folder:{tmp_path}")
    (tmp_path / "model.onnx").write_bytes(b"rubbish")
    with pytest.raises(ModelsMissing):
        find_pack(f"folder:{tmp_path}")


def test_the_default_models_are_not_insightfaces(tmp_path: Path) -> None:
    """YuNet in a folder is not taken for an SCRFD."""
    pack = find_pack()
    for path in (pack.detector, pack.embedder):
        shutil.copy(path, tmp_path)
    with pytest.raises(ModelsMissing):
        sort_models(tmp_path)


def test_a_folder_of_insightface_models_serves(
    models: Path, engine: Engine, portrait: Image.Image, friends: bytes, actor: bytes
) -> None:
    """The folder's detector and embedder are told apart, and tell people apart."""
    other = Engine.load(f"folder:{models}")
    assert other.model.startswith(f"{models.name}/w600k_mbf_rebuilt@")
    assert "non-commercial" in other.licence
    assert other.dimensions == 512
    stream, mirrored = BytesIO(), BytesIO()
    portrait.save(stream, "PNG")
    portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(mirrored, "PNG")
    results = other.analyse([stream.getvalue(), mirrored.getvalue(), actor, friends])
    first, second, third, fourth = (result.face for result in results)
    assert first is not None
    assert second is not None
    assert third is not None
    assert fourth is not None
    assert 1 - float(first.embedding @ second.embedding) < other.thresholds.match
    assert 1 - float(first.embedding @ third.embedding) > other.thresholds.unsure
    assert fourth.count == 6
    ours = engine.analyse([stream.getvalue()])[0].face
    assert ours is not None
    assert np.abs(first.landmarks - ours.landmarks).max() < LANDMARKS_APART
