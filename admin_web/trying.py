"""Trying a picture as if a camera had sent it: it is looked at, and neither kept nor logged."""

from dataclasses import dataclass

from aiohttp import web

from admin_web.drafts import look_at
from admin_web.options import ACCOUNT, STORE
from admin_web.uploads import FORM, chosen_photos
from domain.looking import Looked
from domain.records import MatchKind, Person
from domain.sight import may_see_person


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a camera's crop would come to: how large its face is in pixels, how good from 0 to 1.

    `reasons` say why it would be unusable. `person` is who it would be, or (unsure) may be, if
    whoever asks may know them. Without a face `side` is 0.
    """

    faces: int
    side: int = 0
    quality: float = 0.0
    reasons: tuple[str, ...] = ()
    person: Person | None = None
    unsure: bool = False
    confidence: float | None = None


async def try_picture(request: web.Request) -> Trial:
    """Look at the picture of a form; raise InvalidError where there is none that can be read."""
    look = await look_at(request, chosen_photos(request[FORM])[0])
    if not look.faces:
        return Trial(faces=0, reasons=("no_face",))
    return await _judged(request, look.faces[0], len(look.faces))


async def _judged(request: web.Request, seen: Looked, faces: int) -> Trial:
    known = seen.near[0] if seen.near and seen.kind is not MatchKind.STRANGER else None
    if known and not await may_see_person(request.app[STORE], request[ACCOUNT], known.person):
        known = None
    return Trial(
        faces=faces,
        side=round(min(seen.face.box[2:])),
        quality=seen.face.quality,
        reasons=seen.reasons,
        person=known.person if known else None,
        unsure=seen.kind is MatchKind.UNSURE,
        confidence=known.confidence if known else None,
    )
