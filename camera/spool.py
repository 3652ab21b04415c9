"""Crops on their way: kept on disk until the server has taken them.

A crop is written before it is posted and deleted after its 202, so a camera that is killed at any
moment posts the rest when it starts again, under the same idempotency keys. The folder is bounded:
when it is full, new crops are refused and the oldest stay.
"""

import fcntl
import json
import os
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

from camera.options import CameraError

SUFFIX = ".crop"
UNFINISHED = ".part"


@dataclass(frozen=True)
class Post:
    """One crop as it is posted. `captured_at` is RFC 3339; `box` is left, top, width, height."""

    captured_at: str
    track: str
    frame: str
    box: tuple[int, int, int, int]
    idempotency_key: str

    @property
    def fields(self) -> dict[str, str]:
        """The form fields that go with the image."""
        box = ",".join(str(number) for number in self.box)
        times = {"captured_at": self.captured_at}
        return times | {"track": self.track, "frame": self.frame, "box": box}


def new_post(captured_at: datetime, track: str, frame: str, box: tuple[int, int, int, int]) -> Post:
    """Make a post with an idempotency key of its own, kept over every retry and restart."""
    moment = captured_at.astimezone(UTC).isoformat(timespec="milliseconds")
    return Post(moment.replace("+00:00", "Z"), track, frame, box, uuid4().hex)


class Spool:
    """A bounded folder of crops, oldest first. Safe for threads; one process at a time."""

    def __init__(self, folder: Path, *, count: int, max_bytes: int) -> None:
        """Take up what an earlier run left. Raises CameraError if another camera runs here."""
        self._folder, self._count, self._max_bytes = folder, count, max_bytes
        self._room = threading.Condition()
        self._lock = _locked(folder)
        for unfinished in folder.glob(f"*{UNFINISHED}"):
            unfinished.unlink(missing_ok=True)
        self._sizes = {f.name: f.stat().st_size for f in sorted(folder.glob(f"*{SUFFIX}"))}
        self._bytes = sum(self._sizes.values())
        self._ready = deque(self._sizes)

    def __len__(self) -> int:
        """How many crops wait, those in flight included."""
        return len(self._sizes)

    def put(self, post: Post, jpeg: bytes, *, patience: float = 0.0) -> bool:
        """Keep a crop on disk; False if there was no room for `patience` seconds.

        Raises OSError if the disk does not take it.
        """
        data = json.dumps(asdict(post)).encode() + b"\n" + jpeg
        name = f"{time.time_ns():020d}-{post.idempotency_key[:8]}{SUFFIX}"
        with self._room:
            if not self._room.wait_for(lambda: self._fits(len(data)), patience):
                return False
            self._sizes[name] = len(data)
            self._bytes += len(data)
        try:
            _write(self._folder / name, data)
        except OSError:
            self.remove(name)
            raise
        with self._room:
            self._ready.append(name)
        return True

    def take(self) -> str | None:
        """Return the name of the oldest crop that nobody has taken, or None."""
        with self._room:
            return self._ready.popleft() if self._ready else None

    def read(self, name: str) -> tuple[Post, bytes] | None:
        """Return a crop that was taken, or None if its file is gone or torn."""
        try:
            head, _, jpeg = (self._folder / name).read_bytes().partition(b"\n")
            fields = json.loads(head)
            return Post(**fields | {"box": tuple(fields["box"])}), jpeg
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def give_back(self, name: str, *, to_the_end: bool) -> None:
        """Let a crop be taken again: next, or after all others."""
        with self._room:
            (self._ready.append if to_the_end else self._ready.appendleft)(name)

    def remove(self, name: str) -> None:
        """Forget a crop: it has arrived, or never will."""
        (self._folder / name).unlink(missing_ok=True)
        with self._room:
            self._bytes -= self._sizes.pop(name, 0)
            self._room.notify_all()

    def close(self) -> None:
        """Let another camera use the folder."""
        self._lock.close()

    def _fits(self, size: int) -> bool:
        return len(self._sizes) < self._count and self._bytes + size <= self._max_bytes


def _locked(folder: Path) -> IO[bytes]:
    """Make the folder, readable by its owner alone, and hold its lock until the process ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / "lock").open("wb")
    except OSError as error:
        raise CameraError(f"--spool {folder} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise CameraError(
            f"another camera uses {folder}; give this one a key of its own, or --spool"
        ) from error
    return lock


def _write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all, also when the power fails."""
    part = file.with_suffix(UNFINISHED)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.rename(file)
