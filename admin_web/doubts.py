"""Photos that do not look like their person, and what an account may say of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from aiohttp import web

from admin_web.options import ACCOUNT, CLOCK, STORE, VIA
from admin_web.rendering import from_script, page, part
from domain.doubts import DoubtView, may_see_doubt, may_settle, settle, view_doubts
from domain.errors import AlreadyDecidedError, InvalidError, NotFoundError
from domain.ids import parse_id
from domain.records import Account, Id, Person, Reference, Site
from domain.sight import may_see_person
from domain.store import Store

MOST_SHOWN = 6
BESIDE = 3
THEIRS, REMOVE = "theirs", "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtCard:
    """A photo in doubt with everything said of it.

    `beside` are detections with other photos of the person, `likely` somebody else it may show; of
    both only what this account may see.
    """

    view: DoubtView
    site: Site | None
    beside: tuple[Id, ...]
    likely: Person | None
    may_settle: bool


async def open_doubts(
    store: Store, account: Account, sites: Sequence[Id] | None
) -> list[DoubtCard]:
    """Return the cards of photos in doubt that were taken at these sites (None: all)."""
    return await doubt_cards(
        store, account, await store.references.doubted(sites, limit=MOST_SHOWN)
    )


async def doubt_cards(
    store: Store, account: Account, references: Iterable[Reference]
) -> list[DoubtCard]:
    """Gather the cards of references in doubt whose photo this account can look at, in order."""
    mine = [r for r in references if r.doubt and may_see_doubt(account, r)]
    there = await store.detections.some([r.detection_id for r in mine])
    views = await view_doubts(store, [r for r in mine if r.detection_id in there])
    members = await store.persons.members_of([*{view.person.id for view in views}])
    everybody = [member for theirs in members.values() for member in theirs]
    photos = await recognised_by(store, account, await store.references.used(everybody))
    sites = await store.sites.some(
        [*{r.doubt.site_id for r in mine if r.doubt and r.doubt.site_id}]
    )
    return [
        DoubtCard(
            view=view,
            site=_site(view, sites),
            beside=_beside(view, [r for r in photos if r.person_id in members[view.person.id]]),
            likely=await _likely(store, account, view),
            may_settle=may_settle(account, view.reference),
        )
        for view in views
    ]


def _site(view: DoubtView, sites: Mapping[Id, Site]) -> Site | None:
    doubt = view.reference.doubt
    return sites.get(doubt.site_id) if doubt and doubt.site_id else None


def _beside(view: DoubtView, photos: Sequence[Reference]) -> tuple[Id, ...]:
    doubted = view.reference.detection_id
    others = (r.detection_id for r in photos if not r.doubted and r.detection_id != doubted)
    return tuple(islice(others, BESIDE))


async def _likely(store: Store, account: Account, view: DoubtView) -> Person | None:
    seen = view.likely and await may_see_person(store, account, view.likely)
    return view.likely if seen else None


async def recognised_by(
    store: Store, account: Account, in_use: Sequence[Reference]
) -> list[Reference]:
    """Return the references whose photo the account can look at, the best first, each once."""
    there = await store.detections.some([r.detection_id for r in in_use])
    seen = {id_ for id_, d in there.items() if d.image.key and account.may_see(d.site_id)}
    photos = {r.detection_id: r for r in in_use if r.detection_id in seen}
    return sorted(photos.values(), key=lambda r: (r.quality, r.id), reverse=True)


async def show_doubt(request: web.Request) -> web.Response:
    """Show one photo in doubt on a page of its own."""
    return await _show(request)


async def answer_doubt(request: web.Request) -> web.Response:
    """Keep a photo in doubt, or remove it; show what became of it."""
    store, account = request.app[STORE], request[ACCOUNT]
    await _seen(request)
    reference_id = parse_id(request.match_info["id"])
    try:
        await settle(
            store,
            reference_id=reference_id,
            theirs=await _is_theirs(request),
            account=account,
            via=VIA,
            now=request.app[CLOCK](),
        )
    except AlreadyDecidedError:
        return await _show(request, 409, note="Somebody answered before you.")
    except InvalidError as error:
        return await _show(request, 400, note=str(error))
    if from_script(request):
        return await _show(request)
    raise web.HTTPSeeOther(f"/references/{reference_id}")


async def _is_theirs(request: web.Request) -> bool:
    """Return what a form says of the photo; raise InvalidError when it says nothing."""
    answer = (await request.post()).get("answer")
    if answer not in {THEIRS, REMOVE}:
        raise InvalidError("Choose one of the answers.")
    return answer == THEIRS


async def _seen(request: web.Request) -> DoubtCard:
    """Return the card asked for; raise NotFoundError when it is none of the account's business."""
    store = request.app[STORE]
    reference = await store.references.get(parse_id(request.match_info["id"]))
    found = await doubt_cards(store, request[ACCOUNT], [reference] if reference else [])
    if not found:
        raise NotFoundError("There is no such photo in doubt.")
    return found[0]


async def _show(request: web.Request, status: int = 200, *, note: str = "") -> web.Response:
    doubt = await _seen(request)
    if from_script(request):
        return part(request, "doubt_card.html", doubt=doubt, note=note)
    return await page(request, "doubt.html", status, doubt=doubt, note=note)
