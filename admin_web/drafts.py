"""Photos that somebody has given: looked at once, shown to them alone."""

import asyncio

from aiohttp import web

from admin_web.cuts import cut
from admin_web.options import ACCOUNT, CLOCK, EYES, IMAGES, STORE
from admin_web.uploads import Photo, require_readable
from domain import drafts
from domain.errors import ImageRefusedError, InvalidError, NotFoundError
from domain.ids import parse_id
from domain.looking import Look
from domain.records import Draft

# As long as a draft lives at most; it is never another picture.
_CACHING = "private, max-age=3600, immutable"
_REFUSED = {
    "empty": "{name} is empty. Please choose it again.",
    "too_many_pixels": "{name} has too many pixels. Please send it smaller, or a screenshot of it.",
    "truncated": "{name} is damaged. Please choose it again, or another one.",
}
_UNREADABLE = "{name} is no photo that can be read here. Please choose JPEG, PNG or WebP."


async def look_at(request: web.Request, photo: Photo) -> Look:
    """Look at a photo; raise InvalidError, which names it, where it cannot be read."""
    require_readable(photo)
    try:
        return await request.app[EYES].look(photo.data)
    except ImageRefusedError as error:
        name = photo.name or "This photo"
        raise InvalidError(_REFUSED.get(error.kind, _UNREADABLE), name=name) from error


async def taken(request: web.Request, photo: Photo) -> Draft:
    """Look at a photo and keep it for its owner; raise InvalidError where it cannot be read."""
    look = await look_at(request, photo)
    return await drafts.keep(
        request.app[STORE],
        request.app[IMAGES],
        look=look,
        picture=photo.data,
        name=photo.name,
        account=request[ACCOUNT],
        now=request.app[CLOCK](),
    )


async def my_draft(request: web.Request, id_: str) -> Draft:
    """Return a photo that whoever asks has given; raise NotFoundError when it is gone."""
    return await drafts.kept(
        request.app[STORE],
        draft_id=parse_id(id_),
        account=request[ACCOUNT],
        now=request.app[CLOCK](),
    )


async def show_draft(request: web.Request) -> web.Response:
    """Answer with a small picture of a photo, or of one face in it."""
    draft = await my_draft(request, request.match_info["id"])
    number = request.query.get("face", "")
    faces = dict(enumerate(draft.faces))
    face = faces.get(int(number)) if number.isdecimal() else None
    try:
        data = await request.app[IMAGES].get(draft.image.key)
    except KeyError as error:
        raise NotFoundError("This photo is not kept any more. Please choose it again.") from error
    box = face.face.box if face else None
    small = await asyncio.to_thread(cut, data, width=draft.image.width, box=box)
    return web.Response(body=small, content_type="image/jpeg", headers={"Cache-Control": _CACHING})
