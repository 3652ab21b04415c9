"""What a camera is told to do, and what it counts while it does it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit


class CameraError(Exception):
    """The camera cannot go on until a person does something; the message says what."""


@dataclass(frozen=True, kw_only=True)
class CameraOptions:
    """Everything one run of the camera is told. Sides are pixels, rates are per second."""

    source: str
    url: str = ""
    key: str = ""
    rate: float | None = None
    started_at: datetime | None = None
    once: bool = False
    min_face: int = 40
    min_score: float = 0.7
    margin: float = 0.4
    spool: Path | None = None
    spool_count: int = 2000
    spool_mb: float = 200.0
    in_flight: int = 4
    drain: timedelta = timedelta(seconds=30)
    dry_run: Path | None = None

    def __repr__(self) -> str:
        """Name the run without the key, and without a password that a stream's address carries."""
        return f"CameraOptions(source={without_password(self.source)!r}, url={self.url!r})"

    def check(self) -> None:
        """Raise CameraError for an address or a key that can never work."""
        if self.dry_run is not None:
            return
        address = urlsplit(self.url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise CameraError(f"--url {self.url or '(empty)'}: say it as http://host:port")
        if not self.key or not self.key.isascii() or not self.key.isprintable():
            raise CameraError("--key: the camera's key is missing (usher camera-key create)")

    def spool_folder(self) -> Path:
        """Return where crops wait: named by a hash of address and key, so neither is readable."""
        if self.spool is not None:
            return self.spool
        name = hashlib.sha256(f"{self.url}\n{self.key}".encode()).hexdigest()[:16]
        return Path.home() / ".local" / "state" / "usher" / "camera" / name


@dataclass(slots=True)
class Totals:
    """What a run has done so far. It is written while the run goes on.

    `lost` crops found the spool full; `refused` ones the server will never take; `waiting` ones
    are in the spool. `done` is the share of a file that was looked at, None for a live source.
    """

    frames: int = 0
    faces: int = 0
    tracks: int = 0
    crops: int = 0
    posted: int = 0
    refused: int = 0
    lost: int = 0
    waiting: int = 0
    unreadable: int = 0
    done: float | None = None

    @property
    def delivered(self) -> bool:
        """True if every crop that was cut has arrived."""
        return not (self.refused or self.lost or self.waiting)


def without_password(source: str) -> str:
    """Return the source as it may be shown: `rtsp://user:secret@host/x` becomes `rtsp://host/x`."""
    scheme, mark, rest = source.partition("://")
    if not mark:
        return source
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"
