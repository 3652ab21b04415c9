"""Models are found, verified and refused."""

import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognition import insightface_packs, packs
from recognition.engine import Engine
from recognition.errors import ModelsDamaged, ModelsMissing, UnknownPack
from recognition.insightface_folder import sort_models
from recognition.packs import DESCRIPTIONS, find_pack

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
        packs._verified(copy, packs._WHEEL_SHA256)
    copy.unlink()
    with pytest.raises(ModelsMissing):
        packs._verified(copy, packs._WHEEL_SHA256)
    monkeypatch.setattr(packs, "_WHEEL", "no_such_package")
    with pytest.raises(ModelsMissing, match="no_such_package"):
        find_pack()


def test_an_unknown_name_is_refused() -> None:
    """A name that is no pack says which there are."""
    with pytest.raises(UnknownPack, match="opencv-zoo, buffalo_l"):
        find_pack("buffalo")


def test_a_published_pack_that_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither there nor to be downloaded: a sentence that says where it is looked for."""
    monkeypatch.setattr(insightface_packs, "HOME", tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("insightface.utils.storage.download_file", refuse)
    with pytest.raises(ModelsMissing, match="copy the unpacked archive there"):
        find_pack("buffalo_sc")


def test_a_published_pack_that_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that lacks a file says so; a file that is not the published one is refused."""
    monkeypatch.setattr(insightface_packs, "HOME", tmp_path)
    folder = tmp_path / "models" / "buffalo_sc"
    folder.mkdir(parents=True)
    with pytest.raises(ModelsMissing, match=r"det_500m.onnx and w600k_mbf.onnx"):
        find_pack("buffalo_sc")
    for name in ("det_500m.onnx", "w600k_mbf.onnx"):
        (folder / name).write_bytes(b"another file")
    with pytest.raises(ModelsDamaged, match="SHA-256"):
        find_pack("buffalo_sc")


def test_a_published_pack_is_found_offline(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait: Image.Image
) -> None:
    """A pack in insightface's folder, even one folder deeper, is verified and serves.

    The genuine embedder is not at hand: the stand-in is put in its place, under its own hash.
    """
    monkeypatch.setattr(insightface_packs, "HOME", tmp_path)
    folder = tmp_path / "models" / "buffalo_sc" / "buffalo_sc"
    folder.mkdir(parents=True)
    shutil.copy(models / "det_500m.onnx", folder)
    stand_in = shutil.copy(models / "w600k_mbf_rebuilt.onnx", folder / "w600k_mbf.onnx")
    monkeypatch.setitem(insightface_packs.SHA256, "w600k_mbf.onnx", packs.sha256(Path(stand_in)))
    engine = Engine.load("buffalo_sc")
    assert engine.model.startswith("insightface/w600k_mbf@")
    assert engine.pack.family.restricted
    stream = BytesIO()
    portrait.save(stream, "PNG")
    assert engine.analyse([stream.getvalue()])[0].usable


def test_every_pack_is_described() -> None:
    """Each has words, a licence, and says whether it may be used for any purpose."""
    names = [description.name for description in DESCRIPTIONS]
    assert names[0] == packs.DEFAULT
    assert {"buffalo_l", "buffalo_s", "folder:PATH"} < set(names)
    for description in DESCRIPTIONS:
        assert description.about
        assert description.family.restricted == ("non-commercial" in description.family.licence)


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
