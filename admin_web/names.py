"""The names a field offers as somebody types."""

from aiohttp import web

from admin_web.options import ACCOUNT, STORE
from admin_web.rendering import part
from domain.decisions import NAME_LENGTH
from domain.records import Account
from domain.sight import sites_of
from domain.store import Store

MOST_NAMES = 8
# Of so many of a beginning those are offered whom a manager may know of.
LOOKED_AT = 60


async def suggest_names(request: web.Request) -> web.Response:
    """Return options with the names of known people that begin with `q`."""
    typed = " ".join(request.query.get("q", "").split())[:NAME_LENGTH]
    names = await names_beginning(request.app[STORE], request[ACCOUNT], typed)
    return part(request, "names.html", names=names)


async def names_beginning(store: Store, account: Account, text: str) -> list[str]:
    """Return names of known people the account may see, sorted, each once, at most MOST_NAMES."""
    if not text:
        return []
    people = await store.persons.beginning(text, limit=LOOKED_AT)
    sites = sites_of(account)
    if sites is not None:
        families = await store.persons.members_of([person.id for person in people])
        ids = [id_ for members in families.values() for id_ in members]
        seen = await store.visits.seen_at(ids, sites) if ids else set()
        people = [person for person in people if seen.intersection(families[person.id])]
    return [*dict.fromkeys(person.name for person in people if person.name)][:MOST_NAMES]
