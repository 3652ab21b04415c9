"""An engine with the real models, and the faces that installed packages carry."""

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from recognition.engine import Engine


def _carried(package: str, path: str) -> bytes:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / path).read_bytes()


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The default engine."""
    return Engine.load()


@pytest.fixture(scope="session")
def astronaut() -> bytes:
    """A PNG of 512 x 512 with one face."""
    return _carried("skimage", "data/astronaut.png")


@pytest.fixture(scope="session")
def friends() -> bytes:
    """A JPEG of 1280 x 886 with six faces."""
    return _carried("insightface", "data/images/t1.jpg")


@pytest.fixture(scope="session")
def actor() -> bytes:
    """A PNG of 112 x 112 that a face fills."""
    return _carried("insightface", "data/images/Tom_Hanks_54745.png")


@pytest.fixture(scope="session")
def portrait(astronaut: bytes) -> Image.Image:
    """The astronaut's head, 250 x 250, as a camera would crop it."""
    with Image.open(BytesIO(astronaut)) as image:
        return image.convert("RGB").crop((100, 0, 350, 250))
