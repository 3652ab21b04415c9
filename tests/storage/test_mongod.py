"""The embedded mongod: there when it is needed, gone when it is not, whoever is killed."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from pymongo import MongoClient

from storage.mongod import (
    MongodError,
    embedded_mongod,
    find_mongod,
    running_mongod,
    socket_of,
)

Client = MongoClient[dict[str, Any]]

USER = """
import sys, time
from pathlib import Path
from storage.mongod import running_mongod
with running_mongod(Path(sys.argv[1])) as uri:
    print(uri, flush=True)
    time.sleep(60)
"""


def programs(data_dir: Path) -> dict[str, list[int]]:
    """Return the processes that serve a data folder: the keeper and mongod by their ids."""
    found: dict[str, list[int]] = {}
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            line = process.cmdline()
            if process.pid != os.getpid() and any(str(data_dir) in word for word in line):
                kind = "keeper" if any("mongod_keeper" in word for word in line) else "mongod"
                found.setdefault(kind, []).append(process.pid)
    return found


def wait_until(is_so: Callable[[], object], *, seconds: float = 30) -> None:
    """Wait for something that happens in another process."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def kill(data_dir: Path, kind: str) -> int:
    """Kill the keeper or mongod as the kernel would, and return its id."""
    (pid,) = programs(data_dir)[kind]
    os.kill(pid, signal.SIGKILL)
    return pid


def kill_and_wait(data_dir: Path, kind: str) -> None:
    """Kill the keeper or mongod, and wait until there is another."""
    dead = kill(data_dir, kind)
    wait_until(lambda: programs(data_dir).get(kind, [dead]) != [dead])


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder with a short path; nothing may run on it after the test."""
    with tempfile.TemporaryDirectory(prefix="mongod-") as folder:
        yield Path(folder) / "data"
        wait_until(lambda: not programs(Path(folder)))


async def test_up_and_down(data_dir: Path) -> None:
    """It is writable at once, private, without a TCP port; afterwards nothing is left running."""
    async with embedded_mongod(data_dir) as uri:
        assert uri.endswith("/?replicaSet=usher")
        with Client(uri) as client:
            client.shop.things.insert_one({"_id": 1})
        (pid,) = programs(data_dir)["mongod"]
        assert not [c for c in psutil.Process(pid).net_connections() if c.family != socket.AF_UNIX]
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (data_dir, data_dir / "mongo")]
        assert modes == [0o700, 0o700]
    assert programs(data_dir) == {}


def test_transactions_and_change_streams(data_dir: Path) -> None:
    """What only a replica set can do works."""
    with running_mongod(data_dir) as uri, Client(uri) as client:
        things = client.shop.things
        things.insert_one({"_id": 0})
        with things.watch() as changes:
            with client.start_session() as session:
                with session.start_transaction():
                    things.insert_one({"_id": 1}, session=session)
                    things.update_one({"_id": 0}, {"$set": {"n": 1}}, session=session)
                session.start_transaction()
                things.insert_one({"_id": 2}, session=session)
                session.abort_transaction()
            kinds = [next(changes)["operationType"] for _ in range(2)]
        assert kinds == ["insert", "update"]
        assert things.count_documents({}) == 2


def test_two_share_and_the_last_one_stops_it(data_dir: Path) -> None:
    """A second program finds the running one; it runs until both have left."""
    with running_mongod(data_dir) as first_uri:
        first = programs(data_dir)
        with running_mongod(data_dir) as second_uri, Client(second_uri) as client:
            assert second_uri == first_uri
            client.shop.things.insert_one({"_id": 1})
        assert programs(data_dir) == first
        with Client(first_uri) as client:
            assert client.shop.things.count_documents({}) == 1
    assert programs(data_dir) == {}


def test_mongod_killed(data_dir: Path) -> None:
    """It comes back by itself under the same address, and nothing acknowledged is lost."""
    with running_mongod(data_dir) as uri, Client(uri) as client:
        for n in range(3):
            client.shop.things.insert_one({"_id": n})
            kill_and_wait(data_dir, "mongod")
            assert client.shop.things.count_documents({}) == n + 1
    assert programs(data_dir) == {}


def test_keeper_killed(data_dir: Path) -> None:
    """Its mongod dies with it; a new keeper is started by whoever uses the database."""
    with running_mongod(data_dir) as uri, Client(uri) as client:
        client.shop.things.insert_one({"_id": 1})
        kill_and_wait(data_dir, "keeper")
        client.shop.things.insert_one({"_id": 2})
        assert client.shop.things.count_documents({}) == 2
    assert programs(data_dir) == {}


def test_keeper_and_mongod_killed_while_others_come(data_dir: Path) -> None:
    """Everything is killed and a newcomer arrives: all are served by one mongod."""
    with running_mongod(data_dir) as uri:
        kill(data_dir, "mongod")
        kill(data_dir, "keeper")
        with running_mongod(data_dir), Client(uri) as client:
            client.shop.things.insert_one({"_id": 1})
        assert {kind: len(ids) for kind, ids in programs(data_dir).items()} == {
            "keeper": 1,
            "mongod": 1,
        }
    assert programs(data_dir) == {}


def test_user_killed(data_dir: Path) -> None:
    """When the only user is killed, mongod stops by itself; the next user finds the data."""
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(data_dir)], stdout=subprocess.PIPE, text=True
    ) as user:
        assert user.stdout
        uri = user.stdout.readline().strip()
        with Client(uri) as client:
            client.shop.things.insert_one({"_id": 1})
        user.kill()
    wait_until(lambda: programs(data_dir) == {})
    with running_mongod(data_dir) as again, Client(again) as client:
        assert again == uri
        assert client.shop.things.count_documents({}) == 1


def test_eight_start_at_once(data_dir: Path) -> None:
    """However many come at once, there is one mongod, and it is there for each."""
    together = threading.Barrier(8, timeout=50)

    def use(n: int) -> dict[str, list[int]]:
        together.wait()
        with running_mongod(data_dir) as uri, Client(uri) as client:
            client.shop.things.insert_one({"_id": n})
            together.wait()
            return programs(data_dir)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(use, range(8)))
    assert [len(ids) for ids in seen[0].values()] == [1, 1]
    assert seen == [seen[0]] * 8
    wait_until(lambda: programs(data_dir) == {})


def test_coming_while_the_last_one_leaves(data_dir: Path) -> None:
    """Whoever comes while mongod is being stopped gets one that stays."""

    def use(n: int) -> None:
        for round_ in range(3):
            with running_mongod(data_dir) as uri, Client(uri) as client:
                client.shop.things.insert_one({"_id": f"{n}-{round_}"})

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(use, range(3)))
    wait_until(lambda: programs(data_dir) == {})
    with running_mongod(data_dir) as uri, Client(uri) as client:
        assert client.shop.things.count_documents({}) == 9


@pytest.mark.parametrize("name", ["with a space", "Upper Case", "x" * 120, "odd,:%é?[1]"])
def test_folder_names(data_dir: Path, name: str) -> None:
    """Any folder will do, also where a unix socket has no room; nothing is left elsewhere."""
    folder = data_dir / name
    socket_path = socket_of(Path(os.path.realpath(folder)) / "mongo")
    with running_mongod(folder) as uri, Client(uri) as client:
        client.shop.things.insert_one({"_id": 1})
        assert (folder / "mongo" / "db").is_dir()
        assert stat.S_IMODE(socket_path.parent.stat().st_mode) == 0o700
    assert not socket_path.exists()
    assert socket_path.parent.is_relative_to(data_dir) or not socket_path.parent.exists()


def test_a_moved_folder(data_dir: Path) -> None:
    """The data goes with its folder, though a replica set knows itself by its address."""
    with running_mongod(data_dir) as uri, Client(uri) as client:
        client.shop.things.insert_one({"_id": 1})
    moved = data_dir.rename(data_dir.with_name("moved"))
    with running_mongod(moved) as uri, Client(uri) as client:
        assert client.shop.things.count_documents({}) == 1
        client.shop.things.insert_one({"_id": 2})


def test_somebody_else_has_the_place_in_tmp(data_dir: Path) -> None:
    """A folder for the socket that is not ours is refused, not used; without it all is well."""
    folder = data_dir / ("x" * 120)
    place = socket_of(Path(os.path.realpath(folder)) / "mongo").parent
    place.symlink_to(tempfile.gettempdir())
    try:
        with pytest.raises(MongodError, match=str(place)), running_mongod(folder):
            pass
    finally:
        place.unlink()
    with running_mongod(folder) as uri, Client(uri) as client:
        client.shop.things.insert_one({"_id": 1})


def test_a_start_that_fails(data_dir: Path) -> None:
    """When mongod cannot start, the error gives its reasons; repaired, it starts."""
    in_the_way = data_dir / "mongo" / "db" / "mongod.lock"
    in_the_way.mkdir(parents=True)
    said = r"(?s)did not start.*lock file.*mongod\.log"
    with pytest.raises(MongodError, match=said), running_mongod(data_dir):
        pass
    assert programs(data_dir) == {}
    in_the_way.rmdir()
    with running_mongod(data_dir) as uri, Client(uri) as client:
        client.shop.things.insert_one({"_id": 1})


def test_a_folder_that_cannot_be_written(data_dir: Path) -> None:
    """The error names the folder and says what to do."""
    data_dir.touch()
    said = f"{data_dir}/inside.*--data-dir"
    with pytest.raises(MongodError, match=said), running_mongod(data_dir / "inside"):
        pass
    data_dir.unlink()


async def test_a_start_that_is_cancelled(data_dir: Path) -> None:
    """A program that is ended while mongod starts leaves nothing running."""

    async def use() -> None:
        async with embedded_mongod(data_dir):
            await asyncio.sleep(60)

    task = asyncio.ensure_future(use())
    for _ in range(1000):
        if programs(data_dir):
            break
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert programs(data_dir) == {}


def test_the_log_is_bounded(data_dir: Path) -> None:
    """A log that has grown long is put aside and begun anew, under the running mongod."""
    log = data_dir / "mongo" / "mongod.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"x" * 10_000_001)
    with running_mongod(data_dir) as uri, Client(uri) as client:
        wait_until(lambda: log.exists() and 0 < log.stat().st_size < 1_000_000)
        assert log.with_name("mongod.log.1").stat().st_size > 10_000_000
        client.shop.things.insert_one({"_id": 1})


def test_the_mongod_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the installed one it is the one on the PATH; without that, a sentence helps."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MongodError, match="USHER_MONGO__URI"):
        find_mongod()
    (tmp_path / "mongod").touch(mode=0o700)
    assert find_mongod() == tmp_path / "mongod"
