"""What changed in an open inbox since it was loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from admin_web.answering import Form, text
from admin_web.batches import find_batch
from admin_web.cards import Card, Pile, cards, piles
from admin_web.entries import Entry, answered
from admin_web.inbox import OLDEST, PAGE, limit
from admin_web.options import ACCOUNT, STORE
from admin_web.rendering import MOST_COUNTED, part
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.records import Id, Question, QuestionStatus
from domain.sight import sites_of
from domain.stacks import stacks

# What a browser may say it shows: more than a page, for answered cards stay where they are.
MOST_SHOWN = 100
MOST_WITHIN = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What an open page shows.

    `questions` and `batches` have the revision of each card, by its key; `within` are the questions
    that stand in a pile under another one. `floor` is the last question of a page with more behind
    it; an `old` page gets no new ones.
    """

    questions: Mapping[Id, str]
    batches: Mapping[Id, str]
    within: Sequence[Id]
    floor: Id | None
    old: bool
    hold: bool
    oldest: bool
    site: Id | None


async def catch_up(request: web.Request) -> web.Response:
    """Return changed cards, those that are gone, new ones, and the count.

    With `hold` new cards are only announced: nothing moves under a finger about to press.
    """
    store, account = request.app[STORE], request[ACCOUNT]
    shown = _read(await request.post())
    known = await store.questions.some([*shown.questions, *shown.within])
    mine = [q for q in known.values() if account.may_see(q.site_id)]
    still = [q for q in mine if q.status is QuestionStatus.OPEN]
    seeds = [*still, *await _new(request, shown)]
    sites = limit(account, shown.site)
    found = await stacks(store, seeds, sites_of(account) if shown.old else sites)
    open_ones = await piles(store, account, found, shown=shown.questions)
    fresh = [entry for entry in open_ones if _key(entry) not in shown.questions]
    over = [q for q in mine if q.id in shown.questions and q not in still]
    held = len(fresh) if shown.hold else 0
    return part(
        request,
        "catch_up.html",
        changed=[*_changed(open_ones, shown), *await _over(request, over, shown)],
        gone=_gone(open_ones, shown),
        fresh=[] if held else fresh,
        end=shown.oldest,
        held=held,
        list=not shown.old,
        waiting=await store.questions.open_count(sites_of(account), most=MOST_COUNTED),
    )


def _key(entry: Card | Pile) -> Id:
    return entry.key if isinstance(entry, Pile) else entry.question.id


def _changed(entries: Sequence[Card | Pile], shown: _Shown) -> list[tuple[str, Entry]]:
    """Return the cards that look different by now, each with the place where it stands."""
    there = [(_key(entry), entry) for entry in entries if _key(entry) in shown.questions]
    return [(f"q-{key}", one) for key, one in there if one.revision != shown.questions[key]]


def _gone(entries: Sequence[Card | Pile], shown: _Shown) -> list[Id]:
    """Return what has a card of its own, but stands in a pile by now."""
    inside = (c.question.id for entry in entries if isinstance(entry, Pile) for c in entry.cards)
    keys = {_key(entry) for entry in entries}
    return [id_ for id_ in inside if id_ in shown.questions and id_ not in keys]


async def _over(
    request: web.Request, over: Sequence[Question], shown: _Shown
) -> list[tuple[str, Entry]]:
    """Return the cards of what was answered, or taken back, since the page showed it."""
    found: list[tuple[str, Entry]] = []
    for card in await cards(request.app[STORE], request[ACCOUNT], over):
        if card.revision != shown.questions[card.question.id]:
            [entry] = await answered(request, [card.question]) or [card]
            found.append((f"q-{card.question.id}", entry))
    for id_, revision in shown.batches.items():
        batch = await find_batch(request, id_)
        if batch and batch.revision != revision:
            found.append((f"b-{id_}", batch))
    return found


async def _new(request: web.Request, shown: _Shown) -> list[Question]:
    """Return the newest questions that the page does not show and has room for."""
    if shown.old:
        return []
    sites = limit(request[ACCOUNT], shown.site)
    found = await request.app[STORE].questions.inbox(sites, limit=PAGE)
    there = {*shown.questions, *shown.within}
    return [q for q in found if q.id not in there and (not shown.floor or q.id > shown.floor)]


def _read(form: Form) -> _Shown:
    pairs = [item.partition(":") for item in text(form, "shown").split(",") if item]
    within = [parse_id(id_) for id_ in text(form, "within").split(",") if id_]
    if len(pairs) > MOST_SHOWN or len(within) > MOST_WITHIN:
        raise InvalidError("That is more than a page shows.")
    keyed = [(key[0], parse_id(key[2:]), revision) for key, _, revision in pairs]
    floor, site = text(form, "floor"), text(form, "site")
    return _Shown(
        questions={id_: revision for kind, id_, revision in keyed if kind == "q"},
        batches={id_: revision for kind, id_, revision in keyed if kind == "b"},
        within=within,
        floor=parse_id(floor) if floor else None,
        old="old" in form,
        hold="hold" in form,
        oldest=text(form, "order") == OLDEST,
        site=parse_id(site) if site else None,
    )
