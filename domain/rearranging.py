"""Which crops a visit has, and whose it is, when a decision that moved some is undone.

Such decisions build on one another: what one moved another may have moved on, and a visit that one
left a crop in went along with the next. So they are followed anew, without those undone, from where
each crop was first; what came since stays where it came to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from domain.ids import new_id
from domain.journal import assign
from domain.moving import ALL, MOVE
from domain.records import Decision, Detection, Id, Visit
from domain.shares import fitted, portion
from domain.splits import SPLIT
from domain.store import DetectionQuery, Records

_PARTING = frozenset({SPLIT, MOVE})


async def rearrange(records: Records, undone: Decision, version: int) -> set[Id]:
    """Put crops, references and visits where the standing decisions have them.

    `version` is one just taken of the gallery. Return the visits that have become others.
    """
    visits, said = await _family(records, undone)
    if not any(decision.verb == MOVE for decision in said):
        return set()
    there = await records.visits.some([*visits])
    crops = [crop for id_ in visits for crop in await _crops(records, id_)]
    plan = _Arrangement.at_first(there, crops, said)
    for decision in (d for d in said if d.undone is None):
        plan.follow(decision)
    return await _Settling(records, there, crops, plan, version).do()


async def _family(records: Records, undone: Decision) -> tuple[set[Id], list[Decision]]:
    """Return all visits that crops were moved between, and the decisions that did it, in order."""
    visits: set[Id] = set()
    more = _visits_of([undone])
    said: list[Decision] = []
    while more - visits:
        visits |= more
        history = await records.decisions.changing([*visits])
        said = [decision for decision in history if decision.verb in _PARTING]
        more = _visits_of(said)
    return visits, said


def _visits_of(decisions: Iterable[Decision]) -> set[Id]:
    return {c.id for d in decisions for c in d.changes if c.collection == "visits"}


async def _crops(records: Records, visit_id: Id) -> list[Detection]:
    return await records.detections.page(DetectionQuery(visit_id=visit_id, limit=ALL))


def _changes(decision: Decision, collection: str, name: str) -> dict[Id, tuple[Any, Any]]:
    """Return what a decision gave the records of a collection in one field: before and after."""
    return {
        c.id: (c.before.get(name), c.after[name])
        for c in decision.changes
        if c.collection == collection and name in c.after
    }


@dataclass(slots=True)
class _Arrangement:
    """In which visit each crop is, and whose each visit is, by their ids."""

    where: dict[Id, Id]
    whose: dict[Id, Id]
    arrived: Mapping[Id, datetime]
    made: dict[Id, Id] = field(default_factory=dict)

    @classmethod
    def at_first(
        cls, visits: Mapping[Id, Visit], crops: Sequence[Detection], said: Sequence[Decision]
    ) -> "_Arrangement":
        """Return how everything was before any of the decisions, but for what came later."""
        where = {crop.id: crop.visit_id for crop in crops if crop.visit_id}
        whose = {visit.id: visit.person_id for visit in visits.values()}
        for decision in reversed(said):
            for id_, (before, _) in _changes(decision, "detections", "visit_id").items():
                if id_ in where:
                    where[id_] = before
            for id_, (before, _) in _changes(decision, "visits", "person_id").items():
                whose[id_] = before
        arrived = {crop.id: crop.classified_at or crop.received_at for crop in crops}
        return cls(where=where, whose=whose, arrived=arrived)

    def follow(self, decision: Decision) -> None:
        """Move what a decision moved."""
        if decision.verb == SPLIT:
            for id_ in _changes(decision, "visits", "person_id"):
                self.whose[id_] = decision.person_id
            return
        moved = _changes(decision, "detections", "person_id").keys()
        made = dict(_changes(decision, "detections", "visit_id").values())
        for visit_id in {self.where[id_] for id_ in moved if id_ in self.where}:
            inside = {id_ for id_, at in self.where.items() if at == visit_id}
            there = {id_ for id_ in inside if self.arrived[id_] <= decision.at}
            if there <= moved:
                self.whose[visit_id] = decision.person_id
                continue
            part = made.get(visit_id) or new_id()
            self.made[part] = visit_id
            self.whose[part] = decision.person_id
            self.where |= dict.fromkeys(inside & moved, part)


@dataclass(frozen=True, slots=True)
class _Settling:
    """Writes an arrangement, inside one transaction."""

    records: Records
    visits: Mapping[Id, Visit]
    crops: Sequence[Detection]
    plan: _Arrangement
    version: int

    async def do(self) -> set[Id]:
        """Write what is another; return the visits that are."""
        moved = [crop for crop in self.crops if crop.visit_id != self.plan.where[crop.id]]
        touched = {crop.visit_id for crop in moved if crop.visit_id}
        touched |= {self.plan.where[crop.id] for crop in moved}
        for id_ in sorted(touched | self.visits.keys()):
            await self._settle_visit(id_, changed=id_ in touched)
        for id_ in {self.plan.where[crop.id] for crop in moved}:
            theirs = [crop.id for crop in moved if self.plan.where[crop.id] == id_]
            await self.records.detections.revisit(theirs, id_)
        await self._settle_owners()
        return touched

    async def _settle_owners(self) -> None:
        """Give crops and references to whom their visits are of."""
        owner = {crop.id: self.plan.whose[self.plan.where[crop.id]] for crop in self.crops}
        for id_ in set(owner.values()):
            theirs = [crop.id for crop in self.crops if owner[crop.id] == id_ != crop.person_id]
            await self.records.detections.reassign(theirs, id_)
        for reference in await self.records.references.of_detections([*owner]):
            if reference.person_id != owner[reference.detection_id]:
                await assign(
                    self.records,
                    reference,
                    person_id=owner[reference.detection_id],
                    version=self.version,
                )

    async def _settle_visit(self, id_: Id, *, changed: bool) -> None:
        inside = [crop for crop in self.crops if self.plan.where[crop.id] == id_]
        visit = self.visits.get(id_)
        if not inside:
            await self._drop(visit)
            return
        if visit is None:
            origin = self.visits[self.plan.made[id_]]
            made = portion(origin, inside, self.plan.whose[id_], origin.ordinal)
            await self.records.visits.add(replace(made, id=id_))
            return
        lost = visit.detections - sum(crop.visit_id == id_ for crop in self.crops)
        changed = changed or visit.best.detection_id not in {crop.id for crop in inside}
        settled = fitted(visit, inside, lost=lost) if changed else visit
        owned = replace(settled, person_id=self.plan.whose[id_])
        others = await self.records.visits.open_of([owned.person_id], owned.site_id)
        goes_on = owned.open and not any(other.id != id_ for other in others)
        if replace(owned, open=goes_on) != visit:
            await self.records.visits.save(replace(owned, open=goes_on))

    async def _drop(self, visit: Visit | None) -> None:
        """Let a visit be gone that nothing is left of; one that lost its crops by age stays."""
        if visit and any(crop.visit_id == visit.id for crop in self.crops):
            await self.records.visits.erase([visit.id])
