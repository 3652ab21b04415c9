"""Several people chosen in the grid: what will change is shown first, then they are changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from admin_web.answering import Form, text
from admin_web.everybody import Filters
from admin_web.options import ACCOUNT, CLOCK, IMAGES, STORE, VIA
from admin_web.rendering import page
from domain.decisions import Block, Dismiss, ItIs, Known, Name, Verdict, decidable
from domain.errors import InvalidError, NameTakenError, NotFoundError
from domain.forgetting import forget, traces
from domain.ids import parse_id
from domain.labelling import LABEL_LENGTH, MOST_LABELS, Labelling
from domain.records import Id, Person
from domain.sight import Glimpse, glimpses, may_see_person, sites_of
from domain.sorting import label_together
from domain.store import Tally
from domain.together import MOST, Together, decide_together
from domain.views import canonical_people

# Erasing takes a moment for each: of so many the end can be waited for.
MOST_FORGOTTEN = 24
_AT_ONCE: Mapping[str, Verdict] = {"block": Block(), "dismiss": Dismiss(), "known": Known()}
_SHOWN_FIRST = frozenset({"name", "merge", "label", "forget"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Somebody chosen, what can be seen of them, and how often they were at the account's sites."""

    person: Person
    glimpse: Glimpse | None
    tally: Tally | None

    @property
    def visits(self) -> int:
        """How often they came."""
        return self.tally.visits if self.tally else 0

    @property
    def crops(self) -> int:
        """How many crops there are of their visits."""
        return self.tally.crops if self.tally else 0


async def act_on_chosen(request: web.Request) -> web.StreamResponse:
    """Do at once what can be undone and needs no more words; show the rest before it is done."""
    form = await request.post()
    people = await _people(request, form)
    do = text(form, "do")
    if do in _SHOWN_FIRST:
        return await _show(request, form, people, do)
    if do not in _AT_ONCE:
        raise InvalidError("Choose what to do with them.")
    return _back(request, form, await _decide(request, people, _AT_ONCE[do]))


async def name_chosen(request: web.Request) -> web.StreamResponse:
    """Make one person of those chosen, under a name; of one alone it is their new name."""
    form = await request.post()
    people = await _people(request, form)
    name, another = text(form, "name"), text(form, "answer") == "another"
    try:
        made = await _decide(request, people, Name(name, another=another))
    except NameTakenError as error:
        same = [Id(id_) for id_ in error.person_ids]
        return await _show(request, form, people, "name", 409, name=error.name, same=same)
    except InvalidError as error:
        return await _show(request, form, people, "name", 400, note=str(error), name=name)
    return _back(request, form, made)


async def merge_chosen(request: web.Request) -> web.StreamResponse:
    """Let all who are chosen be the one who stays."""
    store = request.app[STORE]
    form = await request.post()
    people = await _people(request, form)
    stays = await store.persons.canonical(parse_id(text(form, "stays")))
    if stays is None or not await _may_stay(request, stays, people, text(form, "name")):
        raise NotFoundError("There is no such person.")
    if {person.id for person in people} == {stays.id}:
        raise InvalidError("Choose at least two people to make one of them.")
    return _back(request, form, await _decide(request, people, ItIs(stays.id)))


async def _may_stay(
    request: web.Request, stays: Person, people: Sequence[Person], name: str
) -> bool:
    """Tell whether others may become somebody: one of them, one in sight, or of a given name."""
    if stays in people or await may_see_person(request.app[STORE], request[ACCOUNT], stays):
        return True
    return bool(name) and stays in await request.app[STORE].persons.with_name(name)


async def label_chosen(request: web.Request) -> web.StreamResponse:
    """Put a label on all who are chosen, or take it off them."""
    form = await request.post()
    people = await _people(request, form)
    try:
        how = Labelling(text(form, "how"))
        made = await label_together(
            request.app[STORE],
            person_ids=[person.id for person in people],
            text=text(form, "label"),
            how=how,
            account=request[ACCOUNT],
            via=VIA,
            now=request.app[CLOCK](),
        )
    except ValueError:
        raise InvalidError("Say whether to put the label on or take it off.") from None
    except InvalidError as error:
        return await _show(request, form, people, "label", 400, note=str(error))
    return _back(request, form, made)


async def forget_chosen(request: web.Request) -> web.StreamResponse:
    """Erase everything about all who are chosen, once their number has been typed."""
    form = await request.post()
    people = await _people(request, form)
    if len(people) > MOST_FORGOTTEN:
        raise InvalidError("Choose {n} at most.", n=MOST_FORGOTTEN)
    if text(form, "typed").strip() != str(len(people)):
        note = f"Type {len(people)} to say that you mean it. Nothing has been erased."
        return await _show(request, form, people, "forget", 400, note=note)
    for person in people:  # all or none, where that can be known before
        await traces(request.app[STORE], person_id=person.id, account=request[ACCOUNT])
    for person in people:
        await forget(
            request.app[STORE],
            request.app[IMAGES],
            person_id=person.id,
            account=request[ACCOUNT],
            account_name=request[ACCOUNT].name,
            via=VIA,
            now=request.app[CLOCK](),
        )
    raise web.HTTPSeeOther(_address(form, forgotten=str(len(people))))


async def _people(request: web.Request, form: Form) -> list[Person]:
    """Return who is chosen, as who they are by now, each once.

    Raises InvalidError for nobody and for too many, NotFoundError when one is none of the
    account's business.
    """
    ids = [parse_id(value) for value in form.getall("id", []) if isinstance(value, str)]
    if not ids:
        raise InvalidError("Choose at least one.")
    if len(ids) > MOST:
        raise InvalidError("Choose {n} at most.", n=MOST)
    store, account = request.app[STORE], request[ACCOUNT]
    found = await canonical_people(store, ids)
    people = {person.id: person for person in (found.get(id_) for id_ in ids) if person}
    sites = sites_of(account)
    unseen = [p for p in people.values() if sites is not None and not {*sites} & {*p.site_ids}]
    if unseen or not people:
        raise NotFoundError("There is no such person.")
    return list(people.values())


async def _decide(request: web.Request, people: Sequence[Person], verdict: Verdict) -> Together:
    made = await decide_together(
        request.app[STORE],
        person_ids=[person.id for person in people],
        answer=verdict,
        account=request[ACCOUNT],
        via=VIA,
        now=request.app[CLOCK](),
    )
    if not made.outcomes and made.refused:
        raise made.refused[0].why
    return made


def _back(request: web.Request, form: Form, made: Together) -> web.Response:
    """Go back to the grid as it was filtered, and say there what was done."""
    if not made.outcomes and made.refused:
        raise made.refused[0].why
    refused = {"refused": str(len(made.refused))} if made.refused else {}
    raise web.HTTPSeeOther(_address(form, batch=made.batch, **refused))


def _address(form: Form, **more: str) -> str:
    """Return the address of the grid that those chosen were in."""
    kept = Filters.read({name: text(form, f"was_{name}") for name in Filters.__slots__})
    return f"/people?{urlencode(kept.address(after=kept.after) | more)}"


async def _show(
    request: web.Request,
    form: Form,
    people: Sequence[Person],
    do: str,
    status: int = 200,
    *,
    note: str = "",
    name: str = "",
    same: Sequence[Id] = (),
) -> web.Response:
    """Show what will change, and ask for what is still to be said."""
    store, account = request.app[STORE], request[ACCOUNT]
    if do == "forget":
        await _require_forgettable(request, people)
    others = list((await canonical_people(store, same)).values())
    chosen = await _looked_up(request, [*people, *others])
    kept = {name: text(form, f"was_{name}") for name in Filters.__slots__}
    values: dict[str, Any] = {
        "do": do,
        "note": note,
        "chosen": chosen[: len(people)],
        "same": chosen[len(people) :],
        "stays": _likeliest(chosen[: len(people)]),
        "name": name or _only_name(people),
        "was": kept,
        "back": _address(form),
        "labels": await store.persons.labels(sites_of(account)) if do == "label" else [],
        "theirs": sorted({label for person in people for label in person.labels}),
        "label_length": LABEL_LENGTH,
        "most_labels": MOST_LABELS,
    }
    return await page(request, "people_chosen.html", status, **values)


async def _require_forgettable(request: web.Request, people: Sequence[Person]) -> None:
    if len(people) > MOST_FORGOTTEN:
        raise InvalidError("Choose {n} at most.", n=MOST_FORGOTTEN)
    for person in people:
        await decidable(request.app[STORE], person.id, request[ACCOUNT])
        await traces(request.app[STORE], person_id=person.id, account=request[ACCOUNT])


async def _looked_up(request: web.Request, people: Sequence[Person]) -> list[Chosen]:
    store, account = request.app[STORE], request[ACCOUNT]
    seen = await glimpses(store, account, people)
    members = await store.persons.members_of([person.id for person in people])
    everybody = [member for theirs in members.values() for member in theirs]
    tallies = await store.visits.tally(everybody, sites_of(account))
    return [
        Chosen(
            person=person,
            glimpse=seen.get(person.id),
            tally=_sum([tallies[m] for m in members[person.id] if m in tallies]),
        )
        for person in people
    ]


def _sum(tallies: Sequence[Tally]) -> Tally | None:
    if not tallies:
        return None
    return Tally(
        visits=sum(tally.visits for tally in tallies),
        crops=sum(tally.crops for tally in tallies),
        last=max(tally.last for tally in tallies),
    )


def _likeliest(chosen: Sequence[Chosen]) -> Id:
    """Return who would stay: somebody with a name, whoever came most often."""
    return max(chosen, key=lambda one: (one.person.name is not None, one.visits)).person.id


def _only_name(people: Sequence[Person]) -> str:
    names = {person.name for person in people if person.name}
    return names.pop() if len(names) == 1 else ""
