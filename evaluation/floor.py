"""The floor of recognition: the models alone, on tensors that are ready, at their best batch."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, Self

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
TRIALS = 3


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
    """A model's streams by their threads, and its input (n, ...). `way` is the fastest found."""

    streams: dict[int, list[Model]]
    tensor: Tensor
    way: Way = field(init=False)

    def choose(self, pool: ThreadPoolExecutor) -> None:
        """Try every way and keep the fastest; the first run of each, which compiles, is free."""
        self.way = min(self._ways(), key=lambda way: self._trial(way, pool))

    def _ways(self) -> list[Way]:
        return [
            Way(len(streams), threads, batch)
            for threads, streams in self.streams.items()
            for batch in streams[0].batches
            if batch * len(streams) <= len(self.tensor) or batch == 1
        ]

    def _trial(self, way: Way, pool: ThreadPoolExecutor) -> float:
        self._run(way, pool)
        return min(millis(self._run, way, pool) for _ in range(TRIALS))

    def run(self, pool: ThreadPoolExecutor) -> float:
        """Run every row once; return milliseconds a row."""
        return millis(self._run, self.way, pool) / len(self.tensor)

    def _run(self, way: Way, pool: ThreadPoolExecutor) -> None:
        parts = [
            self.tensor[start : start + way.batch]
            for start in range(0, len(self.tensor), way.batch)
        ]
        streams = self.streams[way.threads]
        shares = [parts[number :: way.streams] for number in range(way.streams)]
        list(pool.map(_run_all, streams, shares))


def _run_all(model: Model, parts: Sequence[Tensor]) -> None:
    for part in parts:
        model.run(part)


@dataclass(slots=True)
class Floor:
    """The detector once and the embedder once a crop. `ms` of `run` is their sum."""

    detector: Stage
    embedder: Stage
    pool: ThreadPoolExecutor

    @classmethod
    def prepare(cls, pack: str, threads: int, crops: Sequence[bytes]) -> Self:
        """Load the models for every way that keeps `threads` cores busy, and choose the fastest."""
        loaded: dict[int, list[tuple[Model, Model]]] = {}
        for streams, each in dict.fromkeys([(1, threads), (threads, 1)]):
            loaded[each] = [bare_models(pack, each) for _ in range(streams)]
        pool = ThreadPoolExecutor(threads)
        detector, embedder = (
            Stage({each: [pair[which] for pair in pairs] for each, pairs in loaded.items()}, tensor)
            for which, tensor in enumerate(_tensors(crops))
        )
        for stage in (detector, embedder):
            stage.choose(pool)
        return cls(detector, embedder, pool)

    def run(self) -> tuple[float, float]:
        """Return milliseconds a crop of the detector and of the embedder."""
        return self.detector.run(self.pool), self.embedder.run(self.pool)


def _tensors(crops: Sequence[bytes]) -> tuple[Tensor, Tensor]:
    """Give crops as both models take them: (n, 3, side, side) and (n, 3, 112, 112)."""
    pictures = [decode(crop) for crop in crops]
    sides = (Looks().crop[0].side, FACE_SIDE)
    canvases = [[letterbox(one, side, enlarge=True)[0] for one in pictures] for side in sides]
    whole, faces = (np.stack(some).transpose(0, 3, 1, 2) for some in canvases)
    return np.ascontiguousarray(whole, np.float32), np.ascontiguousarray(faces, np.float32)
