"""From the bytes of a crop to a matched answer, beside the models alone and beside peers.

All take turns in one run, so that a noisy neighbour slows them alike, and of each the best turn
counts: noise only ever adds.
"""

import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil  # type: ignore[import-untyped]
from numpy.typing import NDArray

from evaluation.cast import cast, portraits
from evaluation.cores import cores, millis
from evaluation.floor import Floor
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

BATCH = 16  # as a worker claims them
SIDE = 250
QUALITY = 90
NEAREST = 10
A_PERSON = 3
PASSES = 3  # of ours and of the floor in a round; peers take longer and make one
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
class _Turns:
    """Milliseconds a crop, turn by turn."""

    ours: list[float] = field(default_factory=list)
    detector: list[float] = field(default_factory=list)
    embedder: list[float] = field(default_factory=list)
    peers: dict[str, list[float]] = field(default_factory=dict)


@dataclass(slots=True)
class Recogniser:
    """An engine and a gallery of strangers, as a worker has them. `found` counts matched faces."""

    engine: Engine
    gallery: Gallery
    found: int = 0

    @classmethod
    def load(cls, options: RecognitionOptions) -> "Recogniser":
        """Load the models; fill the gallery with random references, three a person."""
        engine = Engine.load(options.pack, threads=options.threads)
        gallery = Gallery(engine.dimensions)
        chance = np.random.default_rng(1)
        for number in range(options.gallery):
            vector = chance.standard_normal(engine.dimensions, np.float32)
            gallery.put(f"reference {number}", f"person {number // A_PERSON}", vector)
        return cls(engine, gallery)

    def recognise(self, crops: Sequence[bytes]) -> None:
        """Analyse crops batch by batch and search for every face."""
        self.found = 0
        for start in range(0, len(crops), BATCH):
            analyses = self.engine.analyse(crops[start : start + BATCH])
            faces = [analysis.face.embedding for analysis in analyses if analysis.face]
            if faces:
                self.found += len(self.gallery.search(np.stack(faces), NEAREST))


@dataclass(slots=True)
class _Contest:
    """Who takes turns at the same crops.

    `found` counts the crops each saw a face in; `abouts` says what a peer is, or why it is none.
    """

    recogniser: Recogniser
    floor: Floor
    peers: dict[str, Running]
    abouts: dict[str, str]
    crops: Sequence[bytes]
    found: dict[str, int] = field(default_factory=dict)

    def take_turns(self, turns: _Turns) -> None:
        """Measure each once; ours and the floor, which take little time, some times more."""
        for _ in range(PASSES):
            turns.ours.append(millis(self.recogniser.recognise, self.crops) / len(self.crops))
            detector, embedder = self.floor.run()
            turns.detector.append(detector)
            turns.embedder.append(embedder)
        self.found["usher"] = self.recogniser.found
        for name, peer in tuple(self.peers.items()):
            try:
                said = peer.turn("crops")
            except PeerMissingError as missing:
                del self.peers[name]
                self.abouts[name] = str(missing)
            else:
                turns.peers.setdefault(name, []).append(said["ms"])
                self.found[name] = said["found"]


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
        recogniser.recognise(crops)
        peak = _peak_mb()  # before anything is loaded that only measuring wants
        floor = Floor.prepare(options.pack, options.threads, crops)
        with _peers(options, crops, tell) as (peers, abouts):
            turns, contest = _Turns(), _Contest(recogniser, floor, peers, abouts, crops)
            for _ in range(options.rounds):
                contest.take_turns(turns)
                tick()
    memory = {"rss_mb": round(peak, 1), "rss_loaded_mb": round(loaded, 1)}
    return {
        **_figures(turns),
        **memory,
        "floor_ways": {"detector": str(floor.detector.way), "embedder": str(floor.embedder.way)},
        "found": contest.found,
        "peers": abouts,
        "crops": len(crops),
        "gallery": len(recogniser.gallery),
        "model": recogniser.engine.model,
        "provider": recogniser.engine.provider,
        "threads": options.threads,
    }


def _figures(turns: _Turns) -> dict[str, Any]:
    ours = min(turns.ours)
    detector, embedder = min(turns.detector), min(turns.embedder)
    peers = {peer.name: turns.peers.get(peer.name) for peer in (FACE_RECOGNITION, INSIGHTFACE)}
    return {
        "ms_per_crop": round(ours, 2),
        "floor_ratio": round(ours / (detector + embedder), 2),
        "times_faster_than": {
            name: round(min(taken) / ours, 1) if taken else None for name, taken in peers.items()
        },
        "floor_ms": round(detector + embedder, 2),
        "detector_ms": round(detector, 2),
        "embedder_ms": round(embedder, 2),
        "peers_ms": {
            name: round(min(taken), 1) if taken else None for name, taken in peers.items()
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
        return f"{missing} A folder of its models may be given with --insightface-models."
    return missing


def _written(crops: Sequence[bytes], folder: Path) -> list[str]:
    paths = [folder / f"{number:04d}.jpg" for number in range(len(crops))]
    for path, crop in zip(paths, crops, strict=True):
        path.write_bytes(crop)
    return [str(path) for path in paths]


def crops_of(data: Path | None, count: int) -> list[bytes]:
    """Return JPEGs of 250 x 250: of different people of a folder, or of six that packages carry."""
    if data is None:
        actors = cast(None, count)
        return [_square(actors[n % len(actors)].crop(n)) for n in range(count)]
    people = portraits(data)
    step = max(1, len(people) // count)
    return [_square(people[n * step % len(people)][0].read_bytes()) for n in range(count)]


def _square(picture: bytes) -> bytes:
    """Return a picture as a JPEG of 250 x 250: itself where it is one, else widened and resized."""
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("This is no picture that can be read.")
    height, width = image.shape[:2]
    if (height, width) == (SIDE, SIDE):
        return picture
    return _jpeg(cv2.resize(_widened(np.asarray(image, np.uint8)), (SIDE, SIDE)))


def _widened(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    more = max(height, width)
    down, aside = (more - height) // 2, (more - width) // 2
    edges = (down, more - height - down, aside, more - width - aside)
    return np.asarray(cv2.copyMakeBorder(image, *edges, cv2.BORDER_REPLICATE), np.uint8)


def _jpeg(image: Any) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def _peak_mb() -> float:
    """Return the most memory that this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGA
