"""What every test may ask for."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pymongo import MongoClient

from storage.images import ImageStore
from storage.mongod import running_mongod
from storage.store import MongoStore


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where the real faces and models for tests are, and what is to be made anew."""
    parser.addoption(
        "--faces",
        type=Path,
        default=Path(__file__).parents[2] / "shared" / "data",
        help="folder with lfw/, families/, models/ (tests that need it skip where it is missing)",
    )
    parser.addoption(
        "--screens",
        type=Path,
        help="existing folder for pictures of the chat and the panel, as the documents show it",
    )
    parser.addoption(
        "--golden",
        action="store_true",
        help="write the files anew that tests compare with, as tests/bot/transcript.txt",
    )


@pytest.fixture(autouse=True)
def _waits_are_timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telegram's client gives `retry_after` as it will in future; it warns otherwise."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


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
    with running_mongod(tmp_path_factory.mktemp("mongod")) as uri:
        yield uri


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
        database["settings"].delete_many({"_id": {"$nin": ["counters", "shapes"]}})
        database["settings"].update_one(
            {"_id": "counters"},
            {"$set": {"gallery": 0, "strangers": 0}, "$unset": {"in_use": ""}},
        )


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    """An image store in a temporary folder."""
    return ImageStore.open(str(tmp_path / "images"))
