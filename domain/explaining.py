"""Why a crop is taken for somebody: how near it is to their photos, and to others'."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from domain.policy import MatchPolicy
from domain.records import Detection, Embedding, Id, MatchKind, Person, Reference
from domain.store import Store
from domain.thresholds import in_force
from domain.views import canonical_people

# So many photos of the person, and so many other people, are compared.
NEAREST, OTHERS = 4, 3
# So many people are looked at to find those nearest.
MOST_COMPARED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """A photo that somebody is recognised by, and how far a crop is from it."""

    person: Person
    reference: Reference
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What a crop was compared with. Nearest first; of others the nearest photo of each.

    `measured` is False where the numbers of the face are not kept any more. `policy` are the
    distances in force, as far as a worker has said. `itself` tells that the person is recognised
    by this very photo.
    """

    crop: Detection
    person: Person
    theirs: tuple[Likeness, ...]
    others: tuple[Likeness, ...]
    policy: MatchPolicy | None
    measured: bool
    itself: bool

    def kind(self, distance: float) -> MatchKind | None:
        """Return what a distance counts as; None where that is not known."""
        if self.policy is None:
            return None
        if distance <= self.policy.match:
            return MatchKind.MATCH
        return MatchKind.UNSURE if distance <= self.policy.unsure else MatchKind.STRANGER


async def explain(store: Store, crop: Detection, person: Person) -> Why:
    """Compare a crop with the photos a person is recognised by, and with those of others.

    Others are those who came close when it was seen, who the person may be, and who was said to be
    somebody else. Distances are measured anew, within the model of the crop.
    """
    members = await store.persons.members(person.id)
    made = await store.references.of_detections([crop.id])
    face, model = _face(crop, made)
    theirs = await _compared(store, {person.id: person}, members, face, model)
    others = await _others(store, crop, person, members)
    near = await _compared(store, others, [*others], face, model) if face is not None else []
    nearest: dict[Id, Likeness] = {}
    for one in near:
        nearest.setdefault(one.person.id, one)
    return Why(
        crop=crop,
        person=person,
        theirs=tuple(one for one in theirs if one.reference.detection_id != crop.id)[:NEAREST],
        others=tuple(nearest.values())[:OTHERS],
        policy=await in_force(store, model),
        measured=face is not None,
        itself=any(one.reference.detection_id == crop.id for one in theirs),
    )


def _face(crop: Detection, made: Iterable[Reference]) -> tuple[Embedding | None, str | None]:
    """Return the numbers of a face, of the log or of the reference made from it."""
    if crop.embedding is not None:
        return crop.embedding, crop.model
    kept = next(iter(made), None)
    return (kept.embedding, kept.model) if kept else (None, None)


async def _compared(
    store: Store,
    people: dict[Id, Person],
    members: Sequence[Id],
    face: Embedding | None,
    model: str | None,
) -> list[Likeness]:
    """Return how far a face is from the photos in use of these, nearest first.

    `people` is who each member is by now; those not in it are the only one there is.
    """
    if face is None:
        return []
    only = next(iter(people.values()), None)
    there = await store.references.of(members)
    found = [
        Likeness(person=person, reference=r, distance=1 - float(np.dot(r.embedding, face)))
        for r in there
        if r.model == model and r.retired is None and (person := people.get(r.person_id, only))
    ]
    return sorted(found, key=lambda one: (one.distance, one.reference.id))


async def _others(
    store: Store, crop: Detection, person: Person, members: Sequence[Id]
) -> dict[Id, Person]:
    """Return who else a crop may show, by each of their ids."""
    ids = [s.person_id for s in person.maybe]
    if crop.match and crop.match.runner_up:
        ids.append(crop.match.runner_up.person_id)
    if crop.match and crop.match.reference_id:
        nearest = await store.references.get(crop.match.reference_id)
        ids += [nearest.person_id] if nearest else []
    asked = await store.questions.of_visit(crop.visit_id) if crop.visit_id else None
    ids += [s.person_id for s in asked.suggestions] if asked else []
    apart = await store.rejections.of(members)
    ids += [id_ for r in apart for id_ in (r.person_id, r.other_id)]
    there = await canonical_people(store, ids[: 4 * MOST_COMPARED])
    people = {p.id: p for p in there.values() if p.id != person.id}
    found: dict[Id, Person] = {}
    for other in [*people.values()][:MOST_COMPARED]:
        found |= dict.fromkeys(await store.persons.members(other.id), other)
    return found
