"""Files that are still there after the power went: what obstore's local store does not promise.

A picture is written beside, synced, given its name, and then the folder is synced that has the
name. So a name never stands for half a picture, and an acknowledged picture never loses its name.
"""

import contextlib
import errno
import os
import secrets
from datetime import datetime
from pathlib import Path

# A name that ends in # and digits is a half-written file to obstore too; it does not list it.
_INCOMING = ".incoming"
_HALF = "#0"
_TRIES = 10
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP}  # network file systems


class ImageFolder:
    """A local folder (0700) of pictures (0600). Blocks; safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / _INCOMING
        self._durable: set[Path] = set()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._incoming.mkdir(mode=0o700, exist_ok=True)

    def write(self, key: str, data: bytes) -> None:
        """Keep `data` under a new name; durable when it returns.

        Raises FileExistsError, and OSError when the disk is full or away.
        """
        half = self._incoming / f"{secrets.token_hex(8)}{_HALF}"
        final = self._root / key
        try:
            _write(half, data)
            self._name(half, final)
        finally:
            half.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):  # deleted again already
            _sync(final.parent)

    def holds(self, key: str, data: bytes) -> bool:
        """Say whether these very bytes are kept under the key; if so, durably."""
        final = self._root / key
        if final.read_bytes() != data:
            return False
        self._make_durable(final.parent)
        _sync(final)
        _sync(final.parent)
        return True

    def sweep(self, older_than: datetime) -> None:
        """Remove the halves that killed programs left."""
        for half in self._incoming.glob(f"*{_HALF}"):
            with contextlib.suppress(FileNotFoundError):
                if half.stat().st_mtime < older_than.timestamp():
                    half.unlink()

    def _name(self, half: Path, final: Path) -> None:
        for tries_left in reversed(range(_TRIES)):
            try:
                self._make_durable(final.parent)
                _link(half, final)
            except FileNotFoundError:  # a folder was empty, and was removed just now
                self._durable.clear()
                if not tries_left:
                    raise
            else:
                return

    def _make_durable(self, folder: Path) -> None:
        """Make sure that the folder exists, also after a loss of power."""
        if folder in self._durable:
            return
        if folder != self._root:
            self._make_durable(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)
        self._durable.add(folder)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())


def _link(half: Path, final: Path) -> None:
    try:
        os.link(half, final)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # a file system without links
        if final.exists():
            raise FileExistsError(final) from None
        half.replace(final)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
