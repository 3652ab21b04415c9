"""The people an account may know of: a list of them, and what there is to say of one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.decisions import may_decide
from domain.records import Account, Id, Person, Site
from domain.sight import Glimpse, glimpses, may_see_person, seen_person, sites_of
from domain.store import PersonCursor, PersonQuery, Store

PAGE = 24
# So many visits are looked through for the clearest picture of somebody.
RECENT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of people, what can be seen of each, and after whom the next page starts."""

    people: tuple[Person, ...]
    glimpses: dict[Id, Glimpse]
    next: PersonCursor | None


async def find_people(store: Store, account: Account, query: PersonQuery) -> Found:
    """Return people the account may see: admins everybody, others whoever was at their sites."""
    allowed = within(account, query)
    batch = await store.persons.page(replace(allowed, limit=query.limit + 1))
    people = batch[: query.limit]
    last = people[-1] if len(batch) > query.limit else None
    return Found(
        people=tuple(people),
        glimpses=await glimpses(store, account, people),
        next=PersonCursor(last.id, last.last_seen_at) if last else None,
    )


def within(account: Account, query: PersonQuery) -> PersonQuery:
    """Return a query about those alone whom the account may see."""
    sites = sites_of(account)
    if sites is None:
        return query
    wanted = sites if query.site_ids is None else query.site_ids
    return replace(query, site_ids=tuple(site for site in wanted if site in sites))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """Somebody, with what an account may know of them.

    `first` and `last` are when they were seen at sites of the account, `visits` how often;
    `sites` where, the last one first. `may_decide` tells whether the account may say who they are.
    """

    person: Person
    visits: int
    first: datetime | None
    last: datetime | None
    sites: tuple[Site, ...]
    image_key: str | None
    may_decide: bool


async def person_view(store: Store, account: Account, person_id: Id) -> PersonView:
    """Gather what there is to say of somebody.

    Raises NotFoundError when there is nobody, or nobody the account may know of.
    """
    person = await seen_person(store, account, person_id)
    members = await store.persons.members(person.id)
    totals = await store.visits.totals(members, sites_of(account))
    sites = await store.sites.some([total.site_id for total in totals])
    return PersonView(
        person=person,
        visits=sum(total.visits for total in totals),
        first=min((total.first for total in totals), default=None),
        last=max((total.last for total in totals), default=None),
        sites=tuple(sites[total.site_id] for total in totals if total.site_id in sites),
        image_key=await _image_key(store, account, person, members),
        may_decide=await may_decide(store, person.id, account),
    )


async def _image_key(
    store: Store, account: Account, person: Person, members: Sequence[Id]
) -> str | None:
    """Return the clearest picture of somebody's last visits to the account's sites, or any."""
    recent = await store.visits.of(members, limit=RECENT)
    seen = [visit.best for visit in recent if account.may_see(visit.site_id)]
    if seen:
        return max(seen, key=lambda best: (not best.covered, best.quality)).image_key
    glimpse = (await glimpses(store, account, [person])).get(person.id)
    return glimpse.image_key if glimpse else None


async def people_called(store: Store, account: Account, text: str) -> list[Person]:
    """Return whom the account may know of by this name, or number; else by beginnings of words."""
    exact = await store.persons.with_name(text)
    number = text.removeprefix("#").rpartition(" ")[2]
    if not exact and number.isdecimal():
        numbered = await store.persons.numbered(int(number))
        exact = [numbered] if numbered else []
    seen = [p for p in exact if await may_see_person(store, account, p)]
    if seen:
        return seen
    found = await find_people(store, account, PersonQuery(text=text, limit=PAGE))
    return list(found.people)
