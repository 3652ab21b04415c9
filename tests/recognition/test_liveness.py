"""Liveness: what the models are shown, and what they say of real faces and of pictures of faces."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recognition.engine import Engine
from recognition.errors import ModelsDamaged, ModelsMissing
from recognition.images import decode
from recognition.liveness import LEAST_SCALE, SIDE, Liveness, around, shows_enough, view
from recognition.packs import find_pack
from usher.settings import RecognitionSettings

sides = st.integers(1, 3000)
scales = st.sampled_from([2.7, 4.0])


@st.composite
def boxes(draw: st.DrawFn) -> tuple[int, int, NDArray[np.float32]]:
    """A picture's width and height, and a box that may reach beyond it."""
    width, height = draw(sides), draw(sides)
    x, y = draw(st.floats(-0.5, 1.2)) * width, draw(st.floats(-0.5, 1.2)) * height
    wide, high = draw(st.floats(0, 1.5)) * width, draw(st.floats(0, 1.5)) * height
    return width, height, np.array([x, y, x + wide, y + high], dtype=np.float32)


@given(case=boxes(), scale=scales)
def test_what_is_seen_lies_in_the_picture(
    case: tuple[int, int, NDArray[np.float32]],
    scale: float,
) -> None:
    """Whatever the box, at least one pixel is seen, and none outside."""
    width, height, box = case
    left, top, right, bottom = around(box, width, height, scale)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height


@given(
    x=st.floats(0, 900),
    y=st.floats(0, 900),
    wide=st.floats(20, 100),
    high=st.floats(20, 100),
    scale=scales,
)
def test_a_face_within_a_large_picture_is_seen_at_its_scale(
    x: float, y: float, wide: float, high: float, scale: float
) -> None:
    """The part seen is as many times the box as asked, to a pixel, and has all of the box in it."""
    box = np.array([x, y, x + wide, y + high], dtype=np.float32)
    left, top, right, bottom = around(box, 1000, 1000, scale)
    assert (right - left, bottom - top) == pytest.approx((wide * scale, high * scale), abs=1.01)
    assert left <= x + 1
    assert top <= y + 1
    assert right >= x + wide - 1
    assert bottom >= y + high - 1


@given(margin=st.floats(0.0, 3.0))
def test_enough_is_a_matter_of_the_picture(margin: float) -> None:
    """A face is judged where the picture shows 1.7 times its box, and not where it shows less."""
    side = round(100 * (1 + 2 * margin))
    picture = np.zeros((side, side, 3), dtype=np.uint8)
    box = np.array([0, 0, 100, 100], dtype=np.float32) + (side - 100) / 2
    assert shows_enough(picture, box) == ((side - 1) / 100 >= LEAST_SCALE)
    assert view(picture, box, 2.7).shape == (SIDE, SIDE, 3)


@pytest.fixture(scope="session")
def folder(faces_dir: Path) -> Path:
    """The models."""
    found = faces_dir / "models" / "antispoof"
    if not found.is_dir():
        pytest.skip(f"no models of liveness at {found}")
    return found


@pytest.fixture(scope="session")
def spoofs(faces_dir: Path) -> Path:
    """A living face and two pictures of faces."""
    found = faces_dir / "spoof"
    if not found.is_dir():
        pytest.skip(f"no spoofs at {found}")
    return found


@pytest.fixture(scope="session")
def watchful(folder: Path) -> Engine:
    """An engine that judges liveness."""
    return Engine.load(liveness=folder)


def live(engine: Engine, path: Path) -> float | None:
    """What the engine says of the face of a picture."""
    face = engine.analyse([path.read_bytes()])[0].face
    assert face
    return face.live


def test_pictures_of_faces_are_told_from_a_face(watchful: Engine, spoofs: Path) -> None:
    """At the default threshold a print and a screen are spoofs, and the living face is not."""
    threshold = RecognitionSettings().liveness_threshold
    for name in ("image_F1.jpg", "image_F2.jpg"):
        said = live(watchful, spoofs / name)
        assert said is not None
        assert said < threshold
    said = live(watchful, spoofs / "image_T1.jpg")
    assert said is not None
    assert said > 0.9


def test_a_tight_crop_is_not_judged(watchful: Engine, actor: bytes) -> None:
    """Where a face fills the picture nobody can tell, and nobody guesses."""
    face = watchful.analyse([actor])[0].face
    assert face
    assert face.live is None


def test_without_models_nobody_is_judged(engine: Engine, spoofs: Path) -> None:
    """Off is off: even a spoof passes, with its liveness unknown."""
    assert live(engine, spoofs / "image_F2.jpg") is None


def test_answers_do_not_depend_on_company(folder: Path, spoofs: Path) -> None:
    """A face is judged the same alone and among others, in order."""
    judge = Liveness.load(folder)
    pictures = [decode(path.read_bytes()) for path in sorted(spoofs.glob("*.jpg"))]
    boxes = [np.array([150, 200, 330, 440], dtype=np.float32)] * 3
    tight = np.array([0, 0, *pictures[0].shape[1::-1]], dtype=np.float32)
    together = judge.judge([*pictures, pictures[0]], [*boxes, tight])
    assert together[3] is None
    for row in range(3):
        assert judge.judge([pictures[row]], [boxes[row]]) == pytest.approx(
            [together[row]], abs=1e-4
        )
    assert judge.judge([], []) == []


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    """A wrong path and an empty folder are named in a sentence."""
    with pytest.raises(ModelsMissing, match="nowhere with models of liveness"):
        Liveness.load(tmp_path / "nowhere")
    with pytest.raises(ModelsMissing, match="no model of liveness"):
        Liveness.load(tmp_path)


def test_other_models_are_refused(tmp_path: Path) -> None:
    """A file that takes no face of 80 x 80, or is no model, is not taken for one that does."""
    (tmp_path / "v2.onnx").write_bytes(find_pack().detector.read_bytes())
    with pytest.raises(ModelsMissing, match="is no model of liveness"):
        Liveness.load(tmp_path)
    (tmp_path / "v2.onnx").write_bytes(b"no model")
    with pytest.raises(ModelsMissing, match="not an ONNX model"):
        Liveness.load(tmp_path)


def test_a_published_name_needs_the_published_file(tmp_path: Path, folder: Path) -> None:
    """What calls itself MiniFASNetV2.onnx must be that file."""
    [model] = folder.glob("*v2*.onnx")
    (tmp_path / "MiniFASNetV2.onnx").write_bytes(model.read_bytes())
    with pytest.raises(ModelsDamaged, match="SHA-256"):
        Liveness.load(tmp_path)
