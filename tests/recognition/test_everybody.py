"""Every face of one picture, for pictures that people send."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recognition.engine import Engine

BLAIR, BECKHAM = "Tony_Blair", "David_Beckham"


def _face(folder: Path, name: str) -> Image.Image:
    first = min((folder / "lfw" / name).glob("*.jpg"))
    return Image.open(first)


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95)
    return out.getvalue()


@pytest.fixture
def both(faces_dir: Path) -> bytes:
    """A picture of two people, the left one larger."""
    sheet = Image.new("RGB", (620, 360))
    sheet.paste(_face(faces_dir, BLAIR).resize((360, 360)), (0, 0))
    sheet.paste(_face(faces_dir, BECKHAM), (365, 60))
    return _jpeg(sheet)


def test_every_face_is_found_with_an_embedding_of_its_own(
    engine: Engine, faces_dir: Path, both: bytes
) -> None:
    """Each is as near to the picture it was cut from as a match, and far from the other."""
    found = [one.face for one in engine.everybody(both) if one.face]
    alone = [engine.analyse([_jpeg(_face(faces_dir, name))])[0].face for name in (BLAIR, BECKHAM)]
    assert len(found) == 2
    left, right = sorted(found, key=lambda face: face.box[0])
    for face, same in zip((left, right), alone, strict=True):
        assert same
        assert 1 - float(np.dot(face.embedding, same.embedding)) < 0.3
    assert 1 - float(np.dot(left.embedding, right.embedding)) > 0.5


def test_the_face_that_the_picture_is_of_comes_first(engine: Engine, both: bytes) -> None:
    """It is the one that a crop would be classified by; the others have no rival."""
    [first, second] = engine.everybody(both)
    [classified] = engine.analyse([both])
    assert first.face
    assert classified.face
    assert first.face.box == pytest.approx(classified.face.box, abs=1.0)
    assert first.reasons == classified.reasons
    assert "several_faces" not in second.reasons


def test_a_picture_without_a_face_has_nobody(engine: Engine) -> None:
    """Nothing is found in one colour."""
    assert engine.everybody(_jpeg(Image.new("RGB", (300, 300), "grey"))) == []


def test_what_is_no_picture_is_refused(engine: Engine) -> None:
    """The refusal stands alone."""
    [refused] = engine.everybody(b"no picture")
    assert refused.refused == "not_an_image"
    assert refused.face is None
