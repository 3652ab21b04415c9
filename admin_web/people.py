"""The people: a grid of everybody, and a page for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from admin_web.cards import cards
from admin_web.doubts import doubt_cards, recognised_by
from admin_web.names import known_names
from admin_web.options import ACCOUNT, STORE
from admin_web.rendering import from_script, page, part
from domain.decisions import NAME_LENGTH, may_decide
from domain.errors import InvalidError, NotFoundError
from domain.ids import parse_id
from domain.people import PAGE, find_people
from domain.records import (
    Account,
    Camera,
    Decision,
    DetectionStatus,
    Id,
    Person,
    PersonStatus,
    Site,
    Visit,
)
from domain.sight import glimpses, may_see_person, sites_of
from domain.store import DetectionQuery, PersonCursor, PersonQuery, Store
from domain.undo import may_undo
from domain.views import canonical_people

PHOTOS = 24
VISITS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A visit with the places it names, and whether the account answers for its site."""

    visit: Visit
    site: Site | None
    cameras: tuple[Camera, ...]
    may_answer: bool


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


async def show_person(request: web.Request) -> web.Response:
    """Show everything the account may know of somebody; a merged person's page moves on."""
    person = await seen_person(request)
    if person.id != request.match_info["id"]:
        raise web.HTTPSeeOther(f"/people/{person.id}")
    return await show_page(request, person)


async def seen_person(request: web.Request) -> Person:
    """Return who the person asked for turned out to be; raise NotFoundError when none can see."""
    store = request.app[STORE]
    person = await store.persons.canonical(parse_id(request.match_info["id"]))
    if person is None or not await may_see_person(store, request[ACCOUNT], person):
        raise NotFoundError("There is no such person.")
    return person


async def show_page(
    request: web.Request,
    person: Person,
    status: int = 200,
    *,
    name: str = "",
    taken: Sequence[Id] = (),
    note: str = "",
) -> web.Response:
    """Show somebody; with those who have the name just given already, or why it was not taken."""
    store, account = request.app[STORE], request[ACCOUNT]
    same = tuple((await store.persons.some(taken)).values())
    members = await store.persons.members(person.id)
    photos = await store.detections.page(
        DetectionQuery(
            site_ids=sites_of(account),
            person_ids=tuple(members),
            statuses=(DetectionStatus.CLASSIFIED,),
            limit=PHOTOS,
        )
    )
    references = await recognised_by(store, account, members)
    journal = await _journal(store, account, members)
    maybe = await canonical_people(store, [s.person_id for s in person.maybe])
    others = {p.id: p for p in maybe.values() if p.id != person.id}
    open_ones = [q for q in await store.questions.open_of(members) if account.may_see(q.site_id)]
    return await page(
        request,
        "person.html",
        status,
        person=person,
        name=name,
        taken=same,
        note=note,
        may_decide=await may_decide(store, person.id, account),
        undoable={d.id for d in journal if await may_undo(store, d, account)},
        photos=photos,
        references=references,
        doubts=await doubt_cards(store, account, [r for r in references if r.doubted]),
        glimpses=await glimpses(store, account, [person, *others.values(), *same]),
        stays=await _stays(store, account, members),
        journal=journal,
        people=await _named(store, journal),
        maybe=_maybe(person, maybe, others),
        cards=await cards(store, account, open_ones),
        names=await known_names(store, account),
    )


def _maybe(
    person: Person, canonical: dict[Id, Person], others: dict[Id, Person]
) -> list[tuple[Person, float]]:
    """Return whom a stranger may be, each once, with the confidence."""
    if person.recognised:
        return []
    found: dict[Id, tuple[Person, float]] = {}
    for suggestion in person.maybe:
        other = canonical.get(suggestion.person_id)
        if other and other.id in others:
            found.setdefault(other.id, (other, suggestion.confidence))
    return list(found.values())


async def _named(store: Store, journal: Sequence[Decision]) -> dict[Id, Person]:
    """Return whom a journal speaks of, as who they are by now."""
    kept = [d.undone.kept_with for d in journal if d.undone]
    return await canonical_people(store, [*(d.target_id for d in journal), *kept])


async def _stays(store: Store, account: Account, members: Sequence[Id]) -> list[Stay]:
    visits = [v for v in await store.visits.of(members, limit=VISITS) if account.may_see(v.site_id)]
    sites = await store.sites.some([*{v.site_id for v in visits}])
    cameras = await store.cameras.some([*{c for v in visits for c in v.camera_ids}])
    return [
        Stay(
            visit=visit,
            site=sites.get(visit.site_id),
            cameras=tuple(cameras[id_] for id_ in visit.camera_ids if id_ in cameras),
            may_answer=account.may_answer(visit.site_id),
        )
        for visit in visits
    ]


async def _journal(store: Store, account: Account, members: Sequence[Id]) -> list[Decision]:
    """Return the decisions about somebody, but for those of others' sites."""
    made = await store.decisions.of(members)
    asked = await store.questions.some([d.question_id for d in made if d.question_id])
    return [
        d
        for d in made
        if (d.question_id not in asked or account.may_see(asked[d.question_id].site_id))
        and (d.site_id is None or account.may_see(d.site_id))
    ]
