"""The photos that somebody is to be added by, judged one after the other before anything is kept.

Nothing is looked at a second time: what was seen is in the drafts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.drafts import kept, look_again
from domain.enrolling import Chosen
from domain.errors import NotFoundError
from domain.judgements import (
    NO_FACE,
    SEVERAL_FACES,
    Doubled,
    Good,
    Judgement,
    LooksLike,
    Refused,
    Unlike,
    distance_to,
    judge_face,
)
from domain.looking import Look, Looked, Near
from domain.records import Account, Draft, Embedding, Id
from domain.references import in_use
from domain.sight import may_see_person
from domain.store import Store

__all__ = ["Doubled", "Good", "LooksLike", "Refused", "Unlike"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A draft to be judged, with what somebody has said of it: which face, and whom it is not."""

    draft_id: Id
    face: int | None = None
    apart: tuple[Id, ...] = ()


@dataclass(frozen=True, slots=True)
class Several:
    """A photo of several people who could be meant: somebody must say which, of these faces."""

    faces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A photo that looks like somebody the account may know nothing of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A draft, what was seen on it, the number of the face that is meant, and how it is judged."""

    draft: Draft
    look: Look
    face: int | None
    judgement: Judgement | Several | Elsewhere
    apart: tuple[Id, ...] = ()

    @property
    def chosen(self) -> Chosen | None:
        """What would be kept of it; None where that is not, or not yet, anything."""
        if not isinstance(self.judgement, Good):
            return None
        return Chosen(draft=self.draft, look=self.look, face=self.judgement.face)

    @property
    def kind(self) -> str:
        """What kind of judgement it is, in a word."""
        return type(self.judgement).__name__.lower()

    @property
    def judged_like(self) -> Near | None:
        """Who it looks like, if somebody must say whether it is them."""
        return self.judgement.near if isinstance(self.judgement, LooksLike) else None

    @property
    def open(self) -> bool:
        """Whether somebody has to say something of it first."""
        return isinstance(self.judgement, Several | LooksLike)


async def review(
    store: Store,
    *,
    asked: Sequence[Asked],
    person_id: Id | None,
    account: Account,
    now: datetime,
) -> list[Reviewed]:
    """Judge drafts for a person (None: somebody new), in order; those that are gone are left out.

    Each is held against what the person has, and against the good ones before it.
    """
    members = await store.persons.members(person_id) if person_id else ()
    theirs = await store.references.of(members) if members else []
    taken: list[Embedding] = []
    found: list[Reviewed] = []
    for one in asked:
        try:
            draft = await kept(store, draft_id=one.draft_id, account=account, now=now)
        except NotFoundError:
            continue
        look = await look_again(store, draft)
        own = [*(r.embedding for r in in_use(theirs, look.model)), *taken]
        reviewed = _reviewed(draft, look, one, person_id, own)
        if isinstance(reviewed.judgement, LooksLike):
            reviewed = await _if_seen(store, account, reviewed, reviewed.judgement)
        if isinstance(reviewed.judgement, Good):
            taken.append(reviewed.judgement.face.embedding)
        found.append(reviewed)
    return found


async def _if_seen(
    store: Store, account: Account, reviewed: Reviewed, alike: LooksLike
) -> Reviewed:
    """Keep from an account who somebody at another site is."""
    if await may_see_person(store, account, alike.near.person):
        return reviewed
    return replace(reviewed, judgement=Elsewhere())


def _reviewed(
    draft: Draft, look: Look, asked: Asked, person_id: Id | None, own: Sequence[Embedding]
) -> Reviewed:
    faces = [_alone(face) for face in look.faces]
    number = asked.face if asked.face is not None and asked.face < len(faces) else None
    judgement: Judgement | Several
    if not faces:
        judgement = Refused((NO_FACE,))
    else:
        meant = [number] if number is not None else _meant(look, faces, own)
        number = meant[0] if len(meant) == 1 else None
        judgement = (
            Several(tuple(meant))
            if number is None
            else judge_face(look, faces[number], person_id=person_id, own=own, apart=asked.apart)
        )
    return Reviewed(draft=draft, look=look, face=number, judgement=judgement, apart=asked.apart)


def _alone(face: Looked) -> Looked:
    """Return a face as it is by itself: somebody says which one of several is meant."""
    return replace(face, reasons=tuple(r for r in face.reasons if r != SEVERAL_FACES))


def _meant(look: Look, faces: Sequence[Looked], own: Sequence[Embedding]) -> list[int]:
    """Return which faces may be meant: the only good one, the only one like the person, or more."""
    good = [n for n, face in enumerate(faces) if not face.reasons]
    alike = [n for n in good if _is_like(own, faces[n].embedding, look.policy.match)]
    return (alike if len(alike) == 1 else good) or [0]


def _is_like(own: Sequence[Embedding], face: Embedding, match: float) -> bool:
    nearest = distance_to(own, face)
    return nearest is not None and nearest <= match
