"""Taking back that somebody was added by photos."""

from dataclasses import replace
from datetime import datetime

from domain.enrolling import ADD
from domain.forgetting import erase_records
from domain.records import Decision, Id, Person
from domain.store import Records


async def take_back(
    records: Records, decision: Decision, version: int, now: datetime
) -> Person | None:
    """Finish what has been restored of an addition; return who was made by it and is no more.

    The photos leave the log. Whoever was made by the decision, and of whom nothing has come since,
    is forgotten; of the decision is left who made it and who undid it. Others stay: None.
    """
    person = await _made(records, decision)
    if person is None:
        await _erase_photos(records, decision)
        return None
    members = await records.persons.members(person.id)
    if await _came_since(records, person, members):
        await records.persons.save(replace(person, forgotten_at=None, version=version))
        await _erase_photos(records, decision)
        return None
    await erase_records(records, members, now)
    await records.decisions.add(replace(decision, name=None, changes=()))
    return person


def changes_something(decision: Decision) -> bool:
    """Tell whether there is anything to take back: additions once were noted without it."""
    return decision.verb != ADD or bool(decision.changes)


async def _made(records: Records, decision: Decision) -> Person | None:
    made = next((c.id for c in decision.changes if "forgotten_at" in c.after), None)
    return await records.persons.get(made) if made else None


async def _came_since(records: Records, person: Person, members: tuple[Id, ...]) -> bool:
    """Tell whether there is more to somebody by now than the photos taken back."""
    if person.merged_into or len(members) > 1 or await records.visits.of(members, limit=1):
        return True
    return bool(await records.references.used(members))


async def _erase_photos(records: Records, decision: Decision) -> None:
    ids = [c.id for c in decision.changes if c.collection == "references"]
    references = await records.references.some(ids)
    await records.detections.erase([r.detection_id for r in references.values()])
