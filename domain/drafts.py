"""Photos that somebody has given the panel: looked at once, and kept for an hour at most.

Whoever gave a photo says what becomes of it: it is added to somebody, or searched by. Until then it
is nobody's, and seen by nobody else. docs/decisions/enrolling.md says why it is kept at all.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.errors import NotFoundError
from domain.ids import new_id
from domain.intake import ImageFacts, Images
from domain.looking import Look, Looked, Near
from domain.policy import MatchPolicy
from domain.records import Account, Draft, DraftFace, Id, Image, Person, Suggestion
from domain.store import Records, Store
from domain.views import canonical_people

LIFE = timedelta(hours=1)
# So many photos of one account are kept at a time; then the oldest make way.
MOST = 60
# Where drafts are in the image store. All that is older than LIFE there is left over.
FOLDER = "drafts"


async def keep(
    store: Store,
    images: Images,
    *,
    look: Look,
    picture: bytes,
    name: str,
    account: Account,
    now: datetime,
) -> Draft:
    """Keep a photo that has been looked at, for its owner."""
    id_ = new_id()
    draft = Draft(
        id=id_,
        account_id=account.id,
        made_at=now,
        name=name,
        image=described(f"{FOLDER}/{id_}.{_suffix(look.facts)}", picture, look.facts),
        model=look.model,
        match=look.policy.match,
        unsure=look.policy.unsure,
        duplicate=look.policy.duplicate,
        faces=tuple(_kept(face) for face in look.faces),
    )
    await images.put(draft.image.key, picture)
    await store.drafts.add(draft)
    mine = await store.drafts.of(account.id)
    await throw_away(store, images, mine[:-MOST])
    return draft


def described(key: str, picture: bytes, facts: ImageFacts) -> Image:
    """Return the record of a picture that is kept under a key."""
    return Image(
        key=key,
        sha256=hashlib.sha256(picture).hexdigest(),
        bytes=len(picture),
        width=facts.width,
        height=facts.height,
        media_type=facts.media_type,
    )


def _suffix(facts: ImageFacts) -> str:
    return facts.media_type.rpartition("/")[2]


def _kept(face: Looked) -> DraftFace:
    return DraftFace(
        face=face.face,
        embedding=face.embedding,
        reasons=face.reasons,
        kind=face.kind,
        near=tuple(
            Suggestion(person_id=n.person.id, distance=n.distance, confidence=n.confidence)
            for n in face.near
        ),
    )


async def kept(records: Records, *, draft_id: Id, account: Account, now: datetime) -> Draft:
    """Return a draft of one's own; raise NotFoundError when it is gone, or somebody else's."""
    found = await records.drafts.get(draft_id)
    if found is None or found.account_id != account.id or now - found.made_at > LIFE:
        raise NotFoundError("This photo is not kept any more. Please choose it again.")
    return found


async def look_again(store: Store, draft: Draft) -> Look:
    """Return what was seen on a draft, with people as they are by now."""
    near = [n.person_id for face in draft.faces for n in face.near]
    people = await canonical_people(store, near)
    image = draft.image
    return Look(
        faces=tuple(_looked(face, people) for face in draft.faces),
        facts=ImageFacts(media_type=image.media_type, width=image.width, height=image.height),
        model=draft.model,
        policy=MatchPolicy(
            match=draft.match, unsure=draft.unsure, hint=draft.unsure, duplicate=draft.duplicate
        ),
    )


def _looked(face: DraftFace, people: dict[Id, Person]) -> Looked:
    """Return a face with those near it who are still there, each once."""
    near: dict[Id, Near] = {}
    for one in face.near:
        if person := people.get(one.person_id):
            found = Near(person=person, distance=one.distance, confidence=one.confidence)
            near.setdefault(person.id, found)
    return Looked(
        face=face.face,
        embedding=face.embedding,
        reasons=face.reasons,
        kind=face.kind,
        near=tuple(near.values()),
    )


async def throw_away(store: Store, images: Images, drafts: Sequence[Draft]) -> None:
    """Forget drafts: each picture before its record, which leads to it."""
    if drafts:
        await images.delete([draft.image.key for draft in drafts])
        await store.drafts.erase([draft.id for draft in drafts])
