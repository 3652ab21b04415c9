"""A photo of somebody: why it is taken for them, and what can be said of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from admin_web.answering import text
from admin_web.options import ACCOUNT, CLOCK, STORE, VIA
from admin_web.person import person_asked, person_page, require_own_page
from admin_web.scale import Scale, scale
from domain.errors import InvalidError, NotFoundError
from domain.explaining import Likeness, Why, explain
from domain.ids import parse_id
from domain.intake import crop_id
from domain.photos import Hindrance, Photo, choose_cover, drop, hindrance, photo_of, refer
from domain.records import Account, Decision, Detection, Id, Person
from domain.sight import may_see_person, seen_detection
from domain.store import Store
from domain.thresholds import in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A photo to compare with; the picture only where the account may see it."""

    likeness: Likeness
    detection_id: Id | None


async def show_photo(request: web.Request) -> web.Response:
    """Show one of somebody's photos, and why it is taken for them."""
    person = await require_own_page(request)
    return await _show(request, person, await _seen_photo(request, person))


async def _seen_photo(request: web.Request, person: Person) -> Detection:
    """Return the photo asked for; raise NotFoundError where it is not of the person."""
    store = request.app[STORE]
    crop = await seen_detection(store, request[ACCOUNT], parse_id(request.match_info["photo"]))
    if crop.person_id not in await store.persons.members(person.id):
        raise NotFoundError("There is no such photo of this person.")
    return crop


async def _show(
    request: web.Request, person: Person, crop: Detection, status: int = 200, *, note: str = ""
) -> web.Response:
    store, account = request.app[STORE], request[ACCOUNT]
    why = await explain(store, crop, person)
    return await person_page(
        request,
        "person_photo.html",
        person,
        "",
        status,
        note=note,
        crop=crop,
        why=why,
        theirs=await _beside(store, account, why.theirs),
        others=await _beside(store, account, why.others),
        scale=_scale(why),
        cover=person.cover is not None and crop_id(person.cover) == crop.id,
        site=await store.sites.get(crop.site_id),
        camera=await store.cameras.get(crop.camera_id),
        visit=await store.visits.get(crop.visit_id) if crop.visit_id else None,
        choices=await _choices(store, account, person, crop),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What an account may say of a photo: `hindered` is why nobody can be recognised by it."""

    photo: Photo
    hindered: Hindrance | None


async def _choices(
    store: Store, account: Account, person: Person, crop: Detection
) -> Choices | None:
    """Return what can be done with a photo; None where the account only looks."""
    if not account.may_answer(crop.site_id):
        return None
    photo = await photo_of(store, person.id, crop.id, account)
    pack = await store.gallery.in_use()
    hindered = hindrance(
        crop,
        photo.references,
        model=pack.model if pack else None,
        policy=await in_force(store, crop.model),
    )
    return Choices(photo=photo, hindered=hindered)


def _scale(why: Why) -> Scale | None:
    theirs = [one.distance for one in why.theirs]
    others = [one.distance for one in why.others]
    return scale(why.policy, theirs, others) if why.policy and theirs else None


async def _beside(store: Store, account: Account, likenesses: tuple[Likeness, ...]) -> list[Beside]:
    """Return what the account may know of these: people of other sites are left out."""
    crops = await store.detections.some([one.reference.detection_id for one in likenesses])
    found = []
    for one in likenesses:
        crop = crops.get(one.reference.detection_id)
        shown = crop is not None and bool(crop.image.key) and account.may_see(crop.site_id)
        if shown or await may_see_person(store, account, one.person):
            found.append(Beside(likeness=one, detection_id=crop.id if crop and shown else None))
    return found


async def set_cover(request: web.Request) -> web.StreamResponse:
    """Show somebody by this photo."""
    return await _say(request, choose_cover)


async def drop_photo(request: web.Request) -> web.StreamResponse:
    """Recognise nobody by this photo any more; of the last one it must be said twice."""
    person = await person_asked(request)
    crop = await _seen_photo(request, person)
    photo = await photo_of(request.app[STORE], person.id, crop.id, request[ACCOUNT])
    if photo.last and text(await request.post(), "last") != "yes":
        note = f"This is the last photo by which {person.label} is recognised."
        return await _show(request, person, crop, 409, note=note)
    return await _say(request, drop)


async def take_photo(request: web.Request) -> web.StreamResponse:
    """Recognise somebody by this photo from now on."""
    crop = await _seen_photo(request, await person_asked(request))
    policy = await in_force(request.app[STORE], crop.model)
    return await _say(request, refer, policy=policy)


async def _say(
    request: web.Request, say: Callable[..., Awaitable[Decision]], **more: Any
) -> web.StreamResponse:
    person = await person_asked(request)
    crop = await _seen_photo(request, person)
    try:
        decision = await say(
            request.app[STORE],
            person_id=person.id,
            photo=crop.id,
            account=request[ACCOUNT],
            via=VIA,
            now=request.app[CLOCK](),
            **more,
        )
    except InvalidError as error:
        return await _show(request, person, crop, 400, note=str(error))
    raise web.HTTPSeeOther(f"/people/{person.id}?done={decision.id}")
