"""The faces of the whole log in memory, to find one among them: known people's or not.

They are read with the first search, kept current by what was recognised since, and let go when
nobody has searched for a while. docs/decisions/finding-faces.md has the figures.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.records import Embedding, Id
from domain.store import Cursor, Store

# The newest are searched; of 128 numbers they take 256 MB.
MOST_FACES: Final = 1_000_000
READ_TOGETHER: Final = 1_000
# What one process has noted a moment ago, another may write only now.
OVERLAP: Final = timedelta(minutes=1)
# How often it is looked up whether every face is still in the log, at least.
SWEPT_EVERY: Final = timedelta(minutes=10)
FIRST: Final = Id("0" * 24)
_BLOCK: Final = 16_384
_ID: Final = "S24"


@dataclass(frozen=True, slots=True)
class Alike:
    """A detection whose face is near a probe, and its cosine distance."""

    detection_id: Id
    distance: float


class LogFaces:
    """The faces of the log by one model, searched exactly but for the rounding of 16 bits.

    One task at a time may `read` and `sweep`; a search may go on meanwhile, in a thread.
    """

    def __init__(self, *, model: str) -> None:
        self.model = model
        self._blocks: list[_Block] = []
        self._rows: dict[bytes, tuple[_Block, int]] = {}
        self._sites: dict[Id, int] = {}
        self._upto: Cursor | None = None
        self._swept: datetime | None = None
        self._lock = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._rows)

    async def read(self, store: Store, now: datetime) -> bool:
        """Take in some of what was recognised since the last time; tell whether there is more."""
        async with self._lock:
            found = await store.detections.faces(self.model, self._upto, READ_TOGETHER)
            self.keep_all((one.detection_id, one.site_id, one.embedding) for one in found)
            if len(found) == READ_TOGETHER:
                self._upto = Cursor(found[-1].at, found[-1].detection_id)
                return True
            last = min(now, found[-1].at if found else now)
            self._upto = Cursor(last - OVERLAP, FIRST)
            return False

    def keep_all(self, faces: Iterable[tuple[Id, Id, Embedding]]) -> None:
        """Keep the faces of detections at sites, but those that are kept already."""
        for detection_id, site_id, embedding in faces:
            key = detection_id.encode()
            if key in self._rows:
                continue
            if not self._blocks or self._blocks[-1].full:
                self._blocks.append(_Block(len(embedding)))
            site = self._sites.setdefault(site_id, len(self._sites) + 1)
            self._rows[key] = (self._blocks[-1], self._blocks[-1].add(key, site, embedding))
        while len(self._rows) > MOST_FACES and len(self._blocks) > 1:
            for key in self._blocks.pop(0).keys_kept():
                del self._rows[key]

    async def sweep(self, store: Store, now: datetime) -> None:
        """Drop whatever is not in the log any more, if somebody was forgotten or it is time."""
        async with self._lock:
            last = self._swept
            self._swept = now
            if last is None:
                return
            if now - last < SWEPT_EVERY and not await store.persons.forgotten(last - OVERLAP):
                return
            for block in self._blocks:
                kept = [Id(key.decode()) for key in block.keys_kept()]
                there = await store.detections.existing(kept)
                self.drop([id_ for id_ in kept if id_ not in there])

    def drop(self, ids: Sequence[Id]) -> None:
        """Forget the faces of these detections: nothing of them stays in memory."""
        for id_ in ids:
            block, row = self._rows.pop(id_.encode(), (None, 0))
            if block:
                block.clear(row)

    def search(
        self, probe: Embedding, k: int, *, site_ids: Sequence[Id] | None, without: Id | None = None
    ) -> list[Alike]:
        """Return the k faces nearest to a probe of unit length at these sites (None: all).

        Reads every face: some tenths of a second for a million, so call it in a thread.
        """
        sites = None if site_ids is None else [self._sites.get(id_, 0) for id_ in site_ids]
        found: list[tuple[float, bytes]] = []
        for block in list(self._blocks):
            found += block.nearest(probe, k, sites)
            found = sorted(found, reverse=True)[: k + 1]
        own = without.encode() if without else b""
        return [
            Alike(Id(key.decode()), 1 - similarity)
            for similarity, key in found
            if key != own and key in self._rows
        ][:k]


class _Block:
    """So many faces in a row; a site of 0 is of a face that was dropped."""

    def __init__(self, dimensions: int) -> None:
        self._vectors: NDArray[np.float16] = np.zeros((_BLOCK, dimensions), np.float16)
        self._keys = np.zeros(_BLOCK, _ID)
        self._sites = np.zeros(_BLOCK, np.int32)
        self._written = 0

    @property
    def full(self) -> bool:
        return self._written == _BLOCK

    def add(self, key: bytes, site: int, vector: Embedding) -> int:
        row = self._written
        self._vectors[row], self._keys[row], self._sites[row] = vector, key, site
        self._written += 1
        return row

    def clear(self, row: int) -> None:
        self._vectors[row], self._keys[row], self._sites[row] = 0, b"", 0

    def keys_kept(self) -> list[bytes]:
        return [bytes(key) for key in self._keys[self._sites > 0]]

    def nearest(
        self, probe: Embedding, k: int, sites: Sequence[int] | None
    ) -> list[tuple[float, bytes]]:
        written = self._written
        similar = self._vectors[:written].astype(np.float32) @ probe
        kept = self._sites[:written] > 0
        if sites is not None:
            kept &= np.isin(self._sites[:written], sites)
        rows = np.flatnonzero(kept)
        if len(rows) > k + 1:
            rows = rows[np.argpartition(similar[rows], -(k + 1))[-(k + 1) :]]
        return [(float(similar[row]), bytes(self._keys[row])) for row in rows]
