"""Where frames come from: a folder of pictures, a recording, or a live stream.

`captured_at` of a live frame is the moment it was read. A recording, and pictures with a rate, are
dated as if they had ended when the run began, unless `started_at` says when they began. Pictures
without a rate stand alone, each dated when it was read.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import cv2

from camera.faces import Image
from camera.options import CameraError, CameraOptions, without_password

log = logging.getLogger(__name__)

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
RATE = 5.0
"""Frames a second that are looked at in recordings and streams, unless told otherwise."""
UNKNOWN_RATE = 25.0
"""Taken for a recording that does not say its own rate."""
PATIENCE_MS = 10_000
"""How long a stream may take to open, or to send its next frame."""
LONGEST_PAUSE = 30.0
"""Seconds; pauses between tries to reach a stream double from one second up to this."""

Clock = Callable[[], datetime]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Frame:
    """One picture to look at. `image` is None where the file could not be read.

    `seconds` counts from the first frame; `done` is the share of a file that is behind us.
    """

    image: Image | None
    captured_at: datetime
    seconds: float
    done: float | None = None


@dataclass(frozen=True)
class Pictures:
    """The pictures of a folder and its subfolders, sorted by path."""

    files: tuple[Path, ...]
    clock: Clock
    started_at: datetime | None
    rate: float | None
    live = False

    @property
    def step(self) -> float | None:
        """Seconds between frames; None: the pictures have nothing to do with one another."""
        return 1 / self.rate if self.rate else None

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Read one picture after the other."""
        step = self.step or 0.0
        began = self.started_at or self.clock() - timedelta(seconds=step * len(self.files))
        for index, file in enumerate(self.files):
            if stop.is_set():
                return
            dated = self.rate is not None or self.started_at is not None
            at = began + timedelta(seconds=step * index) if dated else self.clock()
            yield Frame(read_picture(file), at, step * index, (index + 1) / len(self.files))


@dataclass(frozen=True)
class Recording:
    """A video file, read as fast as it goes."""

    file: Path
    clock: Clock
    started_at: datetime | None
    rate: float
    live = False

    @property
    def step(self) -> float:
        """Seconds between the frames that are looked at."""
        return 1 / self.rate

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Read the frames that are due. Raises CameraError if the file is no video."""
        video = cv2.VideoCapture(str(self.file))
        try:
            if not video.isOpened():
                raise CameraError(f"{self.file} cannot be read as a video")
            yield from self._frames(video, stop)
        finally:
            video.release()

    def _frames(self, video: cv2.VideoCapture, stop: threading.Event) -> Iterator[Frame]:
        rate = video.get(cv2.CAP_PROP_FPS) or UNKNOWN_RATE
        count = max(0.0, video.get(cv2.CAP_PROP_FRAME_COUNT))
        began = self.started_at or self.clock() - timedelta(seconds=count / rate)
        index, due = 0, 0.0
        while not stop.is_set() and video.grab():
            seconds = index / rate
            index += 1
            if seconds + 0.5 / rate < due:
                continue
            due += self.step
            read, image = video.retrieve()
            at = began + timedelta(seconds=seconds)
            done = min(1.0, index / count) if count else None
            yield Frame(image.astype("uint8", copy=False) if read else None, at, seconds, done)


@dataclass(frozen=True)
class Stream:
    """A webcam (by its number) or a network stream; reached again whenever it breaks off."""

    address: str | int
    clock: Clock
    rate: float
    once: bool
    say: Say
    first_pause: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    live = True

    @property
    def step(self) -> float:
        """Seconds between the frames that are looked at."""
        return 1 / self.rate

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Read the frames that are due until `stop`, or until the stream ends with `once`.

        Raises CameraError if a webcam is not there at the start; a stream is waited for.
        """
        began, pause, seen = self.monotonic(), self.first_pause, False
        while not stop.is_set():
            for frame in self._connection(began, stop):
                pause, seen = self.first_pause, True
                yield frame
            if stop.is_set() or (self.once and seen):
                return
            if isinstance(self.address, int) and not seen:
                raise CameraError(f"there is no webcam {self.address}")
            self.say(f"{self._name} sends nothing; trying again in {pause:.0f} s")
            stop.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _connection(self, began: float, stop: threading.Event) -> Iterator[Frame]:
        video, due = self._open(), 0.0
        try:
            while not stop.is_set() and video.grab():
                seconds = self.monotonic() - began
                if seconds < due:
                    continue
                due = max(due + self.step, seconds)
                read, image = video.retrieve()
                if read:
                    yield Frame(image.astype("uint8", copy=False), self.clock(), seconds)
        finally:
            video.release()

    def _open(self) -> cv2.VideoCapture:
        if isinstance(self.address, int):
            return cv2.VideoCapture(self.address)
        limits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC)
        options = [number for limit in limits for number in (limit, PATIENCE_MS)]
        return cv2.VideoCapture(self.address, cv2.CAP_FFMPEG, options)

    @property
    def _name(self) -> str:
        webcam = isinstance(self.address, int)
        return f"webcam {self.address}" if webcam else without_password(str(self.address))


Source = Pictures | Recording | Stream


def open_source(options: CameraOptions, *, clock: Clock, say: Say) -> Source:
    """Tell by its look what a source is. Raises CameraError if it is nothing that can be read."""
    text, rate = options.source, options.rate
    if text.isdecimal():
        return Stream(int(text), clock, rate or RATE, options.once, say)
    if "://" in text:
        return Stream(text, clock, rate or RATE, options.once, say)
    path = Path(text).expanduser()
    if path.is_dir():
        return Pictures(_pictures(path), clock, options.started_at, rate)
    if path.is_file() and path.suffix.lower() in PICTURES:
        return Pictures((path,), clock, options.started_at, rate)
    if path.is_file():
        return Recording(path, clock, options.started_at, rate or RATE)
    raise CameraError(f"{text}: no such folder or file (streams begin with rtsp:// or http://)")


def read_picture(file: Path) -> Image | None:
    """Return a picture as BGR, upright as its EXIF says, or None if it cannot be read."""
    try:
        image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        log.warning("skipped a picture that cannot be read: %s", file)
        return None
    return image.astype("uint8", copy=False)


def _pictures(folder: Path) -> tuple[Path, ...]:
    files = (file for file in folder.rglob("*") if file.suffix.lower() in PICTURES)
    found = tuple(sorted(file for file in files if file.is_file()))
    if not found:
        raise CameraError(f"{folder} has no pictures ({', '.join(sorted(PICTURES))})")
    return found
