"""Photos that somebody sends after /add: each is added at once, the person with the first one."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.enrolling import Enrolment, Photo, keep_photo
from domain.errors import InvalidError, NotFoundError
from domain.intake import Images
from domain.looking import Look, Looked
from domain.records import Account, Errand, Id, Person
from domain.store import Records, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A photo that was added: to whom, and how the errand stands."""

    person: Person
    errand: Errand


async def add_photo(
    store: Store,
    images: Images,
    *,
    errand_id: Id,
    look: Look,
    face: Looked,
    picture: bytes,
    account: Account,
    via: str,
    now: datetime,
) -> Added:
    """Add a photo to the person of an errand, who is made by the first one; remember who did it.

    All photos of an errand are one decision. If the errand has `other_id`, somebody has said that
    this is not them: that is remembered too. Raises NotFoundError when the errand has ended or its
    person is gone, NotAllowedError, and StaleError when another model is in use by now.
    """
    photo = await keep_photo(images, picture, look=look, face=face, now=now)

    async def work(records: Records) -> Added:
        errand = await records.errands.get(errand_id)
        if errand is None or errand.account_id != account.id:
            raise NotFoundError("This has ended already. Please begin again.")
        if errand.site_id is None:
            raise InvalidError("Please choose a site first.")
        site_id = errand.site_id
        enrolment = Enrolment(records, site_id=site_id, account=account, via=via, now=now)
        return await _add(records, errand, photo, enrolment, now)

    return await store.transact(work)


async def _add(
    records: Records, errand: Errand, photo: Photo, enrolment: Enrolment, now: datetime
) -> Added:
    version = await records.gallery.advance(model=photo.model)
    person = await _person(records, errand) or await enrolment.make(
        errand.name or "", photo, version
    )
    await enrolment.add(photo, person, version)
    if errand.other_id:
        await enrolment.tell_apart(person, errand.other_id, version)
    earlier = await records.decisions.get(errand.decision_id) if errand.decision_id else None
    decision = await enrolment.enter(person, earlier)
    changed = replace(
        errand,
        person_id=person.id,
        taken=errand.taken + 1,
        other_id=None,
        touched_at=now,
        decision_id=decision.id,
    )
    await records.errands.save(changed)
    return Added(person=person, errand=changed)


async def _person(records: Records, errand: Errand) -> Person | None:
    """Return whom the photos are of; None before the first one of somebody new."""
    if errand.person_id is None and errand.name is not None:
        return None
    found = await records.persons.canonical(errand.person_id) if errand.person_id else None
    if found is None:
        raise NotFoundError("There is no such person any more.")
    return found
