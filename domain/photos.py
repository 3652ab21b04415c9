"""What people say of somebody's photos: which one shows them, and which they are recognised by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.covers import COVER, may_show
from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.journal import Journal, plain
from domain.policy import MatchPolicy
from domain.records import (
    Account,
    Decision,
    Detection,
    DetectionStatus,
    Embedding,
    Id,
    Person,
    Reference,
    Retired,
    Retirement,
)
from domain.store import Records, Store
from domain.upkeep import retire

DROP, REFER = "drop", "refer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A crop of somebody, the references made from it, and all they are recognised by.

    `references` are those in use, of everybody merged into the person too.
    """

    crop: Detection
    person: Person
    references: tuple[Reference, ...]

    @property
    def made(self) -> tuple[Reference, ...]:
        """Those in use that were made from this photo."""
        return tuple(r for r in self.references if r.detection_id == self.crop.id)

    @property
    def last(self) -> bool:
        """Whether nothing is left to recognise the person by without this photo."""
        return bool(self.made) and len(self.made) == len(self.references)


async def photo_of(records: Records, person_id: Id, photo: Id, account: Account) -> Photo:
    """Return a photo of somebody that an account may say something of.

    Raises NotFoundError where it is not of them, or not the account's business, and
    NotAllowedError where the account does not answer for its site.
    """
    person = await records.persons.canonical(person_id)
    crop = await records.detections.get(photo)
    members = await records.persons.members(person.id) if person else ()
    if person is None or crop is None or crop.person_id not in members:
        raise NotFoundError("There is no such photo of this person.")
    if not account.may_see(crop.site_id):
        raise NotFoundError("There is no such photo of this person.")
    if not account.may_answer(crop.site_id):
        raise NotAllowedError("You may not answer for the site of this photo.")
    in_use = await records.references.used(members)
    return Photo(crop=crop, person=person, references=tuple(in_use))


async def choose_cover(
    store: Store, *, person_id: Id, photo: Id, account: Account, via: str, now: datetime
) -> Decision:
    """Show somebody by one of their photos, wherever they are shown.

    Raises NotFoundError, NotAllowedError, and InvalidError where the photo cannot be shown.
    """

    async def work(records: Records) -> Decision:
        found = await photo_of(records, person_id, photo, account)
        journal = Journal(records, account=account, via=via, now=now)
        return await show_by(records, journal, found)

    return await store.transact(work)


async def show_by(records: Records, journal: Journal, photo: Photo) -> Decision:
    """Make a photo the cover, inside a transaction; it is kept as long as it is."""
    crop, person = photo.crop, photo.person
    if not await may_show(records, crop.id, await records.persons.members(person.id)):
        raise InvalidError("This photo cannot be shown: it was dropped, or is not kept any more.")
    version = await records.gallery.advance()
    await journal.assign(person, cover=crop.image.key, version=version)
    await journal.assign(crop, kept=True)
    return await journal.enter(COVER, person.id, site_id=crop.site_id)


async def drop(
    store: Store, *, person_id: Id, photo: Id, account: Account, via: str, now: datetime
) -> Decision:
    """Recognise nobody by a photo any more; it stays where it is. It may be the last one.

    Raises NotFoundError, NotAllowedError, and InvalidError where nobody is recognised by it.
    """

    async def work(records: Records) -> Decision:
        found = await photo_of(records, person_id, photo, account)
        journal = Journal(records, account=account, via=via, now=now)
        return await put_away(records, journal, found, now)

    return await store.transact(work)


async def put_away(records: Records, journal: Journal, photo: Photo, now: datetime) -> Decision:
    """Retire what was made from a photo, inside a transaction."""
    if not photo.made:
        raise InvalidError("Nobody is recognised by this photo.")
    changes = await retire(
        records,
        person_id=photo.person.id,
        references=photo.made,
        why=Retirement.REMOVED,
        version=await records.gallery.advance(),
        now=now,
    )
    journal.note(*changes)
    return await journal.enter(DROP, photo.person.id, site_id=photo.crop.site_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Why a crop cannot become a photo somebody is recognised by: a sentence, and `reasons`.

    The reasons are those of recognition, by their codes.
    """

    text: str
    reasons: tuple[str, ...] = ()


def hindrance(
    crop: Detection,
    references: Sequence[Reference],
    *,
    model: str | None,
    policy: MatchPolicy | None,
) -> Hindrance | None:
    """Return what keeps a crop from being a reference beside those in use; None: nothing does.

    `model` is the one in use and `policy` what it goes by, as far as they are known.
    """
    if any(r.detection_id == crop.id for r in references):
        return Hindrance(text="Usher recognises them by this photo already.")
    if crop.status is not DetectionStatus.CLASSIFIED or crop.reasons:
        return Hindrance(text="The face is not clear enough.", reasons=crop.reasons)
    if crop.face is None or crop.embedding is None or not crop.image.key:
        return Hindrance(text="What was measured of this face is not kept any more.")
    if model and crop.model != model:
        return Hindrance(text="This face was measured with another model than is in use now.")
    return _needless(crop.embedding, [r for r in references if r.model == crop.model], policy)


def _needless(
    face: Embedding, references: Sequence[Reference], policy: MatchPolicy | None
) -> Hindrance | None:
    """Say that a face adds nothing to what is there, or that there is no room for it."""
    if policy is None or not references:
        return None
    if len(references) >= policy.max_references:
        return Hindrance(text="There are as many photos as can be. Drop one of them first.")
    if min(1 - float(np.dot(r.embedding, face)) for r in references) < policy.duplicate:
        return Hindrance(text="It shows no more than a photo that is there already.")
    return None


async def refer(
    store: Store,
    *,
    person_id: Id,
    photo: Id,
    account: Account,
    via: str,
    now: datetime,
    policy: MatchPolicy | None,
) -> Decision:
    """Recognise somebody by one of their crops from now on.

    Raises NotFoundError, NotAllowedError, and InvalidError with what is in the way.
    """

    async def work(records: Records) -> Decision:
        found = await photo_of(records, person_id, photo, account)
        pack = await records.gallery.in_use()
        model = pack.model if pack else None
        barred = hindrance(found.crop, found.references, model=model, policy=policy)
        if barred:
            raise InvalidError(barred.text)
        journal = Journal(records, account=account, via=via, now=now)
        return await take_up(records, journal, found, now)

    return await store.transact(work)


async def take_up(records: Records, journal: Journal, photo: Photo, now: datetime) -> Decision:
    """Keep the face of a photo, or take it back into use, inside a transaction."""
    crop, person = photo.crop, photo.person
    version = await records.gallery.advance()
    there = await records.references.of_detections([crop.id])
    dropped = [r for r in there if r.model == crop.model]
    for reference in dropped:
        await journal.assign(reference, retired=None, vouched=True, version=version)
    if not dropped:
        gone = plain(Retired(at=now, reason=Retirement.REMOVED))
        await journal.make(_reference(photo, version, now), instead={"retired": gone})
    await journal.assign(crop, kept=True)
    return await journal.enter(REFER, person.id, site_id=crop.site_id)


def _reference(photo: Photo, version: int, now: datetime) -> Reference:
    crop = photo.crop
    if crop.face is None or crop.embedding is None or crop.model is None:
        raise InvalidError("What was measured of this face is not kept any more.")
    return Reference(
        id=new_id(),
        person_id=crop.person_id or photo.person.id,
        detection_id=crop.id,
        image_key=crop.image.key,
        model=crop.model,
        embedding=crop.embedding,
        quality=crop.face.quality,
        version=version,
        created_at=now,
        vouched=True,
    )
