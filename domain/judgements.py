"""Whether a photo can be used to recognise somebody by, and what is wrong with it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from domain.looking import Look, Looked, Near
from domain.records import Embedding, Id, MatchKind, Reference
from domain.references import in_use

NO_FACE = "no_face"
SEVERAL_FACES = "several_faces"


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
    return judge_face(
        look,
        face,
        person_id=person_id,
        own=[r.embedding for r in in_use(theirs, look.model)],
        apart={n.person.id for n in face.near} if told_apart else (),
    )


def judge_face(
    look: Look,
    face: Looked,
    *,
    person_id: Id | None,
    own: Sequence[Embedding],
    apart: Collection[Id] = (),
) -> Judgement:
    """Say whether a face of a photo can be used for a person, of whom there is `own` already.

    It has been said of `apart` that it is none of them.
    """
    if face.reasons:
        return Refused(face.reasons)
    nearest = distance_to(own, face.embedding)
    other = next((n for n in face.near if n.person.id not in {person_id, *apart}), None)
    alike = face.kind is MatchKind.MATCH and other and other.distance <= look.policy.match
    if alike and other and (nearest is None or nearest > other.distance):
        return LooksLike(other)
    if nearest is not None and nearest > look.policy.unsure:
        return Unlike()
    if nearest is not None and nearest < look.policy.duplicate:
        return Doubled()
    return Good(face)


def distance_to(own: Sequence[Embedding], face: Embedding) -> float | None:
    """Return how far a face (d,) is from the nearest of these; None where there are none."""
    return min((1 - float(np.dot(one, face)) for one in own), default=None)
