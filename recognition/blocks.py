"""Vectors in blocks of one size, which are written once and read by many."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recognition.persons import NOBODY

BLOCK = 4096  # vectors of a block: 2 MB of 128 numbers each
GROUP = 64  # vectors whose greatest similarity is kept while a search goes through the block
_FULL_ENOUGH = BLOCK * 3 // 4
_MOVED = 4  # at a time; three would do to keep pace, a quarter of the block having been dropped


class Block(NamedTuple):
    """Up to BLOCK vectors, a column each: a row of the product then reads memory in its order.

    Columns below `written` never change, of any array here; later ones may be written by and by.
    """

    vectors: NDArray[np.float32]  # (d, BLOCK); zero where nothing has been written
    owners: NDArray[np.int32]  # (BLOCK,) numbers of persons; NOBODY where it was dropped
    references: list[str]  # by column
    written: int
    live: int  # columns below `written` that were not dropped


class Blocks:
    """All vectors of a gallery. For one thread at a time; whoever has `parts` reads without a lock.

    A slot is a whole number: where a vector stands. Every method takes the same short time, at any
    size: nothing that is there is ever copied, but for a few vectors out of a block that many have
    left, and the owners of a block when one of them leaves.
    """

    def __init__(self, dimensions: int) -> None:
        self.live = 0
        self._dimensions = dimensions
        self._blocks: dict[int, Block] = {}
        self._sparse: dict[int, None] = {}  # blocks to be emptied, in order
        self._last = -1
        self._spare = np.zeros((dimensions, BLOCK), dtype=np.float32)
        self._spare.fill(0)  # so that the memory is there, not only promised
        self._begin()

    def parts(self) -> tuple[Block, ...]:
        """Give the blocks as they are now, and as these will stay. All but the last are full."""
        parts = tuple(self._blocks.values())
        return parts if parts[-1].written else parts[:-1]

    def add(self, vector: NDArray[np.float32], owner: int, reference: str) -> int:
        """Append a vector (d,); give its slot."""
        if self._blocks[self._last].written == BLOCK:
            self._begin()
        block = self._blocks[self._last]
        column = block.written
        block.vectors[:, column] = vector
        block.owners[column] = owner
        block.references.append(reference)
        self._blocks[self._last] = block._replace(written=column + 1, live=block.live + 1)
        self._prepare(column)
        self.live += 1
        return self._last * BLOCK + column

    def vector(self, slot: int) -> NDArray[np.float32]:
        """Give a copy of the vector (d,) of a slot."""
        return self._blocks[slot // BLOCK].vectors[:, slot % BLOCK].copy()

    def drop(self, slot: int) -> int:
        """Forget the vector of a slot; give who owned it."""
        number, column = divmod(slot, BLOCK)
        owner = int(self._blocks[number].owners[column])
        self._forget(number, [column])
        return owner

    def tidy(self) -> list[tuple[str, int]]:
        """Move a few vectors out of a block that many have left; give references and new slots.

        Called after each `drop`, it keeps at least three quarters of all columns in use, those of
        the last block and of blocks being emptied apart.
        """
        if not self._sparse:
            return []
        number = next(iter(self._sparse))
        block = self._blocks[number]
        columns = np.flatnonzero(block.owners)[:_MOVED].tolist()
        moved = [
            (reference, self.add(block.vectors[:, column], int(block.owners[column]), reference))
            for column, reference in ((column, block.references[column]) for column in columns)
        ]
        self._forget(number, columns)
        return moved

    def _forget(self, number: int, columns: list[int]) -> None:
        block = self._blocks[number]
        owners = block.owners.copy()
        owners[columns] = NOBODY
        self._blocks[number] = block._replace(owners=owners, live=block.live - len(columns))
        self.live -= len(columns)
        self._note_if_sparse(number)

    def _note_if_sparse(self, number: int) -> None:
        live = self._blocks[number].live
        if number == self._last or live >= _FULL_ENOUGH:
            return
        if live:
            self._sparse[number] = None
        else:
            del self._blocks[number]
            self._sparse.pop(number, None)

    def _begin(self) -> None:
        """Begin a block in the memory that was prepared for it."""
        before = self._last
        self._last += 1
        owners = np.full(BLOCK, NOBODY, dtype=np.int32)
        self._blocks[self._last] = Block(self._spare, owners, [], 0, 0)
        self._spare = np.empty((self._dimensions, BLOCK), dtype=np.float32)
        if before in self._blocks:
            self._note_if_sparse(before)

    def _prepare(self, column: int) -> None:
        """Clear as much of the next block as has been written of this one.

        Memory comes from the system page by page, and a block's at once takes longer than a search.
        """
        done = column * self._dimensions
        self._spare.reshape(-1)[done : done + self._dimensions] = 0
