"""Two people who are one: choosing the other, what would change, and a way back at any time."""

from aiohttp import web

from admin_web.answering import text, typed
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE, VIA
from admin_web.person import faces_of, person_asked, person_page, require_own_page
from domain import decisions
from domain.errors import InvalidError, NotAllowedError
from domain.ids import parse_id
from domain.joining import joining
from domain.people import people_called
from domain.records import Person
from domain.separating import separate
from domain.sight import may_see_person, seen_person
from domain.views import canonical_people

MOST_FOUND = 12


async def show_merge(request: web.Request) -> web.Response:
    """Ask with whom somebody shall be made one; with somebody chosen, show what would change."""
    person = await require_own_page(request)
    if request.query.get("with"):
        return await _preview(request, person, await _other(request, request.query["with"]))
    store, account = request.app[STORE], request[ACCOUNT]
    asked = typed(request.query.get("q", ""))
    found = [p for p in await people_called(store, account, asked) if p != person] if asked else []
    maybe = [] if asked else await _alike(request, person)
    shown = [*found[:MOST_FOUND], *maybe]
    return await person_page(
        request,
        "person_merge.html",
        person,
        "",
        asked=asked,
        found=shown,
        faces=await faces_of(store, account, shown),
    )


async def _alike(request: web.Request, person: Person) -> list[Person]:
    """Return whom somebody may be, and who may be them, as far as the account may know."""
    store, account = request.app[STORE], request[ACCOUNT]
    there = await canonical_people(store, [s.person_id for s in person.maybe])
    members = await store.persons.members(person.id)
    perhaps = await store.persons.perhaps(members, limit=MOST_FOUND)
    found = {p.id: p for p in (*there.values(), *perhaps) if p.id != person.id}
    return [p for p in found.values() if await may_see_person(store, account, p)][:MOST_FOUND]


async def _other(request: web.Request, asked: str) -> Person:
    return await seen_person(request.app[STORE], request[ACCOUNT], parse_id(asked))


async def _preview(
    request: web.Request, person: Person, other: Person, status: int = 200, *, note: str = ""
) -> web.Response:
    if other.id == person.id:
        raise web.HTTPSeeOther(f"/people/{person.id}")
    store, account = request.app[STORE], request[ACCOUNT]
    stays, goes = _order(person, other, keep=request.query.get("keep", ""))
    return await person_page(
        request,
        "person_joining.html",
        person,
        "",
        status,
        joining=await joining(store, account, stays, goes),
        other=other,
        faces=await faces_of(store, account, [person, other]),
        note=note,
    )


def _order(person: Person, other: Person, *, keep: str) -> tuple[Person, Person]:
    """Return who keeps name and status, and who becomes a part of them.

    As `keep` says, by id; else who has a name, or was met first.
    """
    if keep in {person.id, other.id}:
        return (person, other) if keep == person.id else (other, person)
    first, second = sorted((person, other), key=lambda p: (not p.name, not p.recognised, p.number))
    return first, second


async def merge(request: web.Request) -> web.StreamResponse:
    """Make two people one; show who they are, with a way back."""
    form = await request.post()
    person = await person_asked(request)
    other = await _other(request, text(form, "with"))
    stays, goes = _order(person, other, keep=text(form, "keep"))
    try:
        outcome = await decisions.decide(
            request.app[STORE],
            person_id=goes.id,
            answer=decisions.ItIs(stays.id),
            account=request[ACCOUNT],
            via=VIA,
            now=request.app[CLOCK](),
        )
    except (InvalidError, NotAllowedError) as error:
        return await _preview(request, person, other, 400, note=str(error))
    raise web.HTTPSeeOther(f"/people/{outcome.person.id}?done={outcome.decision.id}")


async def separate_person(request: web.Request) -> web.StreamResponse:
    """Take apart who was made one; show who is somebody of their own again."""
    form = await request.post()
    person = await person_asked(request)
    separated = await separate(
        request.app[STORE],
        person_id=person.id,
        member_id=parse_id(text(form, "member")),
        account=request[ACCOUNT],
        via=VIA,
        now=request.app[CLOCK](),
        policy=request.app[OPTIONS].decisions,
    )
    done = "" if separated.undone else f"?done={separated.id}"
    raise web.HTTPSeeOther(f"/people/{separated.person_id}{done}")
