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
from domain.store import Cursor, LoggedFace, Store

# The newest are searched; of 128 numbers they take 160 MB.
MOST_FACES: Final = 1_000_000
READ_TOGETHER: Final = 1_000
# What one process has noted a moment ago, another may write only now.
OVERLAP: Final = timedelta(minutes=1)
# How often it is looked up whether every face is still in the log, at least.
SWEPT_EVERY: Final = timedelta(minutes=10)
FIRST: Final = Id("0" * 24)
_BLOCK: Final = 16_384
_ID: Final = "S24"
_LARGEST: Final = 127
_SMALLEST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Alike:
    """A detection whose face is near a probe, and its cosine distance."""

    detection_id: Id
    distance: float


class LogFaces:
    """The faces of the log by one model, each number of an embedding rounded to one byte.

    So a distance found here is some thousandths wrong: ask for a few more than are needed, and
    measure those anew. One task at a time may `read` and `sweep`; a search may go on meanwhile, in
    a thread.
    """

    def __init__(self, *, model: str) -> None:
        self.model = model
        self._blocks: list[_Block] = []
        self._sites: dict[Id, int] = {}
        self._recent: dict[Id, datetime] = {}
        self._upto: Cursor | None = None
        self._swept: datetime | None = None
        self._lock = asyncio.Lock()

    def __len__(self) -> int:
        return sum(block.live for block in self._blocks)

    async def read(self, store: Store, now: datetime) -> bool:
        """Take in some of what was recognised since the last time; tell whether there is more."""
        async with self._lock:
            found = await store.detections.faces(self.model, self._upto, READ_TOGETHER)
            self.keep(one for one in found if one.detection_id not in self._recent)
            self._recent |= {one.detection_id: one.at for one in found}
            last = min(now, found[-1].at if found else now) - OVERLAP
            self._recent = {id_: at for id_, at in self._recent.items() if at >= last}
            more = len(found) == READ_TOGETHER
            self._upto = (
                Cursor(found[-1].at, found[-1].detection_id) if more else Cursor(last, FIRST)
            )
            return more

    def keep(self, faces: Iterable[LoggedFace]) -> None:
        """Keep faces that are not kept yet; of more than MOST_FACES the oldest go."""
        found = [*faces]
        sites = [self._sites.setdefault(one.site_id, len(self._sites) + 1) for one in found]
        at = 0
        while at < len(found):
            if not self._blocks or self._blocks[-1].full:
                self._blocks.append(_Block(len(found[at].embedding)))
            at += self._blocks[-1].add(found[at:], sites[at:])
        while len(self._blocks) > MOST_FACES // _BLOCK + 1:
            self._blocks.pop(0)

    async def sweep(self, store: Store, now: datetime) -> None:
        """Drop whatever is not in the log any more, if somebody was forgotten or it is time."""
        async with self._lock:
            last, self._swept = self._swept, now
            if last is None:
                return
            if now - last < SWEPT_EVERY and not await store.persons.forgotten(last - OVERLAP):
                self._swept = last
                return
            for block in self._blocks:
                there = await store.detections.existing(block.kept())
                block.drop([id_ for id_ in block.kept() if id_ not in there])

    def drop(self, ids: Sequence[Id]) -> None:
        """Forget the faces of these detections: nothing of them stays in memory."""
        for block in self._blocks if ids else ():
            block.drop(ids)

    def search(
        self, probe: Embedding, k: int, *, site_ids: Sequence[Id] | None, without: Id | None = None
    ) -> list[Alike]:
        """Return the k faces nearest to a probe of unit length at these sites (None: all).

        Reads every face: call it in a thread.
        """
        sites = None if site_ids is None else [self._sites.get(id_, 0) for id_ in site_ids]
        found: list[tuple[float, Id]] = []
        for block in list(self._blocks):
            found += block.nearest(probe, k + 1, sites)
            found = sorted(found, reverse=True)[: k + 1]
        return [Alike(id_, 1 - similar) for similar, id_ in found if id_ != without][:k]


class _Block:
    """So many faces in a row; a site of 0 is of a face that was dropped."""

    def __init__(self, dimensions: int) -> None:
        self._vectors: NDArray[np.int8] = np.zeros((_BLOCK, dimensions), np.int8)
        self._scales = np.zeros(_BLOCK, np.float32)
        self._keys = np.zeros(_BLOCK, _ID)
        self._sites = np.zeros(_BLOCK, np.int32)
        self._written = 0
        self.live = 0

    @property
    def full(self) -> bool:
        """Whether no face can be added."""
        return self._written == _BLOCK

    def add(self, faces: Sequence[LoggedFace], sites: Sequence[int]) -> int:
        """Keep as many of these faces as there is room for; return how many."""
        number = min(len(faces), _BLOCK - self._written)
        rows = slice(self._written, self._written + number)
        vectors = np.stack([one.embedding for one in faces[:number]])
        self._scales[rows] = np.maximum(np.abs(vectors).max(axis=1), _SMALLEST) / _LARGEST
        self._vectors[rows] = np.rint(vectors / self._scales[rows, np.newaxis])
        self._keys[rows] = [one.detection_id for one in faces[:number]]
        self._sites[rows] = sites[:number]
        self._written += number
        self.live += number
        return number

    def kept(self) -> list[Id]:
        """Return the detections whose faces are kept."""
        return [Id(key.decode()) for key in self._keys[self._sites > 0]]

    def drop(self, ids: Sequence[Id]) -> None:
        """Forget the faces of these detections."""
        rows = np.isin(self._keys, np.array(ids, _ID)) & (self._sites > 0)
        self._vectors[rows], self._scales[rows], self._keys[rows] = 0, 0, b""
        self._sites[rows] = 0
        self.live -= int(rows.sum())

    def nearest(
        self, probe: Embedding, k: int, sites: Sequence[int] | None
    ) -> list[tuple[float, Id]]:
        """Return the k nearest faces at these sites, with their similarities, in any order."""
        written = self._written
        similar = (self._vectors[:written].astype(np.float32) @ probe) * self._scales[:written]
        there = self._sites[:written]
        rows = np.flatnonzero((there > 0) if sites is None else np.isin(there, sites) & (there > 0))
        if len(rows) > k:
            rows = rows[np.argpartition(similar[rows], -k)[-k:]]
        return [(float(similar[row]), Id(self._keys[row].decode())) for row in rows]
