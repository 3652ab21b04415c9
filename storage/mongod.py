"""The embedded mongod: a database that starts with the program and needs no account.

    async with embedded_mongod(data_dir) as uri: ...
    with running_mongod(data_dir) as uri: ...      # the same, for code that is not async

There is one mongod per data folder, whoever comes first starts it, whoever leaves last stops it,
and nobody on the way needs to know which one he is. `storage.mongod_keeper` says how.
It listens on a unix socket in a private folder alone, so that other users of the machine cannot
reach it; there is no TCP port, and no password to lose.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import re
import select
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from storage import mongod_keeper
from storage.errors import StorageError
from storage.mongod_keeper import KEEPER_LOCK, REPLICA_SET, USERS_LOCK, listens, locked, own_folder

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.02
_WATCH_SECONDS = 0.5
_PAUSE_SECONDS = 2.0  # after a start that failed: the disk may be full for a while
_LEAVE_SECONDS = 90.0  # longer than the keeper gives mongod
_PATIENCE = timedelta(seconds=90)
_SOCKET = "mongod.sock"
# 107 bytes on Linux, 103 on macOS (sun_path of sockaddr_un).
_LONGEST_SOCKET_BYTES = 100
# mongod takes a comma for the end of an address and a colon for the start of a port; the client
# takes the members' addresses for names of hosts, and writes them in small letters.
_PLAIN = re.compile(r"[a-z0-9_/. +@=~-]+")
_SHORT_FOLDER = Path("/tmp")  # noqa: S108 - a fixed place, as all programs must find the same one
_NOT_YET_INITIALIZED = 94


class MongodError(StorageError):
    """The embedded mongod cannot be had; the text says why and what to do."""


class EmbeddedMongod:
    """The mongod of a data folder, held running from `start` to `stop`.

    `uri` is the same at every start. Between `start` and `stop` a killed mongod comes back by
    itself within a second or two, and so does a killed keeper. To be started once.
    """

    def __init__(self, data_dir: Path, *, patience: timedelta = _PATIENCE) -> None:
        self._data_dir = Path(os.path.realpath(data_dir))
        self._folder = self._data_dir / "mongo"
        self._socket = socket_of(self._folder)
        self._patience = patience
        self._users: int | None = None
        self._leaving = threading.Event()
        self._busy = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, name="mongod-watch", daemon=True)
        # With the name of the set a client waits for the primary when mongod comes back; with
        # directConnection it would take one that is not primary yet, and fail.
        self.uri = f"{_address(self._socket)}/?replicaSet={REPLICA_SET}"

    def start(self) -> str:
        """Return the URI of a writable mongod; blocks, for about a second. Raises MongodError."""
        with self._busy:
            deadline = time.monotonic() + self._patience.total_seconds()
            self._make_folder()
            self._users = self._join(deadline)
            try:
                self._settle(deadline)
            except BaseException:
                self._leave()
                raise
            self._watcher.start()
        return self.uri

    def stop(self) -> None:
        """Leave mongod; the last to leave waits until it has ended. Blocks. A start is given up."""
        self._leaving.set()
        with self._busy:
            if self._watcher.is_alive():
                self._watcher.join()
            if self._users is not None:
                self._leave()

    def _make_folder(self) -> None:
        try:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            own_folder(self._folder)
            own_folder(self._folder / "db")
            (self._folder / USERS_LOCK).touch(mode=0o600)
        except OSError as error:
            raise MongodError(
                f"The data folder {self._data_dir} cannot be written: {error}. "
                "Make it writable for this user, or choose another with --data-dir."
            ) from error

    def _join(self, deadline: float) -> int:
        """Become a user; wait for a keeper that is stopping, as it did not know of us."""
        while (users := locked(self._folder / USERS_LOCK, fcntl.LOCK_SH)) is None:
            self._tick(deadline)
        return users

    def _settle(self, deadline: float) -> None:
        """Wait until mongod is writable; start a keeper when there is none."""
        while True:
            if self._keeper_gone():
                self._start_keeper(deadline)
            if self._answers():
                break
            self._tick(deadline)
        self._become_primary(deadline)

    def _tick(self, deadline: float) -> None:
        if self._leaving.wait(_TICK_SECONDS):
            raise MongodError("The program was ended while it waited for mongod.")
        if time.monotonic() > deadline:
            last = "\n".join(mongod_keeper.last_lines(self._folder))
            raise MongodError(
                f"mongod in {self._folder} did not answer in {self._patience.total_seconds():.0f} "
                f"s. Its last words:\n{last}"
            )

    def _keeper_gone(self) -> bool:
        lock = locked(self._folder / KEEPER_LOCK, fcntl.LOCK_SH)
        if lock is not None:
            os.close(lock)
        return lock is not None

    def _answers(self) -> bool:
        try:
            own_folder(self._socket.parent)  # or it could be somebody else who answers
        except OSError as error:
            raise MongodError(
                f"{error}. Remove it, or choose a shorter data folder with --data-dir."
            ) from error
        return listens(self._socket)

    def _start_keeper(self, deadline: float) -> None:
        """Start a keeper and wait for its word: nothing when mongod answers, else what is wrong."""
        paths = [find_mongod(), self._folder, self._socket]
        with subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", mongod_keeper.__file__, *map(str, paths)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is not for it
        ) as keeper:
            report = self._read_report(keeper, deadline)
        if report:
            raise MongodError(report)

    def _read_report(self, keeper: subprocess.Popen[bytes], deadline: float) -> str:
        if keeper.stdout is None:
            raise RuntimeError("the keeper was started without a pipe")
        report = b""
        while True:
            if not select.select([keeper.stdout], [], [], _TICK_SECONDS)[0]:
                self._tick(deadline)
            elif part := os.read(keeper.stdout.fileno(), 65536):
                report += part
            else:
                return report.decode(errors="replace").strip()

    def _become_primary(self, deadline: float) -> None:
        client: MongoClient[dict[str, Any]]
        with MongoClient(
            _address(self._socket), directConnection=True, serverSelectionTimeoutMS=1000
        ) as client:
            while True:
                with contextlib.suppress(PyMongoError):  # it is starting, or starting again
                    if _is_primary(client, host=str(self._socket)):
                        return
                self._tick(deadline)

    def _watch(self) -> None:
        """Bring the keeper back when it was killed."""
        pause = _WATCH_SECONDS
        while not self._leaving.wait(pause):
            pause = _WATCH_SECONDS
            try:
                if self._keeper_gone():
                    logger.warning("The keeper of mongod is gone; starting it again")
                    self._settle(time.monotonic() + self._patience.total_seconds())
            except (MongodError, OSError) as error:
                if not self._leaving.is_set():
                    logger.warning("mongod is away: %s", error)
                pause = _PAUSE_SECONDS

    def _leave(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None
        deadline = time.monotonic() + _LEAVE_SECONDS
        while time.monotonic() < deadline:
            if self._keeper_gone() or self._used_by_others():
                return
            time.sleep(_TICK_SECONDS)
        logger.warning("mongod in %s is still stopping", self._folder)

    def _used_by_others(self) -> bool:
        # Exclusive: nobody is there. Shared, but not exclusive: users. Neither: the keeper,
        # which is stopping mongod.
        for how, answer in ((fcntl.LOCK_EX, False), (fcntl.LOCK_SH, True)):
            lock = locked(self._folder / USERS_LOCK, how)
            if lock is not None:
                os.close(lock)
                return answer
        return False


def _address(socket: Path) -> str:
    return f"mongodb://{quote(str(socket), safe='')}"


def _is_primary(client: MongoClient[dict[str, Any]], *, host: str) -> bool:
    """Say whether mongod takes writes; make it a replica set of its own if it is not one yet."""
    hello = client.admin.command("hello")
    if hello["isWritablePrimary"] or "setName" in hello:
        return bool(hello["isWritablePrimary"])
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        members = [{"_id": 0, "host": host}]
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        return False
    if config["members"][0]["host"] != host:  # the data folder was moved or copied here
        config["members"][0]["host"] = host
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)
    return False


def socket_of(folder: Path) -> Path:
    """Return where the mongod of `folder` listens: in it, or under /tmp when its path is no good.

    The path of a unix socket has room for about 100 bytes.
    """
    socket = folder / _SOCKET
    plain = _PLAIN.fullmatch(str(socket)) is not None
    if plain and len(os.fsencode(socket)) <= _LONGEST_SOCKET_BYTES:
        return socket
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return _SHORT_FOLDER / f"usher-{os.geteuid()}-{name}" / _SOCKET


def find_mongod() -> Path:
    """Return the mongod to run: the one installed with Usher, else the one on the PATH."""
    spec = importlib.util.find_spec("fiftyone")  # its folder alone; nothing of it is imported
    for place in (spec and spec.submodule_search_locations) or []:
        binary = Path(place) / "db" / "bin" / "mongod"
        if binary.is_file():
            with contextlib.suppress(OSError):
                binary.chmod(binary.stat().st_mode | 0o100)
            if os.access(binary, os.X_OK):
                return binary
    if found := shutil.which("mongod"):
        return Path(found)
    raise MongodError(
        "There is no mongod on this machine. Install MongoDB, so that `mongod` is on the PATH, "
        "or set USHER_MONGO__URI to the address of a replica set."
    )


@contextlib.contextmanager
def running_mongod(data_dir: Path) -> Iterator[str]:
    """Give the URI of the data folder's mongod, and leave it in the end. Raises MongodError."""
    mongod = EmbeddedMongod(data_dir)
    try:
        yield mongod.start()
    finally:
        mongod.stop()


@contextlib.asynccontextmanager
async def embedded_mongod(data_dir: Path) -> AsyncIterator[str]:
    """Give the URI of the data folder's mongod, and leave it in the end. Raises MongodError."""
    mongod = await asyncio.to_thread(EmbeddedMongod, data_dir)
    try:
        yield await asyncio.to_thread(mongod.start)
    finally:
        await asyncio.to_thread(mongod.stop)
