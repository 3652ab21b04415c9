"""The people: a grid of everybody."""

from typing import Any

from aiohttp import web

from admin_web.options import ACCOUNT, STORE
from admin_web.rendering import from_script, page, part
from domain.decisions import NAME_LENGTH
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.people import PAGE, find_people
from domain.records import (
    PersonStatus,
)
from domain.store import PersonCursor, PersonQuery


async def show_people(request: web.Request) -> web.Response:
    """Show people, newest first; a script gets the grid alone."""
    query = request.query
    text, status = _printable(query.get("q", "")), query.get("status", "")
    after = PersonCursor(parse_id(query["after"])) if query.get("after") else None
    wanted = PersonQuery(statuses=_statuses(status), text=text, after=after, limit=PAGE)
    found = await find_people(request.app[STORE], request[ACCOUNT], wanted)
    values: dict[str, Any] = {
        "found": found,
        "q": text,
        "status": status,
        "after": query.get("after", ""),
    }
    if from_script(request):
        return part(request, "people_grid.html", **values)
    return await page(request, "people.html", **values)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()[:NAME_LENGTH]


def _statuses(text: str) -> tuple[PersonStatus, ...]:
    if not text:
        return ()
    if text not in set(PersonStatus):
        raise InvalidError("There is no such status.")
    return (PersonStatus(text),)
