"""Where crops go: into the spool, or into a folder to be looked at."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from camera.options import CameraError, Totals
from camera.posting import Poster
from camera.spool import Post, Spool

SLICE = 0.2
"""Seconds between looks at `stop` while waiting for room."""


@dataclass(kw_only=True)
class Spooling:
    """Puts crops into the spool.

    A recording can wait for room while the server takes crops, and `patience` seconds longer; a
    live source cannot (its patience is 0), and what finds no room is lost.
    """

    spool: Spool
    poster: Poster
    totals: Totals
    stop: threading.Event
    patience: float
    say: Callable[[str], None]
    _full: bool = field(default=False, init=False)

    def put(self, post: Post, jpeg: bytes) -> bool:
        """Keep a crop on disk; False if it is lost."""
        try:
            kept, why = self._put(post, jpeg), f"the spool is full ({len(self.spool)} crops)"
        except OSError as error:
            kept, why = False, f"the spool cannot be written ({error.strerror})"
        if not kept and not self._full:
            self.say(f"{why}: new crops are lost, and counted")
        self._full = not kept
        self.totals.waiting = len(self.spool)
        return kept

    def _put(self, post: Post, jpeg: bytes) -> bool:
        began = time.monotonic()
        kept = self.spool.put(post, jpeg)
        while not kept and self._may_wait(began):
            kept = self.spool.put(post, jpeg, patience=SLICE)
        return kept

    def _may_wait(self, began: float) -> bool:
        if self.stop.is_set() or not self.patience:
            return False
        since = self.poster.last_success if self._full else max(began, self.poster.last_success)
        return time.monotonic() - since < self.patience


@dataclass(frozen=True)
class DryRun:
    """Writes crops into a folder instead of posting them."""

    folder: Path

    def put(self, post: Post, jpeg: bytes) -> bool:
        """Write one crop, named by its moment, track and frame. Raises CameraError if it cannot."""
        moment = post.captured_at.replace(":", "")
        name = f"{moment}_{post.track.partition('-')[2]}_{post.frame.partition('-')[2]}.jpg"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(jpeg)
        except OSError as error:
            raise CameraError(f"--dry-run {self.folder}: {error.strerror}") from error
        return True
