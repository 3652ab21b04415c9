"""Adding somebody by photos that a manager gives, before a camera has seen them.

Each photo becomes a detection of a camera that is none, one for each site, and a reference made
from it: docs/decisions/enrolling.md says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.drafts import described, kept
from domain.errors import InvalidError, NameTakenError, NotAllowedError, NotFoundError
from domain.ids import hash_secret, new_id, new_secret
from domain.intake import Images, image_key
from domain.journal import Journal, plain
from domain.looking import Look, Looked
from domain.records import (
    Account,
    Camera,
    Decision,
    Detection,
    DetectionStatus,
    Draft,
    Embedding,
    Face,
    Id,
    Image,
    Person,
    PersonStatus,
    Reference,
    Retired,
    Retirement,
)
from domain.store import Records, Store
from domain.whereabouts import refresh

# Stands for the photos of a site that no camera took. It is revoked: nobody can post as it.
CAMERA = "Added by hand"
ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo that has been kept: the id of its detection-to-be, and the face it is added by."""

    id: Id
    image: Image
    model: str
    face: Face
    embedding: Embedding


async def keep_photo(
    images: Images, picture: bytes, *, look: Look, face: Looked, now: datetime
) -> Photo:
    """Keep a picture, to be added to somebody by one of its faces."""
    id_ = new_id()
    image = described(image_key(id_, look.facts.media_type, now), picture, look.facts)
    await images.put(image.key, picture)
    return Photo(id=id_, image=image, model=look.model, face=face.face, embedding=face.embedding)


class Enrolment:
    """Photos being added to one person, inside one transaction: one decision of the journal.

    Undone, the photos are not theirs any more; who was made by it is forgotten.
    """

    def __init__(
        self, records: Records, *, site_id: Id, account: Account, via: str, now: datetime
    ) -> None:
        if not account.may_answer(site_id):
            raise NotAllowedError("You may not answer for this site.")
        self._records = records
        self._site_id = site_id
        self._now = now
        self._journal = Journal(records, account=account, via=via, now=now)

    async def make(self, name: str, photo: Photo, version: int) -> Person:
        """Make the person, by their first photo."""
        made = Person(
            id=new_id(),
            number=await self._records.persons.next_number(),
            status=PersonStatus.KNOWN,
            created_at=self._now,
            version=version,
            name=name,
            cover=photo.image.key,
            site_ids=(self._site_id,),
        )
        await self._journal.make(made, instead={"forgotten_at": self._now})
        return made

    async def add(self, photo: Photo, person: Person, version: int) -> None:
        """Let the person be recognised by a photo, and enter it into the log.

        So it is seen, kept and erased as every other.
        """
        reference = Reference(
            id=new_id(),
            person_id=person.id,
            detection_id=photo.id,
            image_key=photo.image.key,
            model=photo.model,
            embedding=photo.embedding,
            quality=photo.face.quality,
            version=version,
            created_at=self._now,
        )
        gone = Retired(at=self._now, reason=Retirement.REMOVED)
        await self._journal.make(reference, instead={"retired": plain(gone)})
        camera = await self._camera()
        await self._records.detections.add(
            Detection(
                id=photo.id,
                camera_id=camera.id,
                site_id=camera.site_id,
                captured_at=self._now,
                received_at=self._now,
                image=photo.image,
                status=DetectionStatus.CLASSIFIED,
                face=photo.face,
                embedding=photo.embedding,
                model=photo.model,
                person_id=person.id,
                kept=True,
                classified_at=self._now,
            )
        )

    async def tell_apart(self, person: Person, other_id: Id, version: int) -> None:
        """Remember that the person is not somebody they look like."""
        other = await self._records.persons.canonical(other_id)
        if other and other.id != person.id:
            await self._journal.tell_apart(person.id, other.id, version)

    async def enter(self, person: Person, earlier: Decision | None = None) -> Decision:
        """Note it in the journal; with what was added by the same decision `earlier`."""
        await refresh(self._records, [person.id])
        if earlier and earlier.undone is None:
            return await self._journal.extend(earlier)
        return await self._journal.enter(ADD, person.id, name=person.name, site_id=self._site_id)

    async def _camera(self) -> Camera:
        """Return the camera that stands for photos of the site added by hand, made at need."""
        found = await self._records.cameras.at(self._site_id, CAMERA)
        if found:
            return found
        made = Camera(
            id=new_id(),
            site_id=self._site_id,
            name=CAMERA,
            key_hash=hash_secret(new_secret()),
            created_at=self._now,
            revoked_at=self._now,
        )
        await self._records.cameras.add(made)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """To whom photos are added: somebody there is, or somebody of this name.

    `another` tells that it is another person than those of the name who are known already; `apart`
    that it is none of these, whom the photos look like.
    """

    site_id: Id
    person_id: Id | None = None
    name: str = ""
    another: bool = False
    apart: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A draft, what was seen on it, and the face that somebody is added by."""

    draft: Draft
    look: Look
    face: Looked


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """Who photos were added to, and the decision that did so."""

    person: Person
    decision: Decision


async def enrol(
    store: Store,
    images: Images,
    *,
    chosen: Sequence[Chosen],
    whom: Whom,
    account: Account,
    via: str,
    now: datetime,
) -> Enrolled:
    """Add drafts to somebody, all or none; the drafts end by it.

    Raises NotFoundError when a draft or the person is gone, NotAllowedError, InvalidError without
    any draft, NameTakenError, and StaleError when another model is in use by now.
    """
    if not chosen:
        raise InvalidError("There is no photo yet that could be used.")
    photos = [await _kept_photo(images, one, now) for one in chosen]
    drafts = [one.draft for one in chosen]

    async def work(records: Records) -> Enrolled:
        for draft in drafts:
            await kept(records, draft_id=draft.id, account=account, now=now)
        enrolment = Enrolment(records, site_id=whom.site_id, account=account, via=via, now=now)
        version = await records.gallery.advance(model=photos[0].model)
        person = await _whom(records, whom) or await enrolment.make(whom.name, photos[0], version)
        for photo in photos:
            await enrolment.add(photo, person, version)
        for other_id in whom.apart:
            await enrolment.tell_apart(person, other_id, version)
        await records.drafts.erase([draft.id for draft in drafts])
        return Enrolled(person=person, decision=await enrolment.enter(person))

    enrolled = await store.transact(work)
    await images.delete([draft.image.key for draft in drafts])
    return enrolled


async def _kept_photo(images: Images, one: Chosen, now: datetime) -> Photo:
    try:
        picture = await images.get(one.draft.image.key)
    except KeyError as error:
        raise NotFoundError("This photo is not kept any more. Please choose it again.") from error
    return await keep_photo(images, picture, look=one.look, face=one.face, now=now)


async def _whom(records: Records, whom: Whom) -> Person | None:
    """Return who there is already, None for a new person; raise when that is not clear."""
    if whom.person_id:
        found = await records.persons.canonical(whom.person_id)
        if found is None:
            raise NotFoundError("There is no such person any more.")
        return found
    same = tuple(p.id for p in await records.persons.with_name(whom.name))
    if same and not whom.another:
        raise NameTakenError(whom.name, same)
    return None
