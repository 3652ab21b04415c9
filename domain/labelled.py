"""Faces that a site has put a name to, as two models see them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.records import DetectionStatus, Embedding, Id, Person, PersonStatus
from domain.references import in_use
from domain.store import DetectionQuery, PersonCursor, PersonQuery, Store

RECOGNISED = (PersonStatus.KNOWN, PersonStatus.BLOCKED)
PAGE = 200
DETECTIONS_A_PERSON = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFace:
    """A face of somebody recognised, by both models; `reference` if it is kept as one."""

    person_id: Id
    reference: bool
    old: Embedding
    new: Embedding


async def labelled_faces(
    store: Store, *, old: str, new: str, since: datetime, most: int
) -> list[LabelledFace]:
    """Return about `most` faces that have an embedding of both models.

    They are the references of recognised people and their newest detections since a time, of
    everybody or of those met last.
    """
    faces: list[LabelledFace] = []
    query = PersonQuery(statuses=RECOGNISED, limit=PAGE)
    while people := await store.persons.page(query):
        for person in people:
            if len(faces) >= most:
                return faces
            faces += await _of_person(store, person, (old, new), since)
        query = replace(query, after=PersonCursor(people[-1].id))
    return faces


async def _of_person(
    store: Store, person: Person, models: tuple[str, str], since: datetime
) -> list[LabelledFace]:
    members = await store.persons.members(person.id)
    references = await store.references.of(members)
    kept = [{r.detection_id: r.embedding for r in in_use(references, m)} for m in models]
    seen = await _detections(store, members, since)
    ids = [id_ for id_ in seen if id_ not in kept[0] | kept[1]]
    others = [await _embeddings(store, ids, model) for model in models]
    return [
        LabelledFace(person_id=person.id, reference=reference, old=by[0][id_], new=by[1][id_])
        for reference, by in ((True, kept), (False, others))
        for id_ in by[0]
        if id_ in by[1]
    ]


async def _detections(store: Store, members: Sequence[Id], since: datetime) -> list[Id]:
    page = await store.detections.page(
        DetectionQuery(
            person_ids=tuple(members),
            statuses=(DetectionStatus.CLASSIFIED,),
            since=since,
            limit=DETECTIONS_A_PERSON,
        )
    )
    return [detection.id for detection in page]


async def _embeddings(store: Store, ids: Sequence[Id], model: str) -> dict[Id, Embedding]:
    """Return the embeddings by one model: the detection's own, or its twin."""
    own = await store.detections.some(ids)
    return {
        **await store.twins.of(ids, model),
        **{d.id: d.embedding for d in own.values() if d.model == model and d.embedding is not None},
    }
