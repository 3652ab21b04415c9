"""A gallery as it was at one moment, searched exactly and without a lock."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recognition.blocks import BLOCK, GROUP, Block
from recognition.persons import NOBODY
from recognition.shares import Shares

_PROBES = 32  # of one pass: their products with a block are half a megabyte, and stay in the cache
_BLOCKS_A_THREAD = 4  # that it be worth the waking
_GROUPS = BLOCK // GROUP
_STARTS = np.arange(0, BLOCK, GROUP)
# Two sums of d products, added in whatever order, differ by d * 2**-23 of the lengths at most:
# twice gamma_d, Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1.
_ROUNDING = 2.0**-23


class Candidate(NamedTuple):
    """A person, by the nearest of their references; `distance` is cosine distance, 0 to 2."""

    person_id: str
    reference_id: str
    distance: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """References of one model that never change. May be searched by many threads at once."""

    dimensions: int
    blocks: tuple[Block, ...]
    merged: NDArray[np.int32]
    names: list[str]
    shares: Shares

    def search(self, probes: NDArray[np.float32], k: int = 10) -> list[list[Candidate]]:
        """Give for each probe (n, d) of unit length the `k` nearest persons, nearest first.

        Each person stands once, by their nearest reference, so the second is the runner-up and the
        difference of the first two distances the margin. Equal distances are in the order of the
        reference ids. The answer depends neither on the order of insertion, nor on the other
        probes, nor on the number of threads. Raises ValueError where `probes` has another
        shape, or one of them no direction.
        """
        wanted = np.ascontiguousarray(probes, dtype=np.float32)
        lengths = _lengths(wanted, self.dimensions)
        if not self.blocks or k < 1:
            return [[] for _ in wanted]
        found = []
        for first in range(0, len(wanted), _PROBES):
            some = slice(first, first + _PROBES)
            each = zip(wanted[some], lengths[some], self._greatest(wanted[some]), strict=True)
            found += [self._nearest(*one, k) for one in each]
        return found

    def _greatest(self, probes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the greatest similarity in each group of columns (n, groups).

        It is an upper bound: whatever has been dropped counts too.
        """
        groups = (len(self.blocks) - 1) * _GROUPS + -(-self.blocks[-1].written // GROUP)
        greatest = np.empty((len(probes), groups), dtype=np.float32)
        turns = iter(enumerate(self.blocks))  # whoever is free takes the next

        def work() -> None:
            product = np.empty((len(probes), BLOCK), dtype=np.float32)
            for number, block in turns:
                here = -(-block.written // GROUP)
                similar = product[:, : here * GROUP]
                np.matmul(probes, block.vectors[:, : here * GROUP], out=similar)
                out = greatest[:, number * _GROUPS : number * _GROUPS + here]
                np.maximum.reduceat(similar, _STARTS[:here], axis=1, out=out)

        self.shares.run(work, most=1 + len(self.blocks) // _BLOCKS_A_THREAD)
        return greatest

    def _nearest(
        self, probe: NDArray[np.float32], length: float, greatest: NDArray[np.float32], k: int
    ) -> list[Candidate]:
        """Look into ever more of the best groups, until nobody else can be one of the `k`."""
        rounding = self.dimensions * _ROUNDING * length
        groups, similar = np.empty(0, dtype=np.intp), np.empty((0, GROUP), dtype=np.float32)
        rank, reach = k + 1, np.inf
        while True:
            before, reach = reach, _ranked(greatest, rank)
            fresh = np.flatnonzero((greatest >= reach) & (greatest < before))
            groups = np.concatenate([groups, fresh])
            similar = np.concatenate([similar, self._similar(probe, fresh)])
            least = max(reach, _ranked(similar.reshape(-1), rank))
            row, column = np.nonzero(similar >= least)
            found = self._persons(probe, groups[row] * GROUP + column, k)
            if np.isneginf(least) or (
                len(found) == k and found[-1].distance + rounding < 1 - least
            ):
                return found
            rank *= 2

    def _similar(self, probe: NDArray[np.float32], groups: NDArray[np.intp]) -> NDArray[np.float32]:
        """Give the similarities of a probe (d,) to all columns of some groups (g, GROUP)."""
        similar = np.empty((len(groups), GROUP), dtype=np.float32)
        for row, group in enumerate(groups.tolist()):
            first = group % _GROUPS * GROUP
            held = self.blocks[group // _GROUPS].vectors[:, first : first + GROUP]
            np.dot(probe, held, out=similar[row])
        return similar

    def _persons(
        self, probe: NDArray[np.float32], slots: NDArray[np.intp], k: int
    ) -> list[Candidate]:
        """Give the `k` nearest persons who own one of these columns, nearest first."""
        there = [
            (block, column)
            for block, column in (
                (self.blocks[slot // BLOCK], slot % BLOCK) for slot in slots.tolist()
            )
            if column < block.written and block.owners[column] != NOBODY
        ]
        vectors = np.empty((len(there), self.dimensions), dtype=np.float32)
        for row, (block, column) in enumerate(there):
            vectors[row] = block.vectors[:, column]
        # The last bit of BLAS depends on where a vector stands; that of this sum does not.
        exact = (vectors * probe).sum(axis=1).tolist()
        ranked = sorted(
            (-similar, block.references[column], block.owners[column])
            for similar, (block, column) in zip(exact, there, strict=True)
        )
        best: dict[int, Candidate] = {}
        for negative, reference, owner in ranked:
            person = int(self.merged[owner])
            if person not in best:
                best[person] = Candidate(self.names[person], reference, 1 + negative)
            if len(best) == k:
                break
        return list(best.values())


def _lengths(probes: NDArray[np.float32], dimensions: int) -> list[float]:
    """Give the length of each probe. Raises ValueError where one is no embedding."""
    if probes.shape != (len(probes), dimensions):
        raise ValueError(f"probes of this gallery are rows (n, {dimensions})")
    lengths: list[float] = np.linalg.norm(probes, axis=1).tolist()
    if not all(0 < length < np.inf for length in lengths):
        raise ValueError("a probe has a direction")
    return lengths


def _ranked(values: NDArray[np.float32], rank: int) -> float:
    """Give the value of this rank (the greatest has 1); of one past the end, minus infinity."""
    if rank > len(values):
        return -np.inf
    return float(np.partition(values, len(values) - rank)[len(values) - rank])
