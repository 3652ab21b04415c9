"""The inbox: open questions, newest or oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from admin_web.batches import find_batch
from admin_web.cards import card, piles
from admin_web.doubts import open_doubts
from admin_web.entries import Entry
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from admin_web.rendering import page
from domain.errors import NotFoundError
from domain.ids import parse_id
from domain.records import Account, DetectionStatus, Id, Question, Role
from domain.sight import seen_question, sites_of
from domain.stacks import stacks
from domain.store import DetectionQuery, Store

PAGE = 12
# So many questions are looked through for the stacks of a page.
LOOKED_AT = 48
# So long the inbox speaks of a picture held before a camera; the log keeps it.
SPOOFS_NOTED = timedelta(days=1)
OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class _Read:
    """The stacks of a page, and the last question looked at if there are more behind it."""

    stacks: Sequence[tuple[Question, ...]]
    more: Id | None


async def show_inbox(request: web.Request) -> web.Response:
    """Show the open questions, those about the same stranger together."""
    store, account = request.app[STORE], request[ACCOUNT]
    options = request.app[OPTIONS]
    chosen, after = query_id(request, "site"), query_id(request, "after")
    oldest = request.query.get("order") == OLDEST
    sites = limit(account, chosen)
    read = await _read(store, sites, after=after, oldest=oldest)
    return await page(
        request,
        "inbox.html",
        entries=await piles(store, account, read.stacks),
        doubts=[] if after else await open_doubts(store, account, sites),
        sites=[site for site in await store.sites.all() if account.may_see(site.id)],
        chosen=chosen,
        order=OLDEST if oldest else "",
        after=after,
        more=read.more,
        remembered=await _remembered(request),
        **await _latest_spoof(request, chosen),
        bot=options.bot_username(),
        has_cameras=any(account.may_see(c.site_id) for c in await store.cameras.all()),
        is_admin=account.role is Role.ADMIN,
    )


async def _read(
    store: Store, sites: Sequence[Id] | None, *, after: Id | None, oldest: bool
) -> _Read:
    """Read a page: so many stacks, in the order of the questions through which they were found."""
    look = store.questions.oldest if oldest else store.questions.inbox
    found = await look(sites, after=after, limit=LOOKED_AT + 1)
    questions = found[:LOOKED_AT]
    stack_of = {q.id: stack for stack in await stacks(store, questions, sites) for q in stack}
    shown: dict[Id, tuple[Question, ...]] = {}
    for before, question in zip([None, *questions], questions, strict=False):
        stack = stack_of[question.id]
        if stack[0].id not in shown and len(shown) == PAGE:
            return _Read([*shown.values()], before.id if before else None)
        shown.setdefault(stack[0].id, stack)
    return _Read([*shown.values()], questions[-1].id if len(found) > LOOKED_AT else None)


async def _latest_spoof(request: web.Request, chosen: Id | None) -> dict[str, Any]:
    """Return the last picture or screen held before a camera lately, for the notice about it."""
    store = request.app[STORE]
    query = DetectionQuery(
        site_ids=limit(request[ACCOUNT], chosen),
        statuses=(DetectionStatus.SPOOF,),
        since=request.app[CLOCK]() - SPOOFS_NOTED,
        limit=1,
    )
    spoof = next(iter(await store.detections.page(query)), None)
    return {"spoof": spoof, "spoof_camera": spoof and await store.cameras.get(spoof.camera_id)}


def query_id(request: web.Request, key: str) -> Id | None:
    """Return an id of the address, if it is there."""
    text = request.query.get(key)
    return parse_id(text) if text else None


def limit(account: Account, chosen: Id | None) -> tuple[Id, ...] | None:
    """Return the sites to look at; raise NotFoundError for one that is not the account's."""
    if chosen is None:
        return sites_of(account)
    if not account.may_see(chosen):
        raise NotFoundError("There is no such site.")
    return (chosen,)


async def _remembered(request: web.Request) -> Entry | None:
    """Return what was just answered, for browsers that have to load the page anew."""
    store, account = request.app[STORE], request[ACCOUNT]
    batch, answered = query_id(request, "together"), query_id(request, "answered")
    if batch:
        return await find_batch(request, batch)
    if answered is None:
        return None
    return await card(store, account, await seen_question(store, account, answered))
