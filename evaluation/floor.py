"""The floor of recognition: the models alone, on tensors that are ready, at their best batch."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluation.cores import millis
from recognition.alignment import FACE_SIDE
from recognition.detection import Looks
from recognition.folding import free_sides, load_folded
from recognition.images import decode
from recognition.letterbox import letterbox
from recognition.packs import Pack, find_pack
from recognition.runtime import Session, open_session

Tensor = NDArray[np.float32]

BATCHES = (16, 8, 4, 1)
TRIALS = 5


class Way(NamedTuple):
    """How a model is run: callers at once, the threads they have between them, rows of a batch."""

    streams: int
    threads: int
    batch: int

    def __str__(self) -> str:
        each = self.threads // self.streams
        return f"{self.streams} x {each} threads, batches of {self.batch}"


@dataclass(slots=True)
class Stage:
    """A model opened for every way to keep the cores busy, and its input (n, ...).

    `way` is the fastest.
    """

    sessions: dict[int, Session]
    tensor: Tensor
    batches: Sequence[int]
    pool: ThreadPoolExecutor
    threads: int
    way: Way = field(init=False)

    def choose(self, rows: slice) -> None:
        """Try every way on some rows, in turns; its first run may compile and is not counted."""
        ways = [
            Way(streams, self.threads, batch) for streams in self.sessions for batch in self.batches
        ]
        for way in ways:
            self._run(way, rows)
        trials = [[millis(self._run, way, rows) for way in ways] for _ in range(TRIALS)]
        self.way = ways[int(np.argmin(np.min(trials, axis=0)))]

    def run(self, rows: slice) -> float:
        """Run some rows once; return milliseconds."""
        return millis(self._run, self.way, rows)

    def _run(self, way: Way, rows: slice) -> None:
        tensor, session = self.tensor[rows], self.sessions[way.streams]
        parts = [tensor[at : at + way.batch] for at in range(0, len(tensor), way.batch)]
        shares = [parts[number :: way.streams] for number in range(way.streams)]
        list(self.pool.map(lambda share: [session.run(part) for part in share], shares))


class Floor(NamedTuple):
    """The detector once and the embedder once a crop."""

    detector: Stage
    embedder: Stage


@contextmanager
def floor_of(name: str, threads: int, crops: Sequence[bytes], some: int) -> Iterator[Floor]:
    """Load a pack's models, and find the fastest way to run each on `some` of the crops.

    Blocks: a second for each model, and some for the trials.
    """
    pack = find_pack(name)
    whole, faces = _tensors(crops)
    one_by_one = pack.family.detector_kind == "scrfd"  # its batch is fixed
    with ThreadPoolExecutor(threads) as pool:
        detectors, embedders = _sessions(pack, threads)
        floor = Floor(
            Stage(detectors, whole, (1,) if one_by_one else BATCHES, pool, threads),
            Stage(embedders, faces, BATCHES, pool, threads),
        )
        for stage in floor:
            stage.choose(slice(some))
        yield floor


def _sessions(pack: Pack, threads: int) -> tuple[dict[int, Session], dict[int, Session]]:
    """Open both models for one caller who has every thread, and for one caller a thread."""
    detectors, embedders = dict[int, Session](), dict[int, Session]()
    for streams in dict.fromkeys((1, threads)):
        detector, embedder = free_sides(load_folded(pack.detector)), load_folded(pack.embedder)
        detectors[streams] = open_session(detector, threads=threads, streams=streams)
        embedders[streams] = open_session(embedder, threads=threads, streams=streams)
        detectors[streams].batches = embedders[streams].batches = BATCHES
    return detectors, embedders


def _tensors(crops: Sequence[bytes]) -> tuple[Tensor, Tensor]:
    """Give crops as both models take them: (n, 3, side, side) and (n, 3, 112, 112)."""
    pictures = [decode(crop) for crop in crops]
    sides = (Looks().crop[0].side, FACE_SIDE)
    canvases = [[letterbox(one, side, enlarge=True)[0] for one in pictures] for side in sides]
    whole, faces = (np.stack(some).transpose(0, 3, 1, 2) for some in canvases)
    return np.ascontiguousarray(whole, np.float32), np.ascontiguousarray(faces, np.float32)
