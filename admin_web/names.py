"""The names a field offers as somebody types."""

from aiohttp import web

from admin_web.answering import typed
from admin_web.options import ACCOUNT, STORE
from admin_web.rendering import part
from domain.people import within
from domain.records import Account, PersonStatus
from domain.store import PersonOrder, PersonQuery, Store

MOST_NAMES = 8
# So many people may share each of the names offered, at most.
NAMESAKES = 4
NAMED = (PersonStatus.KNOWN, PersonStatus.BLOCKED)


async def suggest_names(request: web.Request) -> web.Response:
    """Return options with the names of known people that begin with `q`."""
    beginning = typed(request.query.get("q", ""))
    names = await names_beginning(request.app[STORE], request[ACCOUNT], beginning)
    return part(request, "names.html", names=names)


async def names_beginning(store: Store, account: Account, text: str) -> list[str]:
    """Return names of known people the account may see, sorted, each once, at most MOST_NAMES."""
    if not text:
        return []
    wanted = PersonQuery(
        text=text, statuses=NAMED, order=PersonOrder.NAME, limit=NAMESAKES * MOST_NAMES
    )
    people = await store.persons.page(within(account, wanted))
    return [*dict.fromkeys(person.name for person in people if person.name)][:MOST_NAMES]
