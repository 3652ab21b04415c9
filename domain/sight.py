"""Whom and what an account may see: everything goes by the sites of its detections."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import NotFoundError
from domain.records import Account, Detection, Id, Person, Question, Role
from domain.store import DetectionQuery, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """The last time an account could see somebody, and the crop that shows them best."""

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
    members = await store.persons.members(person.id)
    if await _latest(store, account, members):
        return True
    # The crops may be gone by age; the visits stay.
    return any([await store.visits.count(members, site) for site in account.site_ids])


async def glimpses(store: Store, account: Account, people: Iterable[Person]) -> dict[Id, Glimpse]:
    """Return what the account can see of these people, by id; who is missing was not there."""

    async def look(person: Person) -> tuple[Id, Detection | None]:
        return person.id, await _latest(store, account, await store.persons.members(person.id))

    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(look(person)) for person in people]
    latest = {id_: detection for id_, detection in (t.result() for t in looks) if detection}
    best = await _best(store, latest.values())
    return {
        id_: Glimpse(
            detection_id=best.get(detection.id, detection).id,
            image_key=best.get(detection.id, detection).image.key,
            site_id=detection.site_id,
            at=detection.captured_at,
        )
        for id_, detection in latest.items()
    }


async def _latest(store: Store, account: Account, members: Sequence[Id]) -> Detection | None:
    query = DetectionQuery(site_ids=sites_of(account), person_ids=tuple(members), limit=1)
    return next(iter(await store.detections.page(query)), None)


async def _best(store: Store, latest: Iterable[Detection]) -> dict[Id, Detection]:
    """Return the best crop of each detection's visit, where it is still there."""
    visit_of = {d.id: d.visit_id for d in latest if d.visit_id}
    visits = await store.visits.some(tuple(visit_of.values()))
    best = {id_: visits[v].best.detection_id for id_, v in visit_of.items() if v in visits}
    there = await store.detections.some(tuple(best.values()))
    return {id_: there[crop] for id_, crop in best.items() if crop in there}
