"""Search from anywhere: people, places and pages by what is typed, people by a photo."""

from dataclasses import dataclass

from aiohttp import web

from admin_web.answering import typed
from admin_web.drafts import my_draft, taken
from admin_web.options import ACCOUNT, STORE
from admin_web.pages import OPEN_PAGES, Page
from admin_web.rendering import from_script, page, part
from admin_web.uploads import FORM, LARGEST_PHOTO, chosen_photos
from domain.drafts import look_again
from domain.people import find_people
from domain.recall import Memory, recall
from domain.records import Account, Camera, Draft, Id, Person, Role, Site
from domain.replies import NAME_LENGTH
from domain.sight import Glimpse, glimpses, may_see_person
from domain.store import PersonQuery, Store

MOST = 8
FIND = "/detections/find"
# What people call pages, besides their names.
_CALLED = {
    "/": "questions answer cards home",
    "/people": "persons faces strangers known",
    "/visits": "today board who was here arrivals csv export",
    "/detections": "log crops history",
    "/enrol": "new person enrol photos webcam",
    "/cameras": "add camera key rotate revoke",
    "/analytics": "numbers statistics charts arrivals",
    "/accounts": "users managers roles invite sites",
    "/settings": "rules thresholds retention quiet hours models",
    "/account": "password sessions sign out telegram chat",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What fits the words typed."""

    people: tuple[Person, ...] = ()
    glimpses: dict[Id, Glimpse]
    sites: tuple[Site, ...] = ()
    cameras: tuple[Camera, ...] = ()
    pages: tuple[Page, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether nothing fits."""
        return not (self.people or self.sites or self.cameras or self.pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A photo that is searched by: who each of its faces is, as far as the account may know."""

    draft: Draft
    memories: tuple[Memory, ...]
    glimpses: dict[Id, Glimpse]
    may_enrol: bool
    may_find: bool


async def show_search(request: web.Request) -> web.StreamResponse:
    """Show what fits the words, or who is on a photo given before."""
    if request.query.get("draft"):
        draft = await my_draft(request, request.query["draft"])
        return await _show(request, shown=await _shown(request, draft))
    text = typed(request.query.get("q", ""))
    return await _show(request, text=text, found=await _found(request, text) if text else None)


async def search_by_photo(request: web.Request) -> web.StreamResponse:
    """Take a photo, and say who is on it."""
    draft = await taken(request, chosen_photos(request[FORM])[0])
    if not from_script(request):
        raise web.HTTPSeeOther(f"/search?draft={draft.id}")
    return await _show(request, shown=await _shown(request, draft))


async def _show(
    request: web.Request,
    *,
    text: str = "",
    found: Found | None = None,
    shown: Shown | None = None,
) -> web.StreamResponse:
    values = {"text": text, "found": found, "shown": shown, "largest": LARGEST_PHOTO}
    if from_script(request):
        return part(request, "search_found.html", **values)
    return await page(request, "search.html", **values)


async def _found(request: web.Request, text: str) -> Found:
    store, account = request.app[STORE], request[ACCOUNT]
    people = await _people(store, account, text)
    pages = request.app[OPEN_PAGES](account)
    sites = [s for s in await store.sites.all() if account.may_see(s.id)]
    cameras = [c for c in await store.cameras.all() if account.may_see(c.site_id)]
    return Found(
        people=tuple(people),
        glimpses=await glimpses(store, account, people),
        sites=tuple(s for s in sites if _fits(text, s.name))[:MOST],
        cameras=tuple(c for c in cameras if _fits(text, c.name) and not c.revoked_at)[:MOST],
        pages=_named(text, pages),
    )


def _named(text: str, pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """Return the pages that people call so, those of that very name first."""
    called = [page for page in pages if _fits(text, f"{page.name} {_CALLED.get(page.path, '')}")]
    return tuple(sorted(called, key=lambda page: not _fits(text, page.name)))


async def _people(store: Store, account: Account, text: str) -> list[Person]:
    """Return whom the account may see by their number, and by the beginning of their name."""
    number = text.removeprefix("#").rpartition(" ")[2]
    numbered = await store.persons.numbered(int(number)) if _is_number(number) else None
    first = [numbered] if numbered and await may_see_person(store, account, numbered) else []
    named = await find_people(store, account, PersonQuery(text=text, limit=MOST))
    people = {p.id: p for p in (*first, *named.people)}.values()
    return sorted(people, key=lambda p: not p.recognised)[:MOST]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < NAME_LENGTH // 8


def _fits(text: str, name: str) -> bool:
    """Tell whether each word typed begins one of a name."""
    there = name.casefold().split()
    return all(any(w.startswith(typed) for w in there) for typed in text.casefold().split())


async def _shown(request: web.Request, draft: Draft) -> Shown:
    store, account = request.app[STORE], request[ACCOUNT]
    look = await look_again(store, draft)
    memories = [await recall(store, account, face) for face in look.faces]
    people = [one.near.person for memory in memories for one in memory.known]
    routes = {resource.canonical for resource in request.app.router.resources()}
    return Shown(
        draft=draft,
        memories=tuple(memories),
        glimpses=await glimpses(store, account, people),
        may_enrol=account.role is not Role.VIEWER,
        may_find=FIND in routes,
    )
