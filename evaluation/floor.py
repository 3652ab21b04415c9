"""The floor of recognition: the models alone, on tensors that are ready, at their best batch."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluation.cores import millis
from recognition.alignment import FACE_SIDE
from recognition.detection import Looks
from recognition.engine import Engine
from recognition.images import decode
from recognition.letterbox import letterbox
from recognition.runtime import Session

Tensor = NDArray[np.float32]

BATCHES = (1, 4, 8, 16)
TRIALS = 5


class Way(NamedTuple):
    """How a model is run: streams side by side, threads of each, rows of a batch."""

    streams: int
    threads: int
    batch: int

    def __str__(self) -> str:
        return f"{self.streams} x {self.threads} threads, batches of {self.batch}"


class Model(NamedTuple):
    """A network without anything around it, and the batches it takes."""

    run: Callable[[Tensor], object]
    batches: tuple[int, ...]


def bare_models(pack: str, threads: int) -> tuple[Model, Model]:
    """Give a pack's detector and embedder, each on so many threads: one stream.

    The only place here that looks inside an engine.
    """
    engine = Engine.load(pack, threads=threads)
    detector: Session = engine._detector._proposer._session  # type: ignore[attr-defined]  # noqa: SLF001
    return _model(detector), _model(engine._embedder._session)  # noqa: SLF001


def _model(session: Session) -> Model:
    bare, name = session._session, session._input  # noqa: SLF001
    fixed = bare.get_inputs()[0].shape[0] == 1
    return Model(lambda tensor: bare.run(None, {name: tensor}), (1,) if fixed else BATCHES)


@dataclass(slots=True)
class Stage:
    """A model's streams by the threads of each, and its input (n, ...). `way` is the fastest."""

    streams: dict[int, list[Model]]
    tensor: Tensor
    pool: ThreadPoolExecutor
    way: Way = field(init=False)

    def choose(self, rows: slice) -> None:
        """Try every way on some rows, in turns; its first run may compile and is not counted."""
        ways = self._ways()
        for way in ways:
            self._run(way, rows)
        trials = [[millis(self._run, way, rows) for way in ways] for _ in range(TRIALS)]
        self.way = ways[int(np.argmin(np.min(trials, axis=0)))]

    def _ways(self) -> list[Way]:
        return [
            Way(len(streams), threads, batch)
            for threads, streams in self.streams.items()
            for batch in streams[0].batches
        ]

    def run(self, rows: slice) -> float:
        """Run some rows once; return milliseconds."""
        return millis(self._run, self.way, rows)

    def _run(self, way: Way, rows: slice) -> None:
        tensor, streams = self.tensor[rows], self.streams[way.threads]
        parts = [tensor[at : at + way.batch] for at in range(0, len(tensor), way.batch)]
        shares = [parts[number :: way.streams] for number in range(way.streams)]
        list(self.pool.map(_run_all, streams, shares))


def _run_all(model: Model, parts: Sequence[Tensor]) -> None:
    for part in parts:
        model.run(part)


class Floor(NamedTuple):
    """The detector once and the embedder once a crop."""

    detector: Stage
    embedder: Stage


@contextmanager
def floor_of(pack: str, threads: int, crops: Sequence[bytes], some: int) -> Iterator[Floor]:
    """Load the models for every way that keeps `threads` cores busy; find the fastest for `some`.

    Blocks: a second for each stream, and some for the trials.
    """
    loaded: dict[int, list[tuple[Model, Model]]] = {}
    for streams, each in dict.fromkeys([(1, threads), (threads, 1)]):
        loaded[each] = [bare_models(pack, each) for _ in range(streams)]
    with ThreadPoolExecutor(threads) as pool:
        floor = Floor(
            *(
                Stage(
                    {each: [one[which] for one in pair] for each, pair in loaded.items()},
                    tensor,
                    pool,
                )
                for which, tensor in enumerate(_tensors(crops))
            )
        )
        for stage in floor:
            stage.choose(slice(some))
        yield floor


def _tensors(crops: Sequence[bytes]) -> tuple[Tensor, Tensor]:
    """Give crops as both models take them: (n, 3, side, side) and (n, 3, 112, 112)."""
    pictures = [decode(crop) for crop in crops]
    sides = (Looks().crop[0].side, FACE_SIDE)
    canvases = [[letterbox(one, side, enlarge=True)[0] for one in pictures] for side in sides]
    whole, faces = (np.stack(some).transpose(0, 3, 1, 2) for some in canvases)
    return np.ascontiguousarray(whole, np.float32), np.ascontiguousarray(faces, np.float32)
