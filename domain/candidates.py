"""Whom a detection may show: the people nearest to its face, and the photo of each that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.records import Account, Detection, Id, Person, Question, Reference
from domain.store import Store
from domain.views import canonical_people

MOST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Resembling:
    """Somebody a face resembles: how far their nearest photo is, as they are known today.

    `confidence` is what was said of them when the face was recognised, if anything was.
    `detection_id` is where that photo came from, if the account may look at it.
    """

    person: Person
    distance: float
    confidence: float | None
    detection_id: Id | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """What was said of somebody when a face was recognised."""

    distance: float | None = None
    confidence: float | None = None
    reference: Reference | None = None


async def resembling(
    store: Store, account: Account, detection: Detection, question: Question | None
) -> list[Resembling]:
    """Return the people that were weighed for a detection, nearest first.

    They are whom it was taken for, whom it was nearest to, who came second, and whom the question
    about it suggests. Measured anew by their photos other than this one; where that cannot be, for
    the embedding is gone, it is as it was said then.
    """
    weighed = await _weighed(store, detection, question)
    people = await canonical_people(store, [detection.person_id, *weighed])
    said = {people[id_].id: what for id_, what in reversed(weighed.items()) if id_ in people}
    everybody = {person.id: person for person in people.values()}
    found = []
    for id_, person in everybody.items():
        before = said.get(id_, _Weighed())
        nearest = await _nearest(store, person, detection)
        distance, photo = nearest or (before.distance, before.reference)
        if distance is not None:
            found.append((distance, photo, person, before.confidence))
    found = sorted(found, key=lambda one: one[0])[:MOST]
    seen = await _seen(store, account, [photo for _, photo, _, _ in found if photo])
    return [
        Resembling(
            person=person,
            distance=distance,
            confidence=confidence,
            detection_id=photo.detection_id if photo and photo.detection_id in seen else None,
        )
        for distance, photo, person, confidence in found
    ]


async def _weighed(
    store: Store, detection: Detection, question: Question | None
) -> dict[Id, _Weighed]:
    """Return who was weighed beside whom it was taken for, the nearest first."""
    match = detection.match
    found: dict[Id, _Weighed] = {}
    photo = await store.references.get(match.reference_id) if match and match.reference_id else None
    if match and photo:
        found[photo.person_id] = _Weighed(
            distance=match.distance, confidence=match.confidence, reference=photo
        )
    if match and match.runner_up:
        second = _Weighed(distance=match.runner_up.distance)
        found.setdefault(match.runner_up.person_id, second)
    for one in question.suggestions if question else ():
        if found.get(one.person_id, _Weighed()).confidence is None:
            found[one.person_id] = _Weighed(distance=one.distance, confidence=one.confidence)
    return found


async def _nearest(
    store: Store, person: Person, detection: Detection
) -> tuple[float, Reference] | None:
    if detection.embedding is None:
        return None
    members = await store.persons.members(person.id)
    photos = [
        (1 - float(detection.embedding @ one.embedding), one)
        for one in await store.references.of(members)
        if one.model == detection.model and one.detection_id != detection.id and one.retired is None
    ]
    return min(photos, key=lambda one: one[0], default=None)


async def _seen(store: Store, account: Account, references: Sequence[Reference]) -> set[Id]:
    """Return those of the detections behind references that the account may look at."""
    there = await store.detections.some([one.detection_id for one in references])
    return {id_ for id_, one in there.items() if account.may_see(one.site_id)}
