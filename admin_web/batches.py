"""What was decided at once, as a card of the inbox, and taking it back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from admin_web.answering import text
from admin_web.cards import Card, cards, stacked
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE, VIA
from admin_web.rendering import from_script, part
from domain.errors import InvalidError, NotFoundError
from domain.ids import parse_id
from domain.records import Account, Decision, Id, QuestionStatus
from domain.sight import sites_of
from domain.store import Store
from domain.together import TakenBack, undo_together
from domain.undo import may_undo, undoable

_OWN_ADDRESS = re.compile(r"/(?![/\\])[!-~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Several questions answered at once.

    `made` are the decisions, in the order they were made; `cards` the questions they answered,
    `people` how many people they are about by now. `note` says what could not be answered.
    """

    id: Id
    made: tuple[Decision, ...]
    cards: tuple[Card, ...]
    people: int
    may_undo: bool
    note: str = ""

    @property
    def first(self) -> Decision:
        """The decision that stands for all: by it they were named, if they were."""
        return self.made[0]

    @property
    def standing(self) -> tuple[Decision, ...]:
        """Those that have not been undone."""
        return tuple(decision for decision in self.made if decision.undone is None)

    @property
    def revision(self) -> str:
        """What changes whenever the card would look different."""
        return f"{len(self.made)}-{len(self.standing)}"


async def find_batch(request: web.Request, batch_id: Id, *, note: str = "") -> Batch | None:
    """Gather what was answered at once, as far as the account may see it; None: nothing of it."""
    store, account = request.app[STORE], request[ACCOUNT]
    made = await store.decisions.of_batch(batch_id)
    asked = await store.questions.some([d.question_id for d in made if d.question_id])
    seen = [q for q in asked.values() if account.may_see(q.site_id)]
    if not seen:
        return None
    shown = await cards(store, account, sorted(seen, key=lambda q: q.id, reverse=True))
    now, policy = request.app[CLOCK](), request.app[OPTIONS].decisions
    left = [d for d in made if undoable(d, now, policy)]
    return Batch(
        id=batch_id,
        made=tuple(made),
        cards=tuple(shown),
        people=len({card.view.person.id for card in shown}),
        may_undo=any([await may_undo(store, decision, account) for decision in left[:1]]),
        note=note,
    )


async def undo_batch(request: web.Request) -> web.StreamResponse:
    """Take back what was decided at once; show its questions again, or go `back`."""
    batch = parse_id(request.match_info["id"])
    form = await request.post()
    on_card = from_script(request) and "card" in form
    try:
        await take_back(request, batch)
    except InvalidError as error:
        if not on_card:
            raise
        return await _asked_again(request, batch, str(error))
    if on_card:
        return await _asked_again(request, batch, "Undone.")
    back = text(form, "back")
    address = back if _OWN_ADDRESS.fullmatch(back) else "/"
    if from_script(request):
        return web.Response(headers={"HX-Redirect": address})
    raise web.HTTPSeeOther(address)


async def take_back(request: web.Request, batch: Id) -> TakenBack:
    """Undo a batch; raise NotFoundError when none of it is the account's business."""
    store, account = request.app[STORE], request[ACCOUNT]
    made = await store.decisions.of_batch(batch)
    if not await _any_of_theirs(store, account, made):
        raise NotFoundError("There is no such decision.")
    return await undo_together(
        store,
        batch=batch,
        account=account,
        via=VIA,
        now=request.app[CLOCK](),
        policy=request.app[OPTIONS].decisions,
    )


async def _any_of_theirs(store: Store, account: Account, made: Sequence[Decision]) -> bool:
    for decision in made:
        if await may_undo(store, decision, account):
            return True
    return False


async def _asked_again(request: web.Request, batch: Id, note: str) -> web.Response:
    """Show the questions of a batch that are open again, where its card was; else the card."""
    store, account = request.app[STORE], request[ACCOUNT]
    made = await store.decisions.of_batch(batch)
    asked = await store.questions.some([d.question_id for d in made if d.question_id])
    mine = [
        q for q in asked.values() if q.status is QuestionStatus.OPEN and account.may_see(q.site_id)
    ]
    again = await stacked(store, account, mine, sites_of(account))
    if again:
        told = replace(again[0], note=note)
        return part(request, "entries.html", entries=[told, *again[1:]])
    found = await find_batch(request, batch, note=note)
    return part(request, "entries.html", entries=[found] if found else [])
