"""Adding somebody by photos that a manager sends, before a camera has seen them.

Each photo becomes a detection of a camera that is none, one for each site, and a reference made
from it: docs/decisions/enrolling.md says why.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from domain.errors import InvalidError, NotAllowedError, NotFoundError
from domain.ids import hash_secret, new_id, new_secret
from domain.intake import Images, image_key
from domain.journal import Journal
from domain.looking import Look, Looked, Near
from domain.records import (
    Account,
    Camera,
    Detection,
    DetectionStatus,
    Errand,
    Id,
    Image,
    MatchKind,
    Person,
    PersonStatus,
    Reference,
    Rejection,
)
from domain.references import in_use
from domain.store import Records, Store

# Stands for the photos of a site that no camera took. It is revoked: nobody can post as it.
CAMERA = "Added by hand"
NO_FACE = "no_face"
ADD = "add"


@dataclass(frozen=True, slots=True)
class Refused:
    """A photo that cannot be used, and what is wrong with it."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unlike:
    """A photo that does not look like the others of this person."""


@dataclass(frozen=True, slots=True)
class Doubled:
    """A photo that shows no more than the others."""


@dataclass(frozen=True, slots=True)
class LooksLike:
    """A photo that looks like somebody else: somebody must say whether it is them."""

    near: Near


@dataclass(frozen=True, slots=True)
class Good:
    """A photo that can be used, by its face."""

    face: Looked


Judgement = Refused | Unlike | Doubled | LooksLike | Good


def judge_photo(
    look: Look, *, person_id: Id | None, theirs: Sequence[Reference], told_apart: bool = False
) -> Judgement:
    """Say whether a photo can be used for a person (None: nobody yet), whose references are given.

    `told_apart` is set once somebody has said that it is not who it looks like.
    """
    if not look.faces:
        return Refused((NO_FACE,))
    face = look.faces[0]
    if face.reasons:
        return Refused(face.reasons)
    kept = in_use(theirs, look.model)
    own = min((1 - float(np.dot(r.embedding, face.embedding)) for r in kept), default=None)
    other = next((n for n in face.near if n.person.id != person_id), None)
    alike = face.kind is MatchKind.MATCH and other is not None and not told_apart
    if alike and other and other.distance <= look.policy.match and not _nearer(own, other):
        return LooksLike(other)
    if own is not None and own > look.policy.unsure:
        return Unlike()
    if own is not None and own < look.policy.duplicate:
        return Doubled()
    return Good(face)


def _nearer(own: float | None, other: Near) -> bool:
    return own is not None and own <= other.distance


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

    If the errand has `other_id`, somebody has said that this is not them: that is remembered too.
    Raises NotFoundError when the errand has ended or its person is gone, NotAllowedError, and
    StaleError when another model is in use by now.
    """
    id_ = new_id()
    key = image_key(id_, look.facts.media_type, now)
    image = Image(
        key=key,
        sha256=hashlib.sha256(picture).hexdigest(),
        bytes=len(picture),
        width=look.facts.width,
        height=look.facts.height,
        media_type=look.facts.media_type,
    )
    await images.put(key, picture)

    async def work(records: Records) -> Added:
        hand = await _Hand.take_up(records, errand_id, account=account, via=via, now=now)
        return await hand.add(_Photo(id=id_, image=image, model=look.model, looked=face))

    return await store.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Photo:
    """A photo that has been kept: the id of its detection-to-be, and the face it is added by."""

    id: Id
    image: Image
    model: str
    looked: Looked


class _Hand:
    """One photo being added, inside one transaction."""

    def __init__(
        self, records: Records, errand: Errand, *, account: Account, via: str, now: datetime
    ) -> None:
        self._records = records
        self._errand = errand
        self._account = account
        self._via = via
        self._now = now

    @classmethod
    async def take_up(
        cls, records: Records, errand_id: Id, *, account: Account, via: str, now: datetime
    ) -> "_Hand":
        errand = await records.errands.get(errand_id)
        if errand is None or errand.account_id != account.id:
            raise NotFoundError("This has ended already. Please begin again.")
        if errand.site_id is None or not account.may_answer(errand.site_id):
            raise NotAllowedError("You may not answer for this site.")
        return cls(records, errand, account=account, via=via, now=now)

    async def add(self, photo: _Photo) -> Added:
        version = await self._records.gallery.advance(model=photo.model)
        person = await self._person(version, photo.image.key)
        reference = Reference(
            id=new_id(),
            person_id=person.id,
            detection_id=photo.id,
            image_key=photo.image.key,
            model=photo.model,
            embedding=photo.looked.embedding,
            quality=photo.looked.face.quality,
            version=version,
            created_at=self._now,
        )
        await self._records.references.add(reference)
        await self._log(photo, person)
        if self._errand.other_id:
            await self._tell_apart(person, self._errand.other_id, version)
        changed = replace(
            self._errand,
            person_id=person.id,
            taken=self._errand.taken + 1,
            other_id=None,
            touched_at=self._now,
        )
        await self._records.errands.save(changed)
        return Added(person=person, errand=changed)

    async def _person(self, version: int, key: str) -> Person:
        """Return whom the photos are of; make them by the first photo."""
        person_id, name = self._errand.person_id, self._errand.name
        if person_id is None and name is not None:
            made = Person(
                id=new_id(),
                number=await self._records.persons.next_number(),
                status=PersonStatus.KNOWN,
                created_at=self._now,
                version=version,
                name=name,
                cover=key,
            )
            await self._records.persons.add(made)
            await self._note(made)
            return made
        found = await self._records.persons.canonical(person_id) if person_id else None
        if found is None:
            raise NotFoundError("There is no such person any more.")
        if not self._errand.taken:
            await self._note(found)
        return found

    async def _note(self, person: Person) -> None:
        journal = Journal(self._records, account=self._account, via=self._via, now=self._now)
        await journal.enter(ADD, person.id, name=person.name, site_id=self._errand.site_id)

    async def _log(self, photo: _Photo, person: Person) -> None:
        """Enter the photo into the log, so that it is seen, kept and erased as every other."""
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
                face=photo.looked.face,
                embedding=photo.looked.embedding,
                model=photo.model,
                person_id=person.id,
                kept=True,
                classified_at=self._now,
            )
        )

    async def _camera(self) -> Camera:
        """Return the camera that stands for photos of the site added by hand, made at need."""
        if self._errand.site_id is None:
            raise InvalidError("Please choose a site first.")
        found = await self._records.cameras.at(self._errand.site_id, CAMERA)
        if found:
            return found
        made = Camera(
            id=new_id(),
            site_id=self._errand.site_id,
            name=CAMERA,
            key_hash=hash_secret(new_secret()),
            created_at=self._now,
            revoked_at=self._now,
        )
        await self._records.cameras.add(made)
        return made

    async def _tell_apart(self, person: Person, other_id: Id, version: int) -> None:
        other = await self._records.persons.canonical(other_id)
        if other and other.id != person.id:
            await self._records.rejections.add(
                Rejection(
                    id=new_id(),
                    person_id=person.id,
                    other_id=other.id,
                    version=version,
                    created_at=self._now,
                )
            )
