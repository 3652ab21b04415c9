"""Moving photos to whom they show: what would change first, then the move."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from admin_web.answering import text
from admin_web.options import ACCOUNT, CLOCK, STORE, VIA
from admin_web.person import faces_of, person_asked, person_page, require_own_page
from domain.decisions import clean_name
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.moving import Plan, move_photos, plan, recognised_by
from domain.people import people_called
from domain.records import Account, Id, Person, Site
from domain.sight import may_see_person, seen_person
from domain.store import Store
from domain.views import canonical_people

NEW, CALLED = "new", "called"
MOST_OFFERED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """To whom photos shall go, as far as it is said: `target` is NEW, CALLED or an id."""

    target: str = NEW
    name: str = ""
    apart: bool = True


async def show_move(request: web.Request) -> web.Response:
    """Show what moving the chosen photos would change, and ask to whom they shall go."""
    person = await require_own_page(request)
    photos = [parse_id(photo) for photo in request.query.getall("photo", [])]
    if not photos:
        raise web.HTTPSeeOther(f"/people/{person.id}?choose#photos")
    return await _show(request, person, photos, Wanted())


async def _show(
    request: web.Request,
    person: Person,
    photos: Sequence[Id],
    wanted: Wanted,
    status: int = 200,
    *,
    called: Sequence[Person] = (),
    note: str = "",
) -> web.Response:
    store, account = request.app[STORE], request[ACCOUNT]
    made = await plan(store, person_id=person.id, photos=photos, account=account)
    offered = [*called] or await _offered(store, account, made)
    return await person_page(
        request,
        "person_move.html",
        person,
        "",
        status,
        plan=made,
        wanted=wanted,
        called=bool(called),
        offered=offered,
        faces=await faces_of(store, account, offered),
        sites=await _sites(store, made),
        by_them=await recognised_by(store, made, account),
        note=note,
    )


async def _sites(store: Store, made: Plan) -> dict[Id, Site]:
    return await store.sites.some([share.visit.site_id for share in made.shares])


async def _offered(store: Store, account: Account, made: Plan) -> list[Person]:
    """Return whom the photos may show: who came second, and who the person may be."""
    rivals = [c.match.runner_up.person_id for c in made.crops if c.match and c.match.runner_up]
    ids = [*rivals, *(s.person_id for s in made.person.maybe)]
    found = await canonical_people(store, ids[: 2 * MOST_OFFERED])
    people = {p.id: p for p in found.values() if p.id != made.person.id}
    seen = [p for p in people.values() if await may_see_person(store, account, p)]
    return seen[:MOST_OFFERED]


async def move(request: web.Request) -> web.StreamResponse:
    """Move the photos; show whom they went to, with a way back."""
    form = await request.post()
    person = await person_asked(request)
    photos = [parse_id(str(photo)) for photo in form.getall("photo", [])]
    wanted = Wanted(
        target=text(form, "to") or NEW,
        name=text(form, "name").strip(),
        apart=text(form, "apart") == "yes",
    )
    try:
        target = await _target(request, wanted)
        outcome = await move_photos(
            request.app[STORE],
            person_id=person.id,
            photos=photos,
            target_id=target,
            apart=wanted.apart,
            account=request[ACCOUNT],
            via=VIA,
            now=request.app[CLOCK](),
        )
    except _SeveralError as several:
        note = f"There are several called {wanted.name}. Which one is it?"
        return await _show(request, person, photos, wanted, 409, called=several.people, note=note)
    except InvalidError as error:
        if not photos:
            raise
        return await _show(request, person, photos, wanted, 400, note=str(error))
    raise web.HTTPSeeOther(f"/people/{outcome.person.id}?done={outcome.decision.id}")


class _SeveralError(Exception):
    """A name that several have."""

    def __init__(self, people: Sequence[Person]) -> None:
        super().__init__()
        self.people = people


async def _target(request: web.Request, wanted: Wanted) -> Id | None:
    """Return whom the photos go to; None is somebody new.

    Raises InvalidError where nobody has the name, and _SeveralError where several have.
    """
    store, account = request.app[STORE], request[ACCOUNT]
    if wanted.target == NEW:
        return None
    if wanted.target != CALLED:
        return (await seen_person(store, account, parse_id(wanted.target))).id
    found = await people_called(store, account, clean_name(wanted.name))
    if not found:
        raise InvalidError("Nobody here is called {name}.", name=wanted.name)
    if len(found) > 1:
        raise _SeveralError(found[:MOST_OFFERED])
    return found[0].id
