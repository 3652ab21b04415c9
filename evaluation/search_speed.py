"""Exact search beside what memory allows and beside faiss; and references that come and go."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from evaluation.bandwidth import Bandwidth, Vectors, bandwidth_of
from evaluation.cores import MILLI, best, cores, kernel, millis, own_millis
from evaluation.peers import FAISS, PeerMissingError, Running, Tell, running
from recognition.gallery import Gallery

SIZES = (10_000, 100_000, 1_000_000)
DIMENSIONS = 128
A_PERSON = 3
SPREAD = 0.06  # of each number about a person's mean: references of one are some 0.3 apart
NEAREST = 10
PROBES = 64
BATCH = 32
PIECE = 20_000
CHANGES = 1_000
READS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """What is measured. `peers` is the folder faiss is installed in; None measures none."""

    sizes: Sequence[int] = SIZES
    threads: int = 2
    rounds: int = 5
    peers: Path | None = None

    @property
    def steps(self) -> int:
        """How many steps there are to show progress by."""
        return sum(-(-size // PIECE) + self.rounds for size in self.sizes)


@dataclass(slots=True)
class _Changes:
    """Milliseconds of each put, each drop, and of queries right after a put."""

    puts: list[float] = field(default_factory=list)
    drops: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)


def measure_search(options: SearchOptions, tick: Callable[[], None], tell: Tell) -> dict[str, Any]:
    """Measure size after size; `tick` is called at each of `options.steps`. Blocks.

    Returns the figures as `--json` prints them; `tell` hears sentences.
    """
    with cores(options.threads):
        runs = [_measure(size, options, tick, tell) for size in options.sizes]
        return {
            "sizes": [figures for figures, _ in runs],
            "threads": options.threads,
            "products_by": kernel(),
            "faiss": runs[-1][1] if runs else None,
        }


def _measure(
    size: int, options: SearchOptions, tick: Callable[[], None], tell: Tell
) -> tuple[dict[str, Any], str]:
    """Return the figures of one size, and what is to be said about faiss."""
    vectors = references(size)
    probes = probes_of(vectors)
    gallery = Gallery(DIMENSIONS, threads=options.threads)
    filling = _fill(gallery, vectors, tick)
    with ExitStack() as stack:
        bandwidth = stack.enter_context(bandwidth_of(vectors, options.threads))
        contest = _Contest(gallery, probes, bandwidth)
        contest.invite(stack, options, tell)
        for _ in range(options.rounds):
            contest.take_turns()
            tick()
    changes = _change(gallery, vectors, probes)
    return _figures(contest, filling, changes), contest.about


def references(count: int, seed: int = 1) -> Vectors:
    """Return random unit vectors (count, 128), three about the mean of each person."""
    chance = np.random.default_rng(seed)
    people = chance.standard_normal((-(-count // A_PERSON), DIMENSIONS), np.float32)
    people /= np.linalg.norm(people, axis=1, keepdims=True)
    vectors = np.repeat(people, A_PERSON, axis=0)[:count]
    vectors += chance.standard_normal(vectors.shape, np.float32) * np.float32(SPREAD)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def probes_of(vectors: Vectors) -> Vectors:
    """Return unit vectors (64, 128): every other one somebody who is there, the others nobody."""
    chance = np.random.default_rng(2)
    probes = references(PROBES, seed=2)
    rows = chance.integers(len(vectors), size=PROBES // 2)
    noise = chance.standard_normal((len(rows), DIMENSIONS), np.float32)
    probes[::2] = vectors[rows] + noise * np.float32(SPREAD)
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    return probes


def _put(gallery: Gallery, vectors: Vectors, number: int) -> None:
    gallery.put(f"r{number}", f"p{number // A_PERSON}", vectors[number])


def _fill(gallery: Gallery, vectors: Vectors, tick: Callable[[], None]) -> Vectors:
    """Put every vector; return milliseconds of each put."""
    taken = np.empty(len(vectors), np.float32)
    for number in range(len(vectors)):
        taken[number] = own_millis(_put, gallery, vectors, number)
        if number % PIECE == 0:
            tick()
    return taken


def _change(gallery: Gallery, vectors: Vectors, probes: Vectors) -> _Changes:
    """Remove references and add them again, one at a time, and search after some."""
    rows = np.random.default_rng(3).permutation(len(vectors))[:CHANGES].tolist()
    drops = [own_millis(gallery.drop, f"r{row}") for row in rows]
    changes = _Changes(drops=drops)
    for number, row in enumerate(rows):
        changes.puts.append(own_millis(_put, gallery, vectors, row))
        if number < len(probes):
            changes.queries.append(millis(gallery.search, probes[[number]], NEAREST))
    return changes


@dataclass(slots=True)
class _Contest:
    """Who takes turns at the same probes, and milliseconds of each query of each turn.

    `about` says what faiss is, or why it takes none.
    """

    gallery: Gallery
    probes: Vectors
    bandwidth: Bandwidth
    faiss: Running | None = None
    about: str = "not asked for"
    taken: dict[str, list[list[float]]] = field(default_factory=dict)

    def invite(self, stack: ExitStack, options: SearchOptions, tell: Tell) -> None:
        """Start faiss, on as many references, until `stack` is left."""
        if options.peers is None:
            return
        asked = {"references": len(self.gallery), "dimensions": DIMENSIONS, "probes": PROBES}
        more = {"threads": options.threads, "batch": BATCH, "k": NEAREST}
        try:
            peer = running(FAISS, asked | more, options.peers, tell)
            self.faiss = stack.enter_context(peer)
            self.about = self.faiss.about
        except PeerMissingError as missing:
            self.about = str(missing)

    def take_turns(self) -> None:
        """Measure each once."""
        self._note("query", self._over(self._search, 1))
        self._note("batch_query", self._over(self._search, BATCH))
        with threadpool_limits(self.bandwidth.blas_threads):
            self._note("read", [millis(self.bandwidth.read) for _ in range(READS)])
            self._note("product", self._over(self.bandwidth.product, 1))
            self._note("batch_product", self._over(self.bandwidth.product, BATCH))
        if self.faiss is not None:
            try:
                self._note("faiss", self.faiss.turn("query")["ms"])
                self._note("faiss_batch", self.faiss.turn("batch")["ms"])
            except PeerMissingError as missing:
                self.faiss, self.about = None, str(missing)

    def _note(self, name: str, pieces: list[float]) -> None:
        self.taken.setdefault(name, []).append(pieces)

    def _search(self, probes: Vectors) -> object:
        return self.gallery.search(probes, NEAREST)

    def _over(self, search: Callable[[Vectors], object], size: int) -> list[float]:
        """Return milliseconds a query for all probes, `size` at a time."""
        starts = range(0, len(self.probes), size)
        return [millis(search, self.probes[at : at + size]) / size for at in starts]

    def ms(self, name: str) -> float | None:
        """Return milliseconds a query: the median of what each took in its best turn."""
        turns = self.taken.get(name)
        return _rounded(np.median(best(turns))) if turns else None


def _figures(contest: _Contest, filling: Vectors, changes: _Changes) -> dict[str, Any]:
    """Say how long queries take, and the worst of what changes a gallery of this size.

    The second half of the filling counts among the puts: whatever growing costs is in it.
    """
    puts, drops = np.array([*filling[len(filling) // 2 :], *changes.puts]), np.array(changes.drops)
    return {
        "references": len(filling),
        "dimensions": DIMENSIONS,
        "query_ms": contest.ms("query"),
        "batch_query_ms": contest.ms("batch_query"),
        "floor_ms": min(contest.ms("read") or 0.0, contest.ms("product") or 0.0),
        "faiss_ms": contest.ms("faiss"),
        "faiss_batch_ms": contest.ms("faiss_batch"),
        "put_ms": _rounded(puts.max()),
        "drop_ms": _rounded(drops.max()),
        "put_median_ms": _rounded(np.median(puts)),
        "drop_median_ms": _rounded(np.median(drops)),
        "changed_query_ms": _rounded(np.median(changes.queries)),
        "read_ms": contest.ms("read"),
        "product_ms": contest.ms("product"),
        "batch_product_ms": contest.ms("batch_product"),
        "fill_s": round(float(filling.sum()) / MILLI, 2),
    }


def _rounded(value: Any) -> float:
    return round(float(value), 4)
