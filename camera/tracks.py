"""Following faces from frame to frame, and choosing the few crops of each that are worth posting.

The camera thins; the server judges. A track is one face followed without a gap. Its first crop goes
within half a second of its first good look, later ones only if they are clearly better and at
growing intervals, and one a minute says that the person is still there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from camera.crops import Crop
from camera.faces import Box

FIRST_AFTER = 0.5
"""Seconds from the first good crop of a track within which its best is posted ..."""
POOR_AFTER = 3.0
"""... and from its first crop of any kind: a poor picture is better than none."""
GOOD = 0.05
"""Value of a good crop: a sharp face of 40 px has 0.1, a blurred one of any size 0.03."""
INTERVALS = (1.0, 4.0, 15.0)
"""Seconds from a post to the next one, if there is a better crop by then; the last one repeats."""
STILL_THERE = 60.0
"""Seconds after which the best new crop is posted, even if it is no better."""
BETTER = 1.1
"""A crop is better if its value is this many times that of the best one posted."""
LOST_AFTER = 1.5
"""Seconds without its face after which a track ends ..."""
LOST_STEPS = 2.5
"""... and at least this many frames, where frames are rare."""
ROUNDING = 1e-6
"""Seconds; a frame that comes at an interval's very end is in time."""
SAME_OVERLAP = 0.2
REACH = 1.0
"""A face may move by this many of its sides between two frames (a brisk walk at 5 frames/s)."""
SAME_SIZE = 1.8
"""... if it did not grow or shrink by more than this."""


@dataclass(frozen=True)
class Seen:
    """A face of a frame, cut: where it was, the crop, the frame's name and moment."""

    box: Box
    crop: Crop
    frame: str
    captured_at: datetime


@dataclass(frozen=True)
class Chosen:
    """A crop worth posting, and the number of its track."""

    track: int
    seen: Seen


@dataclass
class Track:
    """One face followed. Times are seconds of the source."""

    number: int
    box: Box
    last: float
    first: float
    posts: int = 0
    posted_at: float = 0.0
    posted_value: float = 0.0
    good_since: float | None = None
    best: Chosen | None = None

    def see(self, seen: Seen, now: float) -> None:
        """Take a new sight of the face; keep its crop if it is the best since the last post."""
        self.box, self.last = seen.box, now
        if self.good_since is None and seen.crop.value >= GOOD:
            self.good_since = now
        if self.best is None or seen.crop.value > self.best.seen.crop.value:
            self.best = Chosen(self.number, seen)

    def due(self, now: float, *, step: float) -> Chosen | None:
        """Return the crop to post at `now`, if it is time; the next frame comes `step` later."""
        if self.best is None:
            return None
        waited, good = now - self.posted_at + ROUNDING, self.good_since
        if self.posts == 0:
            poor = self.first + POOR_AFTER
            ready = now + step > min(poor, poor if good is None else good + FIRST_AFTER)
        elif self._is_better():
            ready = waited >= INTERVALS[min(self.posts, len(INTERVALS)) - 1]
        else:
            ready = waited >= STILL_THERE
        return self._post(now) if ready else None

    def end(self) -> Chosen | None:
        """Return the last crop worth posting of a track that has ended."""
        return self._post(self.last) if self.posts == 0 or self._is_better() else None

    def _is_better(self) -> bool:
        return self.best is not None and self.best.seen.crop.value > BETTER * self.posted_value

    def _post(self, now: float) -> Chosen | None:
        chosen, self.best = self.best, None
        if chosen is not None:
            self.posts += 1
            self.posted_at = now
            self.posted_value = max(self.posted_value, chosen.seen.crop.value)
        return chosen


@dataclass
class Thinner:
    """Turns the faces of frames into the few crops to post. `step`: seconds between frames."""

    step: float
    tracks: list[Track] = field(default_factory=list)
    started: int = 0

    def look(self, faces: Sequence[Seen], now: float) -> list[Chosen]:
        """Take the faces of the frame at `now`; return the crops that are to be posted now."""
        oldest = now - max(LOST_AFTER, LOST_STEPS * self.step)
        gone = [track for track in self.tracks if track.last < oldest]
        self.tracks = [track for track in self.tracks if track.last >= oldest]
        for seen, track in self._assign(faces, now):
            track.see(seen, now)
        chosen = [track.end() for track in gone]
        chosen += [track.due(now, step=self.step) for track in self.tracks]
        return [crop for crop in chosen if crop is not None]

    def finish(self) -> list[Chosen]:
        """End every track; return what is still worth posting."""
        chosen = [track.end() for track in self.tracks]
        self.tracks = []
        return [crop for crop in chosen if crop is not None]

    def _assign(self, faces: Sequence[Seen], now: float) -> Iterator[tuple[Seen, Track]]:
        """Give each face the track it continues, nearest pairs first, or a new one."""
        pairs = [(_nearness(t.box, s.box), t, s) for t, s in product(self.tracks, faces)]
        taken: set[int] = set()
        for nearness, track, seen in sorted(pairs, key=lambda pair: -pair[0]):
            if nearness > 0 and id(track) not in taken and id(seen) not in taken:
                taken |= {id(track), id(seen)}
                yield seen, track
        for seen in faces:
            if id(seen) not in taken:
                self.started += 1
                self.tracks.append(Track(self.started, seen.box, now, now))
                yield seen, self.tracks[-1]


def _nearness(before: Box, after: Box) -> float:
    """Return 0 if two boxes cannot be the same face, else more the nearer they are, up to 2."""
    overlap = before.overlap(after)
    if overlap >= SAME_OVERLAP:
        return 1.0 + overlap
    grown = max(before.side, after.side) / max(1e-9, min(before.side, after.side))
    reach = REACH * max(before.side, after.side)
    near = 1.0 - before.distance(after) / max(1e-9, reach)
    return max(0.0, near) if grown <= SAME_SIZE else 0.0
