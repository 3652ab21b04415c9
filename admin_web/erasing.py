"""Forgetting somebody from their page: what would be erased is said first, and their name typed."""

from aiohttp import web

from admin_web.answering import text
from admin_web.options import ACCOUNT, CLOCK, IMAGES, STORE, VIA
from admin_web.person import person_asked
from admin_web.rendering import page
from domain.decisions import decidable
from domain.forgetting import Traces, forget, traces
from domain.naming import fold
from domain.records import Person
from domain.sight import glimpses


async def ask_to_forget(request: web.Request) -> web.Response:
    """Say what would be erased of somebody."""
    person = await person_asked(request)
    return await _ask(request, person, await _traces(request, person))


async def forget_person(request: web.Request) -> web.StreamResponse:
    """Erase everything about somebody, once their name has been typed."""
    person = await person_asked(request)
    found = await _traces(request, person)
    typed = text(await request.post(), "typed")
    if fold(typed).split() != fold(person.label).split():
        note = f"Type {person.label} to say that you mean it. Nothing has been erased."
        return await _ask(request, person, found, 400, note=note)
    await forget(
        request.app[STORE],
        request.app[IMAGES],
        person_id=person.id,
        account=request[ACCOUNT],
        account_name=request[ACCOUNT].name,
        via=VIA,
        now=request.app[CLOCK](),
    )
    raise web.HTTPSeeOther("/people?forgotten=1")


async def _traces(request: web.Request, person: Person) -> Traces:
    """Return what there is of somebody; raise NotAllowedError when it is another site's as well."""
    store, account = request.app[STORE], request[ACCOUNT]
    await decidable(store, person.id, account)
    return await traces(store, person_id=person.id, account=account)


async def _ask(
    request: web.Request, person: Person, found: Traces, status: int = 200, *, note: str = ""
) -> web.Response:
    seen = await glimpses(request.app[STORE], request[ACCOUNT], [person])
    return await page(
        request,
        "person_forget.html",
        status,
        person=person,
        found=found,
        glimpse=seen.get(person.id),
        note=note,
    )
