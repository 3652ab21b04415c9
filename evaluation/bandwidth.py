"""What a search cannot be faster than: every number read once, by every core."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

PIECE = 16_384  # columns: a product of 32 probes with them stays in the cache


class Bandwidth:
    """The vectors of a gallery, laid out as a product reads them fastest: (dimensions, n)."""

    def __init__(self, vectors: Vectors, pool: ThreadPoolExecutor, threads: int) -> None:
        columns = np.ascontiguousarray(vectors.T)
        pieces = [columns[:, at : at + PIECE] for at in range(0, len(vectors), PIECE)]
        self.shares = [pieces[number::threads] for number in range(min(threads, len(pieces)))]
        self._pool = pool
        self.blas_threads = threads if len(self.shares) == 1 else 1
        """What BLAS should be limited to meanwhile: a small product is shared out by itself."""

    def read(self) -> None:
        """Read every number once and do next to nothing with it."""
        self._each(lambda pieces: [piece.max() for piece in pieces])

    def product(self, probes: Vectors) -> None:
        """Multiply probes (m, dimensions) with every vector, and keep nothing."""

        def multiply(pieces: list[Vectors]) -> None:
            space = np.empty((len(probes), PIECE), np.float32)
            for piece in pieces:
                np.matmul(probes, piece, out=space[:, : piece.shape[1]])

        self._each(multiply)

    def _each(self, work: Callable[[list[Vectors]], object]) -> None:
        if len(self.shares) == 1:
            work(self.shares[0])
        else:
            list(self._pool.map(work, self.shares))


@contextmanager
def bandwidth_of(vectors: Vectors, threads: int) -> Iterator[Bandwidth]:
    """Copy vectors (n, dimensions) into the layout that is measured."""
    with ThreadPoolExecutor(threads) as pool:
        yield Bandwidth(vectors, pool, threads)
