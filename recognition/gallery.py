"""Everybody who may be recognised: references in memory, searched exactly."""

from threading import RLock

import numpy as np
from numpy.typing import NDArray

from recognition.blocks import Blocks
from recognition.drawers import Drawers
from recognition.persons import Persons
from recognition.shares import Shares
from recognition.snapshot import Candidate, Snapshot

__all__ = ["Candidate", "Gallery"]


class Gallery:
    """The references of one model. Every method may be called from any thread.

    Adding and removing take microseconds at any size, and hold up no search: each search reads a
    snapshot. It reads all of it, at the speed of the memory: docs/decisions/search.md has figures.

    A search uses `threads` threads, its caller's among them. One is the default, for a gallery is
    one of several in as many workers, and workers times threads make the cores.
    """

    def __init__(self, dimensions: int, *, threads: int = 1) -> None:
        self.dimensions = dimensions
        self._lock = RLock()
        self._shares = Shares(threads)
        self._blocks = Blocks(dimensions)
        self._slots: Drawers[int] = Drawers()
        self._persons = Persons()

    def __len__(self) -> int:
        """Count the references."""
        return self._blocks.live

    def __contains__(self, reference_id: str) -> bool:
        return reference_id in self._slots

    @property
    def persons(self) -> int:
        """Count the persons who have a reference, merged ones as one."""
        return self._persons.found

    def put(self, reference_id: str, person_id: str, vector: NDArray[np.float32]) -> None:
        """Add a reference, or replace the one of this id. `vector` (d,) is brought to unit length.

        Raises ValueError where it has another length than the gallery's, or no direction.
        """
        unit = _unit(vector, self.dimensions)
        with self._lock:
            self.drop(reference_id)
            number = self._persons.number(person_id)
            self._slots[reference_id] = self._blocks.add(unit, number, reference_id)
            self._persons.gain(number, 1)

    def drop(self, reference_id: str) -> None:
        """Forget a reference; one that is not there is forgotten already."""
        with self._lock:
            slot = self._slots.pop(reference_id)
            if slot is None:
                return
            self._persons.gain(self._blocks.drop(slot), -1)
            for moved, to in self._blocks.tidy():
                self._slots[moved] = to

    def references_of(self, person_id: str) -> frozenset[str]:
        """Give the ids of a person's references, those of everybody merged into them included.

        Looks at the owner of every reference: a millisecond or two for a million.
        """
        with self._lock:
            number = self._persons.known(self._persons.canonical(person_id))
            blocks, merged = self._blocks.parts(), self._persons.merged()
        return frozenset(
            block.references[column]
            for block in blocks
            for column in np.flatnonzero(merged[block.owners[: block.written]] == number).tolist()
        )

    def vector(self, reference_id: str) -> NDArray[np.float32]:
        """Give a copy of a reference's embedding (d,). Raises KeyError where it is not there."""
        with self._lock:
            return self._blocks.vector(self._slots[reference_id])

    def set_alias(self, person_id: str, canonical: str | None) -> None:
        """Let a person count as another from now on, or as themselves again with None.

        Chains are followed.
        """
        with self._lock:
            self._persons.set_alias(person_id, canonical)

    def canonical(self, person_id: str) -> str:
        """Give the person that this one has been merged into, or the same where there is none.

        Where the chain runs in a circle, as it may while changes come in one by one, everybody in
        it counts as the first of them by id.
        """
        with self._lock:
            return self._persons.canonical(person_id)

    def snapshot(self) -> Snapshot:
        """Give the gallery as it is now, to be searched however it changes; takes microseconds."""
        with self._lock:
            return Snapshot(
                dimensions=self.dimensions,
                blocks=self._blocks.parts(),
                merged=self._persons.merged(),
                names=self._persons.names,
                shares=self._shares,
            )

    def search(self, probes: NDArray[np.float32], k: int = 10) -> list[list[Candidate]]:
        """Give for each probe (n, d) of unit length the `k` nearest persons, nearest first.

        As `Snapshot.search` of this moment, with its promises and errors. Up to 32 probes are
        searched in one pass, which takes far less time than one by one.
        """
        return self.snapshot().search(probes, k)


def _unit(vector: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    flat = np.asarray(vector, dtype=np.float32)
    length = float(np.linalg.norm(flat))
    if flat.shape != (dimensions,) or not np.isfinite(length) or length == 0:
        raise ValueError(f"an embedding of this gallery has {dimensions} numbers and a direction")
    return flat / np.float32(length)
