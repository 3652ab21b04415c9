"""Keeping the references of everybody few, good and theirs, as time goes on."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from domain.covers import shown_by
from domain.gallery import LiveGallery
from domain.journal import assign
from domain.policy import MatchPolicy
from domain.records import Change, Doubt, Id, Reference, Retired, Retirement, Rival
from domain.references import choose, doubtful, in_use, strangeness
from domain.store import Records, Store


async def retire(
    records: Records,
    *,
    person_id: Id,
    references: Sequence[Reference],
    why: Retirement,
    version: int,
    now: datetime,
) -> list[Change]:
    """Search these references of a person no more; return what changed.

    `version` is one just taken: copies of the gallery learn by it what to drop. Where a picture of
    theirs is the person's cover, and nobody chose it or it was said to be wrong, the best of those
    left in use takes its place.
    """
    changes: list[Change] = []
    for reference in references:
        gone = Retired(at=now, reason=why)
        _, change = await assign(records, reference, retired=gone, version=version)
        changes.append(change)
    person = await records.persons.get(person_id)
    if person and person.cover in {r.image_key for r in references}:
        cover = await shown_by(records, person_id)
        _, change = await assign(records, person, cover=cover, version=version)
        changes.append(change)
    return changes


class Upkeep:
    """Trims and examines references. Several processes may do it at once, and any be killed.

    Each person is one transaction, that looks again before it writes.
    """

    def __init__(
        self,
        *,
        store: Store,
        gallery: LiveGallery,
        policy: Callable[[], MatchPolicy],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._gallery = gallery
        self._ask_policy = policy
        self._clock = clock

    @property
    def _policy(self) -> MatchPolicy:
        """The distances to go by, as they are now."""
        return self._ask_policy()

    async def tend_references(self) -> int:
        """Look after everybody who has changed since the last time; return how many needed it.

        How far that has come is remembered by the version of the gallery, when all is done.
        """
        mark = f"references tended: {self._gallery.model}"
        done = int(await self._store.values.get(mark) or 0)
        await self._gallery.refresh()
        current, needed = self._gallery.version, 0
        if done == current:
            return 0
        for id_ in await self._changed(done):
            needed += await self._tend(id_)
            await asyncio.sleep(0)  # somebody else's turn: many people may need nothing
        await self._store.values.put(mark, str(current))
        return needed

    async def _changed(self, version: int) -> list[Id]:
        """Return whose references, or merges, are newer than a version."""
        changes = await self._store.gallery.since(version, self._gallery.model)
        ids = {p.id for p in changes.persons} | {r.person_id for r in changes.references}
        return sorted({(await self._gallery.current(id_)).id for id_ in ids})

    async def _tend(self, id_: Id) -> bool:
        """Look after one person, if this process's copy of the gallery shows a need to."""
        known = self._gallery.references(id_)
        others = self._others(id_, known)
        if not self._unkempt(known, others):
            return False
        return await self._store.transact(partial(self._settle, id_=id_, others=others))

    def _unkempt(self, references: Sequence[Reference], others: Mapping[Id, Rival]) -> bool:
        if len(choose(references, self._policy)) < len(references):
            return True
        found = doubtful(references, self._policy, others)
        return found.keys() != {r.id for r in references if r.doubted}

    def _others(self, id_: Id, references: Sequence[Reference]) -> dict[Id, Rival]:
        """Return for each strange reference the nearest other person recognised, and how near."""
        if len(references) < 2:  # noqa: PLR2004 - one is never strange
            return {}
        strange = strangeness(references)
        found: dict[Id, Rival] = {}
        for reference in references:
            if strange[reference.id] <= self._policy.match:
                continue
            near = self._gallery.candidates(reference.embedding)
            other = next((c for c in near if c.recognised and c.person_id != id_), None)
            if other:
                found[reference.id] = Rival(person_id=other.person_id, distance=other.distance)
        return found

    async def _settle(self, records: Records, *, id_: Id, others: Mapping[Id, Rival]) -> bool:
        """Trim and doubt what is there now; whoever has been merged meanwhile has changed again."""
        person = await records.persons.get(id_)
        if person is None or person.merged_into:
            return False
        there = await records.references.of(await records.persons.members(id_))
        references = in_use(there, self._gallery.model)
        kept = choose(references, self._policy)
        ids, now = {r.id for r in kept}, self._clock()
        trimmed = [r for r in references if r.id not in ids]
        doubts = await self._doubts(records, kept, others, now)
        if not trimmed and not doubts:
            return False
        version = await records.gallery.advance()
        for reference in doubts:
            await records.references.save(replace(reference, version=version))
        await retire(
            records,
            person_id=id_,
            references=trimmed,
            why=Retirement.TRIMMED,
            version=version,
            now=now,
        )
        return True

    async def _doubts(
        self,
        records: Records,
        references: Sequence[Reference],
        others: Mapping[Id, Rival],
        now: datetime,
    ) -> list[Reference]:
        """Return the references whose doubt begins, or is over before anybody answered."""
        found = doubtful(references, self._policy, others)
        over = [replace(r, doubt=None) for r in references if r.doubted and r.id not in found]
        new = [r for r in references if r.id in found and not r.doubted]
        taken = await records.detections.some([r.detection_id for r in new])
        return over + [
            replace(
                r,
                doubt=Doubt(
                    at=now,
                    distance=found[r.id],
                    site_id=taken[r.detection_id].site_id if r.detection_id in taken else None,
                    other_id=_nearer(found[r.id], others.get(r.id)),
                ),
            )
            for r in new
        ]


def _nearer(strange: float, other: Rival | None) -> Id | None:
    """Return the other person, if a reference is nearer to them than to its own."""
    return other.person_id if other and other.distance < strange else None
