"""The work of the capture thread: look at frames, find and follow faces, hand on the good crops."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from camera.crops import cut
from camera.faces import FaceFinder
from camera.options import Totals
from camera.sources import Frame, Source
from camera.spool import Post, new_post
from camera.tracks import Chosen, Seen, Thinner


class Sink(Protocol):
    """Where chosen crops go."""

    def put(self, post: Post, jpeg: bytes) -> bool:
        """Take a crop; False if it is lost."""


@dataclass(kw_only=True)
class Watcher:
    """Watches one source. Runs in one thread; `stop` may be set by another."""

    source: Source
    finder: FaceFinder
    sink: Sink
    totals: Totals
    stop: threading.Event
    margin: float
    run: str = field(default_factory=lambda: uuid4().hex[:8])

    def watch(self) -> None:
        """Look at every frame until the source ends or `stop` is set."""
        step = self.source.step
        thinner = Thinner(step=step or 0.0)
        for frame in self.source.frames(self.stop):
            seen = self._look(frame)
            if step is None:
                self._hand_on(self._apart(seen))
                continue
            self._hand_on(thinner.look(seen, frame.seconds))
            self.totals.tracks = thinner.started
        self._hand_on(thinner.finish())
        if not self.source.live and not self.stop.is_set():
            self.totals.done = 1.0

    def _look(self, frame: Frame) -> list[Seen]:
        """Cut every face of a frame."""
        self.totals.frames += 1
        self.totals.done = frame.done
        if frame.image is None:
            self.totals.unreadable += 1
            return []
        faces = self.finder.find(frame.image)
        self.totals.faces += len(faces)
        name = f"{self.run}-f{self.totals.frames}"
        crops = [(face.box, cut(frame.image, face, margin=self.margin)) for face in faces]
        return [Seen(box, crop, name, frame.captured_at) for box, crop in crops]

    def _apart(self, faces: Iterable[Seen]) -> Iterable[Chosen]:
        """Choose every face of a picture that stands alone, each as a track of its own."""
        for face in faces:
            self.totals.tracks += 1
            yield Chosen(self.totals.tracks, face)

    def _hand_on(self, chosen: Iterable[Chosen]) -> None:
        """Give crops to the sink, and count them."""
        for one in chosen:
            seen, track = one.seen, f"{self.run}-t{one.track}"
            post = new_post(seen.captured_at, track, seen.frame, seen.crop.box)
            self.totals.crops += 1
            if not self.sink.put(post, seen.crop.jpeg()):
                self.totals.lost += 1
