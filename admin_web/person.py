"""What stands at the top of every page of somebody, and who may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from admin_web.cards import cards
from admin_web.doubts import doubt_cards, recognised_by
from admin_web.options import ACCOUNT, CLOCK, STORE
from admin_web.rendering import page
from domain.decisions import may_decide
from domain.ids import parse_id
from domain.intake import crop_id
from domain.log import cursor_at, cursor_text, read_cursor
from domain.records import (
    Account,
    Decision,
    DetectionStatus,
    Id,
    Person,
    Site,
)
from domain.sight import glimpses, seen_person, sites_of
from domain.store import DetectionQuery, Store
from domain.undo import may_undo
from domain.views import canonical_people

PHOTOS = 24
# The page that says what would be erased of somebody.
FORGETTING = "/people/{id}/forget"
# So many of those who were found to be one with somebody are shown.
MOST_PARTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """Somebody, as the top of a page shows them to an account.

    `face` is the detection whose picture shows them. `visits`, `first`, `last` and `sites` are of
    the sites of the account; `sites` the last one first.
    """

    person: Person
    members: tuple[Id, ...]
    face: Id | None
    visits: int
    first: datetime | None
    last: datetime | None
    sites: tuple[Site, ...]
    may_decide: bool


async def person_asked(request: web.Request) -> Person:
    """Return who the person asked for turned out to be; raise NotFoundError when none can see."""
    id_ = parse_id(request.match_info["id"])
    return await seen_person(request.app[STORE], request[ACCOUNT], id_)


async def require_own_page(request: web.Request) -> Person:
    """Return whose page is asked for; send those who ask for a merged person on."""
    person = await person_asked(request)
    asked = request.match_info["id"]
    if person.id != asked:
        raise web.HTTPSeeOther(request.path_qs.replace(asked, person.id, 1))
    return person


async def portrait(store: Store, account: Account, person: Person) -> Portrait:
    """Gather what the top of a page says of somebody."""
    members = await store.persons.members(person.id)
    totals = await store.visits.totals(members, sites_of(account))
    sites = await store.sites.some([total.site_id for total in totals])
    return Portrait(
        person=person,
        members=members,
        face=await face_of(store, account, person),
        visits=sum(total.visits for total in totals),
        first=min((total.first for total in totals), default=None),
        last=max((total.last for total in totals), default=None),
        sites=tuple(sites[total.site_id] for total in totals if total.site_id in sites),
        may_decide=await may_decide(store, person.id, account),
    )


async def faces_of(store: Store, account: Account, people: Sequence[Person]) -> dict[Id, Id]:
    """Return the detections whose pictures show people: their covers, or else what was seen last.

    Only what the account may see; who is missing has none.
    """
    chosen = {person.id: crop_id(person.cover) for person in people if person.cover}
    there = await store.detections.some([id_ for id_ in chosen.values() if id_])
    seen = {d.id for d in there.values() if d.image.key and account.may_see(d.site_id)}
    found = {person: crop for person, crop in chosen.items() if crop and crop in seen}
    rest = await glimpses(store, account, [p for p in people if p.id not in found])
    return found | {person: glimpse.detection_id for person, glimpse in rest.items()}


async def face_of(store: Store, account: Account, person: Person) -> Id | None:
    """Return the detection whose picture shows somebody."""
    return (await faces_of(store, account, [person])).get(person.id)


async def person_page(
    request: web.Request,
    template: str,
    person: Person,
    tab: str,
    status: int = 200,
    /,
    **values: Any,
) -> web.Response:
    """Answer with one of somebody's pages: its own part, under what is on top of all of them."""
    store, account = request.app[STORE], request[ACCOUNT]
    return await page(
        request,
        template,
        status,
        **{
            "who": await portrait(store, account, person),
            "person": person,
            "tab": tab,
            "lapsed": person.lapsed(request.app[CLOCK]()),
            "done": await _done(request, person),
            "name": "",
            "taken": (),
            "may_forget": FORGETTING in {r.canonical for r in request.app.router.resources()},
            "note": "",
            **values,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A decision just made, whom it names, and whether the account may take it back."""

    decision: Decision
    people: dict[Id, Person]
    may_undo: bool


async def _done(request: web.Request, person: Person) -> Done | None:
    """Return the decision that the address says was just made, if it was about this person."""
    store, account = request.app[STORE], request[ACCOUNT]
    asked = request.query.get("done")
    decision = await store.decisions.get(parse_id(asked)) if asked else None
    members = await store.persons.members(person.id)
    if decision is None or not {decision.person_id, decision.target_id} & {*members}:
        return None
    if decision.undone or not await may_undo(store, decision, account):
        return None
    return Done(decision=decision, people=await named_in(store, [decision]), may_undo=True)


async def named_in(store: Store, journal: Sequence[Decision]) -> dict[Id, Person]:
    """Return whom a journal speaks of, as who they are by now."""
    kept = [d.undone.kept_with for d in journal if d.undone]
    ids = [id_ for d in journal for id_ in (d.person_id, d.target_id)]
    return await canonical_people(store, [*ids, *kept])


async def show_person(request: web.Request) -> web.Response:
    """Show somebody with their photos; a merged person's page moves on."""
    return await show_page(request, await require_own_page(request))


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
    after = request.query.get("after")
    photos = await store.detections.page(
        DetectionQuery(
            site_ids=sites_of(account),
            person_ids=tuple(members),
            statuses=(DetectionStatus.CLASSIFIED,),
            after=read_cursor(after) if after else None,
            limit=PHOTOS + 1,
        )
    )
    in_use = await store.references.used(members)
    references = [] if after else await recognised_by(store, account, in_use)
    maybe = await _maybe(store, person)
    open_ones = [q for q in await store.questions.open_of(members) if account.may_see(q.site_id)]
    parts = await _parts(store, person, members)
    return await person_page(
        request,
        "person_photos.html",
        person,
        "photos",
        status,
        name=name,
        taken=same,
        note=note,
        photos=[photo for photo in photos[:PHOTOS] if photo.image.key],
        older=cursor_text(cursor_at(photos[PHOTOS - 1])) if len(photos) > PHOTOS else None,
        after=after,
        references=references,
        cover=crop_id(person.cover) if person.cover else None,
        kept={r.detection_id for r in in_use},
        doubts=await doubt_cards(store, account, [r for r in references if r.doubted]),
        maybe=maybe,
        parts_of=parts,
        most_parts=MOST_PARTS,
        faces=await faces_of(store, account, [*(p for p, _ in maybe), *parts[:MOST_PARTS], *same]),
        cards=await cards(store, account, open_ones),
        movable=account.may_answer,
    )


async def _parts(store: Store, person: Person, members: Sequence[Id]) -> list[Person]:
    """Return somebody, and whoever was found to be one with them, the first met first."""
    if len(members) == 1:
        return []
    found = await store.persons.some(members)
    return sorted(found.values(), key=lambda one: (one.id != person.id, one.number))


async def _maybe(store: Store, person: Person) -> list[tuple[Person, float]]:
    """Return whom a stranger may be, each once, with the confidence."""
    if person.recognised:
        return []
    there = await canonical_people(store, [s.person_id for s in person.maybe])
    found: dict[Id, tuple[Person, float]] = {}
    for suggestion in person.maybe:
        other = there.get(suggestion.person_id)
        if other and other.id != person.id:
            found.setdefault(other.id, (other, suggestion.confidence))
    return list(found.values())


async def visible_journal(store: Store, account: Account, members: Sequence[Id]) -> list[Decision]:
    """Return the decisions about somebody, newest first, but for those of others' sites."""
    made = await store.decisions.of(members)
    asked = await store.questions.some([d.question_id for d in made if d.question_id])
    return [
        d
        for d in made
        if (d.question_id not in asked or account.may_see(asked[d.question_id].site_id))
        and (d.site_id is None or account.may_see(d.site_id))
    ]


async def show_journal(request: web.Request) -> web.Response:
    """Show what was decided about somebody, and what can be taken back."""
    store, account = request.app[STORE], request[ACCOUNT]
    person = await require_own_page(request)
    journal = await visible_journal(store, account, await store.persons.members(person.id))
    return await person_page(
        request,
        "person_journal.html",
        person,
        "journal",
        journal=journal,
        undoable={d.id for d in journal if await may_undo(store, d, account)},
        people=await named_in(store, journal),
    )
