"""Whom a crop shows at a door, or may show."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.evidence import Reason
from domain.policy import MatchPolicy
from domain.records import Id, Person, PersonStatus, Suggestion
from domain.store import Records
from domain.visits import Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimant:
    """Somebody recognised who stands before doors; unless `named` it only may be them.

    `members` are their ids, `seen_as` those of whom the crops were classified as.
    """

    person: Person
    members: Sequence[Id]
    seen_as: Sequence[Id]
    named: bool
    confidence: float | None
    blocked: Reason | None = None


async def claimant_of(
    records: Records, sighting: Sighting, matching: MatchPolicy
) -> Claimant | None:
    """Return whom a crop shows or, where it is nobody known yet, whom it may show."""
    # The gallery may not have heard yet of what a manager decided a moment ago.
    person = await records.persons.canonical(sighting.person.id) or sighting.person
    members = await records.persons.members(person.id)
    if person.recognised:
        match = sighting.detection.match
        sure = match.confidence if match else None
        return Claimant(
            person=person, members=members, seen_as=members, named=True, confidence=sure
        )
    if person.status is not PersonStatus.UNKNOWN:
        return None
    close = [s for s in sighting.suggestions if s.distance <= matching.unsure]
    likely = await _likely(records, close, members)
    if not likely:
        return None
    (nearest, suggestion), *_ = likely
    blocked = any(other.status is PersonStatus.BLOCKED for other, _ in likely)
    return Claimant(
        person=nearest,
        members=await records.persons.members(nearest.id),
        seen_as=members,
        named=False,
        confidence=suggestion.confidence,
        blocked=Reason.MAYBE_BLOCKED if blocked else None,
    )


async def _likely(
    records: Records, close: Sequence[Suggestion], seen_as: Sequence[Id]
) -> list[tuple[Person, Suggestion]]:
    """Return the people recognised whom it may be, nearest first, but those ruled out."""
    rejections = await records.rejections.of(seen_as)
    ruled_out = {id_ for r in rejections for id_ in (r.person_id, r.other_id)} - set(seen_as)
    found: list[tuple[Person, Suggestion]] = []
    for suggestion in close:
        person = await records.persons.canonical(suggestion.person_id)
        if person is None or not person.recognised:
            continue
        if ruled_out.isdisjoint(await records.persons.members(person.id)):
            found.append((person, suggestion))
    return found
