"""What both doors show of a visit: the same facts for the card in the chat and in the panel."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.door_views import DoorView, door_view
from domain.errors import NotFoundError
from domain.guests import unmet
from domain.records import (
    UNANSWERED,
    Camera,
    Card,
    Decision,
    Detection,
    Guest,
    Id,
    Person,
    Question,
    QuestionKind,
    QuestionStatus,
    Site,
    Stage,
    Visit,
)
from domain.store import Records, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """Somebody it may be, with the confidence, 0 to 1, that it is them.

    `reference_id` is what they are recognised by that is so near.
    """

    person: Person
    confidence: float
    reference_id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """A visit with everything that is said of it.

    `person` is who it turned out to be; `likely` whom it may be, best first, but for those ruled
    out since. `supposed` is the one of them a question to confirm still means. `previous` is the
    person's visit before this one, at this site. `asked_of` are who was asked, once they did not
    answer at once; `expected` the guests announced here whom nobody knows yet.
    """

    visit: Visit
    person: Person
    site: Site
    cameras: tuple[Camera, ...]
    question: Question | None = None
    decision: Decision | None = None
    likely: tuple[Likely, ...] = ()
    previous: Visit | None = None
    supposed: Likely | None = None
    asked_of: tuple[str, ...] = ()
    expected: tuple[Guest, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether an answer is wanted."""
        return self.question is not None and self.question.status is QuestionStatus.OPEN

    @property
    def image_key(self) -> str:
        """The picture that shows it best."""
        return self.visit.best.image_key


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoofView:
    """A picture or a screen held before a camera, with everything that is said of it."""

    detection: Detection
    site: Site
    camera: Camera

    @property
    def asked(self) -> bool:
        """Whether an answer is wanted: never."""
        return False

    @property
    def image_key(self) -> str:
        """The picture that shows it."""
        return self.detection.image.key


async def spoof_view(store: Store, detection_id: Id) -> SpoofView:
    """Gather what is to be shown of a spoof; raise NotFoundError when it is gone."""
    detection = await store.detections.get(detection_id)
    site = await store.sites.get(detection.site_id) if detection else None
    camera = await store.cameras.get(detection.camera_id) if detection else None
    if detection is None or site is None or camera is None:
        raise NotFoundError("There is no such detection.")
    return SpoofView(detection=detection, site=site, camera=camera)


async def card_view(store: Store, card: Card) -> VisitView | SpoofView | DoorView:
    """Gather what a card shows; raise NotFoundError when it is gone."""
    if card.visit_id:
        return await visit_view(store, card.visit_id)
    if card.grant_id:
        return await door_view(store, card.grant_id)
    if card.detection_id:
        return await spoof_view(store, card.detection_id)
    raise NotFoundError("This card shows nothing.")


async def visit_view(store: Store, visit_id: Id) -> VisitView:
    """Gather what is to be shown of a visit; raise NotFoundError when it is gone."""
    visit = await store.visits.get(visit_id)
    person = await store.persons.canonical(visit.person_id) if visit else None
    site = await store.sites.get(visit.site_id) if visit else None
    if visit is None or person is None or site is None:
        raise NotFoundError("There is no such visit.")
    cameras = await store.cameras.some(visit.camera_ids)
    question = await store.questions.of_visit(visit_id)
    decided = question.decision_id if question else None
    suggested = await _suggested(store, question, person) if question else ()
    apart = await ruled_out(store, person) if suggested else set()
    return VisitView(
        visit=visit,
        person=person,
        site=site,
        cameras=tuple(cameras[id_] for id_ in visit.camera_ids if id_ in cameras),
        question=question,
        decision=await store.decisions.get(decided) if decided else None,
        likely=tuple(one for one in suggested if one.person.id not in apart),
        supposed=supposed(question, suggested, apart) if question else None,
        previous=await _previous(store, visit, person) if visit.ordinal > 1 else None,
        asked_of=await _asked_of(store, question) if question else (),
        expected=tuple(await unmet(store, visit)) if _who_is_it(question) else (),
    )


def _who_is_it(question: Question | None) -> bool:
    return question is not None and question.status in UNANSWERED


async def _asked_of(store: Store, question: Question) -> tuple[str, ...]:
    """Return who was asked, by name, of a question that had to be asked twice."""
    if question.status not in UNANSWERED or question.stage is Stage.ASKED:
        return ()
    cards = await store.outbox.of_visit(question.visit_id)
    asked = [card for card in cards if card.question_id == question.id]
    accounts = await store.accounts.some([c.account_id for c in asked if c.account_id])
    groups = await store.groups.some([c.group_id for c in asked if c.group_id])
    names = [account.name for account in accounts.values()]
    return (*sorted(names), *sorted(group.title for group in groups.values()))


async def _previous(store: Store, visit: Visit, person: Person) -> Visit | None:
    """Return the last visit before this one at its site."""
    members = await store.persons.members(person.id)
    return await store.visits.before(members, visit.site_id, visit.opened_at)


def supposed(
    question: Question, suggested: Sequence[Likely], apart: Collection[Id]
) -> Likely | None:
    """Return whom a question to confirm means: the likeliest of those recognised.

    Once they are ruled out it asks who this is, and means nobody else instead.
    """
    if question.kind is not QuestionKind.CONFIRM:
        return None
    meant = next((one for one in suggested if one.person.recognised), None)
    return meant if meant and meant.person.id not in apart else None


async def ruled_out(records: Records, person: Person) -> set[Id]:
    """Return whom somebody said this person is not, as who they are by now."""
    said = await records.rejections.of(await records.persons.members(person.id))
    named = await canonical_people(
        records, [id_ for r in said for id_ in (r.person_id, r.other_id)]
    )
    return {other.id for other in named.values()} - {person.id}


async def _suggested(store: Store, question: Question, person: Person) -> tuple[Likely, ...]:
    people = await canonical_people(store, [s.person_id for s in question.suggestions])
    return suggested_by(question, person, people)


def suggested_by(
    question: Question, person: Person, people: Mapping[Id, Person]
) -> tuple[Likely, ...]:
    """Return the people suggested at asking, each once, as who they are by now."""
    found: dict[Id, Likely] = {}
    for suggestion in question.suggestions:
        other = people.get(suggestion.person_id)
        if other and other.id != person.id:
            likely = Likely(
                person=other,
                confidence=suggestion.confidence,
                reference_id=suggestion.reference_id,
            )
            found.setdefault(other.id, likely)
    return tuple(found.values())


async def canonical_people(records: Records, ids: Iterable[Id | None]) -> dict[Id, Person]:
    """Return who each of these persons turned out to be, by the id asked for."""
    asked = {id_ for id_ in ids if id_}
    people: dict[Id, Person] = {}
    missing = asked
    while missing:
        people |= await records.persons.some([*missing])
        merged = {p.merged_into for p in people.values() if p.merged_into}
        missing = merged - people.keys() - missing
    found = {id_: _followed(people, id_) for id_ in asked if id_ in people}
    return {id_: person for id_, person in found.items() if person.forgotten_at is None}


def _followed(people: dict[Id, Person], id_: Id) -> Person:
    person = people[id_]
    while person.merged_into in people:
        person = people[person.merged_into]
    return person
