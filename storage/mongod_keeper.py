"""Keeps the mongod of one data folder: starts it, starts it again, stops it when nobody uses it.

A program of its own, started by `storage.mongod` by its path, so it imports the standard library
alone and takes 10 MB. The folder holds `db/`, `mongod.log`, and two files that are only locked:

- `users.lock`: every program that uses the database holds it shared. The keeper takes it
  exclusively when the last one has left, and keeps it until mongod has ended: whoever comes in
  between waits, then starts a new keeper. The kernel drops the lock of a program that is killed.
- `keeper.lock`: held exclusively by the keeper and, inherited, by its mongod. While it is held no
  second keeper works, even when the first was killed and its mongod is still dying.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket as sockets
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

USERS_LOCK = "users.lock"
KEEPER_LOCK = "keeper.lock"
LOG = "mongod.log"
REPLICA_SET = "usher"

_LOG_BYTES = 10_000_000  # and as much again in the file before it
_OPLOG_MB = 1024
_TICK_SECONDS = 0.1
_START_TICK_SECONDS = 0.02
_STOP_SECONDS = 60.0  # mongod writes a last checkpoint; then it is killed, and recovers next time
_LOCK_SECONDS = 1.0
_STEADY_SECONDS = 10.0  # a mongod that lived as long was well; one that did not is started slower
_LONGEST_PAUSE_SECONDS = 5.0
_SCARCE_BYTES = 500_000_000
_TAIL_BYTES = 100_000
_RESTARTED = "SERVER RESTARTED"  # what mongod writes between two lives in one log
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def locked(path: Path, how: int) -> int | None:
    """Return a descriptor that holds the lock on `path`, or None when others are in its way.

    `how` is `fcntl.LOCK_SH` or `fcntl.LOCK_EX`. Closing the descriptor gives the lock back.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return descriptor


def own_folder(path: Path) -> None:
    """Make sure that `path` is a folder which this user alone can enter; make it if need be.

    Raises OSError; PermissionError when it is somebody else's, a link, or no folder at all.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(f"{path} is not a folder of this user")
    if found.st_mode & 0o077:
        path.chmod(0o700)


def listens(socket: Path) -> bool:
    """Say whether a program answers on this unix socket."""
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as client:
        client.settimeout(1.0)
        return client.connect_ex(str(socket)) == 0


class Keeper:
    """One mongod, from the first user's arrival to the last one's leaving."""

    def __init__(self, *, binary: Path, folder: Path, socket: Path, lock: int) -> None:
        self._binary = binary
        self._folder = folder
        self._socket = socket
        self._lock = lock
        self._asked_to_stop = False
        self._ready = False
        self._pause_seconds = 0.0
        self._started = 0.0

    def run(self) -> None:
        """Keep mongod running while it is used; return when it has ended."""
        self._listen_to_signals()
        mongod = self._start()
        while not self._unused():
            if mongod.poll() is not None:
                if not self._ready and mongod.returncode != -signal.SIGKILL:
                    _report(_why(mongod.returncode, self._folder))
                    return
                mongod = self._start_again()
            elif not self._ready:
                self._ready = listens(self._socket)
                if self._ready:
                    _end_report()
            else:
                self._look_after(mongod)
            time.sleep(_TICK_SECONDS if self._ready else _START_TICK_SECONDS)
        self._stop(mongod)

    def _listen_to_signals(self) -> None:
        def stop(*_: object) -> None:
            self._asked_to_stop = True

        # Handlers, not SIG_IGN: mongod would inherit that.
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGHUP, lambda *_: None)

    def _unused(self) -> bool:
        # The lock is never given back: it goes with this process, after mongod.
        users = self._folder / USERS_LOCK
        return self._asked_to_stop or locked(users, fcntl.LOCK_EX) is not None

    def _start(self) -> subprocess.Popen[bytes]:
        own_folder(self._socket.parent)
        self._started = time.monotonic()
        keeper = os.getpid()
        with (self._folder / "mongod.out").open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - the program that storage.mongod found
                _command(self._binary, self._folder, self._socket),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[self._lock],
                # There is one thread here, so nothing can be locked at the fork.
                preexec_fn=lambda: _die_with(keeper),  # noqa: PLW1509
            )

    def _start_again(self) -> subprocess.Popen[bytes]:
        """Start mongod after it died; slower each time when it does not stay."""
        if time.monotonic() - self._started > _STEADY_SECONDS:
            self._pause_seconds = 0.0
        time.sleep(self._pause_seconds)
        self._pause_seconds = min(self._pause_seconds * 2 + 0.1, _LONGEST_PAUSE_SECONDS)
        return self._start()

    def _look_after(self, mongod: subprocess.Popen[bytes]) -> None:
        log = self._folder / LOG
        with contextlib.suppress(FileNotFoundError):
            if log.stat().st_size > _LOG_BYTES:
                log.replace(log.with_name(f"{LOG}.1"))
                mongod.send_signal(signal.SIGUSR1)  # it opens the file anew

    def _stop(self, mongod: subprocess.Popen[bytes]) -> None:
        mongod.terminate()
        try:
            mongod.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            mongod.kill()
            mongod.wait()
        self._socket.unlink(missing_ok=True)
        if self._socket.parent != self._folder:
            with contextlib.suppress(OSError):
                self._socket.parent.rmdir()


def _command(binary: Path, folder: Path, socket: Path) -> list[str]:
    """Return the command line of mongod: no TCP, little memory, nothing told to anybody."""
    options = {
        "--dbpath": folder / "db",
        "--replSet": REPLICA_SET,
        "--bind_ip": socket,
        "--wiredTigerCacheSizeGB": 0.25,  # the least that mongod takes
        # Journal files of 16 MB, not 100: three are laid out in advance.
        "--wiredTigerEngineConfigString": "log=(file_max=16MB)",
        "--oplogSize": _OPLOG_MB,
        "--setParameter": "diagnosticDataCollectionEnabled=false",
        "--logpath": folder / LOG,
        "--logRotate": "reopen",
        # Slow commands are logged with what they look for, and that may be a name.
        "--slowms": 2_000_000_000,
    }
    command = [str(binary), "--nounixsocket", "--logappend", "--quiet"]
    for option, value in options.items():
        command += [option, str(value)]
    return command


def _die_with(keeper: int) -> None:
    """Between fork and exec: have the kernel kill this process when the keeper is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(1)


def _why(code: int, folder: Path) -> str:
    """Say why mongod ended, with the last lines it left."""
    lines = [f"mongod did not start (it ended with {code})."]
    free = shutil.disk_usage(folder).free
    if free < _SCARCE_BYTES:
        lines.append(f"The disk of {folder} has only {free // 1_000_000} MB left.")
    lines += last_lines(folder)
    return "\n".join([*lines, f"Its log is {folder / LOG}."])


def last_lines(folder: Path, count: int = 5) -> list[str]:
    """Return the last lines of the last mongod: its errors if it had any."""
    log = _tail(folder / LOG)
    starts = [number for number, line in enumerate(log) if _RESTARTED in line]
    log = log[starts[-1] :] if starts else log
    entries = [_entry(line) for line in _tail(folder / "mongod.out") + log]
    errors = [text for severity, text in entries if severity in {"E", "F"}]
    plain = [text for severity, text in entries if not severity]  # of the loader, for instance
    return (errors or plain or [text for _, text in entries])[-count:]


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _entry(line: str) -> tuple[str, str]:
    """Return severity and text of one line of mongod's log; no severity if it is not one."""
    try:
        entry = json.loads(line)
        return entry["s"], f"{entry['msg']} {json.dumps(entry.get('attr', {}))}"
    except (ValueError, KeyError, TypeError):
        return "", line


def _report(text: str) -> None:
    """Tell the program that started the keeper; it may be gone."""
    with contextlib.suppress(OSError):
        os.write(1, text.encode())


def _end_report() -> None:
    """Let that program go on: mongod answers."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _only_keeper(folder: Path) -> int | None:
    """Return the keeper's lock, or None where there is a keeper already."""
    until = time.monotonic() + _LOCK_SECONDS
    while (lock := locked(folder / KEEPER_LOCK, fcntl.LOCK_EX)) is None:
        # Not at once: programs that look whether there is a keeper lock the file for a moment.
        if time.monotonic() > until:
            return None
        time.sleep(_START_TICK_SECONDS)
    return lock


def main(arguments: Sequence[str]) -> None:
    """Go to the background and keep: the paths of mongod, its folder and its socket."""
    binary, folder, socket = (Path(argument) for argument in arguments)
    if os.fork():
        return  # so that nobody has to wait for the keeper: it is init's child
    os.umask(0o077)
    os.chdir(folder)
    lock = _only_keeper(folder)
    if lock is not None:
        Keeper(binary=binary, folder=folder, socket=socket, lock=lock).run()


if __name__ == "__main__":
    main(sys.argv[1:])
