"""From the bytes of a crop to a matched answer, beside the models alone and beside peers.

All take turns in one run, so that a noisy neighbour slows them alike, and of each the best turn
counts: noise only ever adds.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil  # type: ignore[import-untyped]

from evaluation.cores import MILLI, best, cores
from evaluation.crops import crops_of
from evaluation.floor import Floor, floor_of
from evaluation.peers import (
    FACE_RECOGNITION,
    INSIGHTFACE,
    Peer,
    PeerMissingError,
    Running,
    Tell,
    running,
)
from recognition.engine import Engine
from recognition.gallery import Gallery
from recognition.packs import DEFAULT

BATCH = 32  # at least one handful that suits the models for each of two cores
NEAREST = 10
A_PERSON = 3
MEGA = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionOptions:
    """What is measured, on what. `peers` is the folder they are installed in; None measures none.

    Without `insightface_models` insightface downloads its own.
    """

    data: Path | None = None
    pack: str = DEFAULT
    threads: int = 2
    crops: int = 64
    gallery: int = 10_000
    rounds: int = 5
    peers: Path | None = None
    insightface_models: Path | None = None


@dataclass(slots=True)
class Recogniser:
    """An engine and a gallery of strangers, as a worker has them."""

    engine: Engine
    gallery: Gallery

    @classmethod
    def load(cls, options: RecognitionOptions) -> "Recogniser":
        """Load the models; fill the gallery with random references, three a person."""
        engine = Engine.load(options.pack, threads=options.threads)
        gallery = Gallery(engine.dimensions, threads=options.threads)
        chance = np.random.default_rng(1)
        for number in range(options.gallery):
            vector = chance.standard_normal(engine.dimensions, np.float32)
            gallery.put(f"reference {number}", f"person {number // A_PERSON}", vector)
        return cls(engine, gallery)

    def recognise(self, crops: Sequence[bytes]) -> int:
        """Analyse a batch of crops and search for every face; return how many there were."""
        analyses = self.engine.analyse(crops)
        faces = [analysis.face.embedding for analysis in analyses if analysis.face]
        return len(self.gallery.search(np.stack(faces), NEAREST)) if faces else 0


@dataclass(slots=True)
class _Contest:
    """Who takes turns at the same crops, and milliseconds of each piece of each turn.

    A piece is a batch, to peers a crop. `found` counts the crops each saw a face in; `abouts` says
    what a peer is, or why it is none.
    """

    recogniser: Recogniser
    floor: Floor
    peers: dict[str, Running]
    abouts: dict[str, str]
    crops: Sequence[bytes]
    found: dict[str, int] = field(default_factory=dict)
    taken: dict[str, list[list[float]]] = field(default_factory=dict)

    def take_turns(self) -> None:
        """Measure each once."""
        found, ours, detector, embedder = 0, list[float](), list[float](), list[float]()
        for start in range(0, len(self.crops), BATCH):
            rows = slice(start, start + BATCH)
            begun = time.perf_counter()
            found += self.recogniser.recognise(self.crops[rows])
            ours.append((time.perf_counter() - begun) * MILLI)
            detector.append(self.floor.detector.run(rows))
            embedder.append(self.floor.embedder.run(rows))
        self.found["usher"] = found
        for name, pieces in {"usher": ours, "detector": detector, "embedder": embedder}.items():
            self.taken.setdefault(name, []).append(pieces)
        self._peers_take_turns()

    def _peers_take_turns(self) -> None:
        """Measure each once; whoever fails takes no more."""
        for name, peer in tuple(self.peers.items()):
            try:
                said = peer.turn("crops")
            except PeerMissingError as missing:
                del self.peers[name]
                self.abouts[name] = str(missing)
            else:
                self.taken.setdefault(name, []).append(said["ms"])
                self.found[name] = said["found"]

    def ms(self, name: str) -> float | None:
        """Return milliseconds a crop, of each piece the best turn; None where there was none."""
        turns = self.taken.get(name)
        return float(best(turns).sum()) / len(self.crops) if turns else None


def measure_recognition(
    options: RecognitionOptions, tick: Callable[[], None], tell: Tell
) -> dict[str, Any]:
    """Measure; `tick` is called for each of `options.rounds`, `tell` hears sentences.

    Returns the figures as `--json` prints them. Blocks.
    """
    crops = crops_of(options.data, options.crops)
    with cores(options.threads):
        recogniser = Recogniser.load(options)
        loaded = psutil.Process().memory_info().rss / MEGA
        for start in range(0, len(crops), BATCH):
            recogniser.recognise(crops[start : start + BATCH])
        peak = _peak_mb()  # before anything is loaded that only measuring wants
        with (
            floor_of(options.pack, options.threads, crops, BATCH) as floor,
            _peers(options, crops, tell) as (peers, abouts),
        ):
            contest = _Contest(recogniser, floor, peers, abouts, crops)
            for _ in range(options.rounds):
                contest.take_turns()
                tick()
    memory = {"rss_mb": round(peak, 1), "rss_loaded_mb": round(loaded, 1)}
    return {
        **_figures(contest),
        **memory,
        "floor_ways": {"detector": str(floor.detector.way), "embedder": str(floor.embedder.way)},
        "found": contest.found,
        "peers": abouts,
        "crops": len(crops),
        "batch": BATCH,
        "gallery": len(recogniser.gallery),
        "model": recogniser.engine.model,
        "provider": recogniser.engine.provider,
        "threads": options.threads,
    }


def _figures(contest: _Contest) -> dict[str, Any]:
    ours, detector, embedder = (
        contest.ms(name) or 0.0 for name in ("usher", "detector", "embedder")
    )
    peers = {peer.name: contest.ms(peer.name) for peer in (FACE_RECOGNITION, INSIGHTFACE)}
    return {
        "ms_per_crop": round(ours, 2),
        "floor_ratio": round(ours / (detector + embedder), 2),
        "times_faster_than": {
            name: None if taken is None else round(taken / ours, 1) for name, taken in peers.items()
        },
        "floor_ms": round(detector + embedder, 2),
        "detector_ms": round(detector, 2),
        "embedder_ms": round(embedder, 2),
        "peers_ms": {
            name: None if taken is None else round(taken, 1) for name, taken in peers.items()
        },
    }


@contextmanager
def _peers(
    options: RecognitionOptions, crops: Sequence[bytes], tell: Tell
) -> Iterator[tuple[dict[str, Running], dict[str, str]]]:
    """Start the peers that can be had here; give them, and of each what it is or why it is not."""
    started, abouts = dict[str, Running](), dict[str, str]()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="usher-crops-")))
        for peer in (FACE_RECOGNITION, INSIGHTFACE) if options.peers else ():
            asked = _asked(peer, options, _written(crops, folder))
            try:
                process = running(peer, asked, options.peers or folder, tell)
                started[peer.name] = stack.enter_context(process)
                abouts[peer.name] = started[peer.name].about
            except PeerMissingError as missing:
                abouts[peer.name] = _why(peer, options, str(missing))
        yield started, abouts


def _asked(peer: Peer, options: RecognitionOptions, paths: list[str]) -> dict[str, Any]:
    asked: dict[str, Any] = {"crops": paths, "gallery": options.gallery}
    if peer is INSIGHTFACE:
        own = {"name": "buffalo_l", "root": f"{options.peers}/insightface-models"}
        given = options.insightface_models
        asked["models"] = {"name": str(given.resolve())} if given else own
    return asked


def _why(peer: Peer, options: RecognitionOptions, missing: str) -> str:
    if peer is INSIGHTFACE and options.insightface_models is None:
        return f"{missing} Give a folder of its models with --insightface-models."
    return missing


def _written(crops: Sequence[bytes], folder: Path) -> list[str]:
    paths = [folder / f"{number:04d}.jpg" for number in range(len(crops))]
    for path, crop in zip(paths, crops, strict=True):
        path.write_bytes(crop)
    return [str(path) for path in paths]


def _peak_mb() -> float:
    """Return the most memory that this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGA
