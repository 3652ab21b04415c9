"""Whom and what an account may see: everything goes by the sites of its detections."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import NotFoundError
from domain.intake import crop_id
from domain.records import Account, Detection, Id, Person, Question, Role, Visit
from domain.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """The last time an account could see somebody, and a crop that shows them."""

    detection_id: Id
    image_key: str
    site_id: Id
    at: datetime


def sites_of(account: Account) -> tuple[Id, ...] | None:
    """Return the sites to limit a query to; None means every site."""
    return None if account.role is Role.ADMIN else account.site_ids


async def seen_question(store: Store, account: Account, id_: Id) -> Question:
    """Return a question; raise NotFoundError when it is none of the account's business."""
    question = await store.questions.get(id_)
    if question is None or not account.may_see(question.site_id):
        raise NotFoundError("There is no such question.")
    return question


async def seen_person(store: Store, account: Account, id_: Id) -> Person:
    """Return who somebody turned out to be; raise NotFoundError when the account may not know."""
    person = await store.persons.canonical(id_)
    if person is None or not await may_see_person(store, account, person):
        raise NotFoundError("There is no such person.")
    return person


async def seen_detection(store: Store, account: Account, id_: Id) -> Detection:
    """Return a detection; raise NotFoundError when it is none of the account's business."""
    detection = await store.detections.get(id_)
    if detection is None or not account.may_see(detection.site_id):
        raise NotFoundError("There is no such detection.")
    return detection


async def may_see_person(store: Store, account: Account, person: Person) -> bool:
    """Tell whether somebody has been at one of the account's sites; admins see everybody."""
    if account.role is Role.ADMIN:
        return True
    found = await store.persons.canonical(person.id)
    return found is not None and any(account.may_see(site) for site in found.site_ids)


async def glimpses(store: Store, account: Account, people: Iterable[Person]) -> dict[Id, Glimpse]:
    """Return what the account can see of these people, by id; who is missing was not there.

    They are shown by their cover, or else by the best crop of their last visit.
    """
    covers = {person.id: crop_id(person.cover) if person.cover else None for person in people}
    members = await store.persons.members_of([*covers])
    last = await _last_visits(store, account, members)
    best = {id_: visit.best.detection_id for id_, visit in last.items()}
    wanted = [id_ for id_ in (*covers.values(), *best.values()) if id_]
    crops = await store.detections.some(wanted)
    seen = {id_: c for id_, c in crops.items() if c.image.key and account.may_see(c.site_id)}
    shown: dict[Id, Detection | None] = {}
    for id_, cover in covers.items():
        choice = (cover, best.get(id_))
        shown[id_] = next((seen[crop] for crop in choice if crop and crop in seen), None)
    without = {id_: theirs for id_, theirs in members.items() if shown[id_] is None}
    shown |= await _photos(store, account, without) if without else {}
    return {
        id_: Glimpse(
            detection_id=crop.id,
            image_key=crop.image.key,
            site_id=last[id_].site_id if id_ in last else crop.site_id,
            at=last[id_].last_seen_at if id_ in last else crop.captured_at,
        )
        for id_, crop in shown.items()
        if crop
    }


async def _last_visits(
    store: Store, account: Account, members: Mapping[Id, Sequence[Id]]
) -> dict[Id, Visit]:
    """Return each person's last visit to the account's sites."""
    sites = sites_of(account)
    if sites is None:
        sites = tuple(site.id for site in await store.sites.all())
    everybody = [member for theirs in members.values() for member in theirs]
    latest = await store.visits.latest(everybody, sites)
    found: dict[Id, Visit] = {}
    for id_, theirs in members.items():
        visits = [latest[member] for member in theirs if member in latest]
        if visits:
            found[id_] = max(visits, key=lambda visit: visit.last_seen_at)
    return found


async def _photos(
    store: Store, account: Account, members: Mapping[Id, Sequence[Id]]
) -> dict[Id, Detection | None]:
    """Return the newest photo by which each of these is recognised, of those the account may see.

    Who was added by photos has come nowhere yet; and of a visit long ago no crop may be left.
    """
    owner = {member: id_ for id_, theirs in members.items() for member in theirs}
    references = await store.references.of([*owner])
    photos = await store.detections.some([reference.detection_id for reference in references])
    found: dict[Id, Detection | None] = {}
    for reference in references:
        photo = photos.get(reference.detection_id)
        if photo and account.may_see(photo.site_id):
            found[owner[reference.person_id]] = photo
    return found
