"""The people: a grid of everybody an account may know of, searched, filtered, in three orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from admin_web.answering import typed
from admin_web.done import done_at_once
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE, Clock
from admin_web.rendering import from_script, page, part
from domain.days import end_of_day
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.people import PAGE, find_people, within
from domain.records import Account, PersonStatus, Role, Site
from domain.sight import sites_of
from domain.store import PersonCursor, PersonOrder, PersonQuery, Store

# Beyond this nobody counts: counting everybody takes longer than showing them.
MOST_COUNTED = 1000
MOST_LABELS_SHOWN = 100
SEEN: Mapping[str, str] = {
    "": "Any time",
    "today": "Today",
    "week": "In 7 days",
    "month": "In 30 days",
    "longer": "Longer ago, or never",
}
ORDER: Mapping[str, str] = {
    PersonOrder.SEEN: "Last seen",
    PersonOrder.NEWEST: "Newest",
    PersonOrder.NAME: "Name",
}
WEEK, MONTH = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the address of the page asks for, as texts."""

    q: str = ""
    status: str = ""
    site: str = ""
    seen: str = ""
    label: str = ""
    sort: str = ""
    after: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filters":
        """Return what an address asks for; what is not printable is left out."""
        return cls(**{name: typed(query.get(name, "")) for name in cls.__slots__})

    @property
    def any(self) -> bool:
        """Whether anybody may be left out."""
        return bool(self.q or self.status or self.site or self.seen or self.label)

    def address(self, **other: str) -> dict[str, str]:
        """Return the fields of the address, but those without a value; `other` are instead."""
        values = {name: getattr(self, name) for name in self.__slots__} | {"after": ""} | other
        return {name: value for name, value in values.items() if value}


async def show_people(request: web.Request) -> web.Response:
    """Show people, whoever was seen last first; a script gets the grid alone."""
    store, account = request.app[STORE], request[ACCOUNT]
    filters = Filters.read(request.query)
    query = _query(filters, request.app[CLOCK], request.app[OPTIONS].timezone)
    found = await find_people(store, account, query)
    values: dict[str, Any] = {
        "found": found,
        "filters": filters,
        "next": _written(found.next) if found.next else "",
        "total": await _total(store, account, query),
        "most": MOST_COUNTED,
        "may_choose": account.role is not Role.VIEWER,
    }
    if from_script(request):
        return part(request, "people_grid.html", **values)
    return await page(
        request,
        "people.html",
        **values,
        sites=await _sites(store, account),
        labels=(await store.persons.labels(sites_of(account)))[:MOST_LABELS_SHOWN],
        seen=SEEN,
        orders=ORDER,
        done=await done_at_once(request),
        forgotten=_number(request.query.get("forgotten", "")),
    )


def _query(filters: Filters, clock: Clock, zone: Any) -> PersonQuery:
    """Return what an address asks for; raise InvalidError when that makes no sense."""
    since = _since(filters.seen, clock(), zone)
    longer = filters.seen == "longer"
    return PersonQuery(
        statuses=(PersonStatus(_one_of(filters.status, PersonStatus)),) if filters.status else (),
        site_ids=(parse_id(filters.site),) if filters.site else None,
        labels=(filters.label,) if filters.label else (),
        text=filters.q,
        seen_since=None if longer else since,
        unseen_since=since if longer else None,
        order=PersonOrder(_one_of(filters.sort or PersonOrder.SEEN, ORDER)),
        after=_cursor(filters.after) if filters.after else None,
        limit=PAGE,
    )


def _one_of(text: str, known: Any) -> str:
    if text not in {str(one) for one in known}:
        raise InvalidError("There is no such choice.")
    return text


def _since(seen: str, now: datetime, zone: Any) -> datetime | None:
    match _one_of(seen, SEEN):
        case "today":
            return end_of_day(now, zone, days=-1)
        case "week":
            return now - WEEK
        case "month" | "longer":
            return now - MONTH
        case _:
            return None


def _written(cursor: PersonCursor) -> str:
    """Return a cursor as an address has it: an id, and the milliseconds of a time."""
    if cursor.seen_at is None:
        return cursor.id
    return f"{cursor.id}-{round(cursor.seen_at.timestamp() * 1000)}"


def _cursor(text: str) -> PersonCursor:
    id_, _, at = text.partition("-")
    if not at:
        return PersonCursor(parse_id(id_))
    try:
        seen_at = datetime.fromtimestamp(int(at) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidError("This page does not exist.") from error
    return PersonCursor(parse_id(id_), seen_at)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000") else 0


async def _total(store: Store, account: Account, query: PersonQuery) -> int:
    """Count who is found, up to one more than MOST_COUNTED."""
    return await store.persons.count(within(account, query), most=MOST_COUNTED + 1)


async def _sites(store: Store, account: Account) -> Sequence[Site]:
    """Return the sites to choose from; none where there is no choice."""
    sites = [site for site in await store.sites.all() if account.may_see(site.id)]
    return sites if len(sites) > 1 else ()
