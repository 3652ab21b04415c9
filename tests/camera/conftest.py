"""Pictures, a recording of them, and a server to post to."""

import importlib.util
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from aiohttp import web
from rich.console import Console

from tests.camera.inbox import Inbox

FRAMES = 60
RATE = 10


def carried(package: str, path: str) -> Path:
    """Return a picture that an installed package carries."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / path


@pytest.fixture(scope="session")
def six_people() -> Path:
    """Return a photo with six faces, 1280 x 886."""
    return carried("insightface", "data/images/t1.jpg")


@pytest.fixture(scope="session")
def astronaut() -> Path:
    """Return a photo with one face, 512 x 512."""
    return carried("skimage", "data/astronaut.png")


@pytest.fixture(scope="session")
def recording(six_people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a film of six seconds that pans over the photo of six people."""
    file = tmp_path_factory.mktemp("film") / "pan.avi"
    photo = cv2.imread(str(six_people))
    assert photo is not None
    film = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (640, 480))
    for index in range(FRAMES):
        left = round(640 * index / (FRAMES - 1))
        film.write(np.ascontiguousarray(photo[100:580, left : left + 640]))
    film.release()
    return file


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """Return a running server."""
    inbox = Inbox()
    app = web.Application(client_max_size=20_000_000)
    app.router.add_post("/api/v1/detections", inbox.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    inbox.port = runner.addresses[0][1]
    yield inbox
    await runner.cleanup()


@pytest.fixture
def console() -> Console:
    """Return a console that is no terminal and remembers what was printed."""
    return Console(file=StringIO(), force_terminal=False, width=200)
