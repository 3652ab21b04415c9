"""The inbox: open questions, and answering them."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from admin_web.answering import check_target, read_answer, text
from admin_web.cards import Card, card, cards, question_view, revision
from admin_web.doubts import open_doubts
from admin_web.names import known_names
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from admin_web.rendering import from_script, page, part
from domain import decisions
from domain.errors import AlreadyDecidedError, InvalidError, NameTakenError, NotFoundError
from domain.ids import parse_id
from domain.records import Account, DetectionStatus, Id, Question, QuestionStatus
from domain.sight import seen_question, sites_of
from domain.store import DetectionQuery

PAGE = 12
# What a browser may say it shows: more than a page, for answered cards stay where they are.
MOST_SHOWN = 100
# So long the inbox speaks of a picture held before a camera; the log keeps it.
SPOOFS_NOTED = timedelta(days=1)


async def show_inbox(request: web.Request) -> web.Response:
    """Show the open questions, newest first."""
    store, account = request.app[STORE], request[ACCOUNT]
    options = request.app[OPTIONS]
    sites = await store.sites.all()
    mine = [site for site in sites if account.may_see(site.id)]
    chosen, after = _id(request, "site"), _id(request, "after")
    found = await store.questions.inbox(_limit(account, chosen), after=after, limit=PAGE + 1)
    shown = found[:PAGE]
    return await page(
        request,
        "inbox.html",
        cards=await cards(store, account, shown),
        doubts=[] if after else await open_doubts(store, account, _limit(account, chosen)),
        names=await known_names(store, account),
        sites=mine,
        chosen=chosen,
        after=after,
        older=shown[-1].id if len(found) > PAGE else None,
        remembered=await _remembered(request),
        **await _latest_spoof(request, chosen),
        origin=(options.public_origin or str(request.url.origin())).rstrip("/"),
        bot=options.bot_username(),
        has_cameras=any(account.may_see(c.site_id) for c in await store.cameras.all()),
    )


async def _latest_spoof(request: web.Request, chosen: Id | None) -> dict[str, Any]:
    """Return the last picture or screen held before a camera lately, for the notice about it."""
    store = request.app[STORE]
    query = DetectionQuery(
        site_ids=_limit(request[ACCOUNT], chosen),
        statuses=(DetectionStatus.SPOOF,),
        since=request.app[CLOCK]() - SPOOFS_NOTED,
        limit=1,
    )
    spoof = next(iter(await store.detections.page(query)), None)
    return {"spoof": spoof, "spoof_camera": spoof and await store.cameras.get(spoof.camera_id)}


def _id(request: web.Request, key: str) -> Id | None:
    text = request.query.get(key)
    return parse_id(text) if text else None


def _limit(account: Account, chosen: Id | None) -> tuple[Id, ...] | None:
    if chosen is None:
        return sites_of(account)
    if not account.may_see(chosen):
        raise NotFoundError("There is no such site.")
    return (chosen,)


async def _remembered(request: web.Request) -> Card | None:
    """Return the card just answered, for browsers that have to load the page anew."""
    id_ = _id(request, "answered")
    if id_ is None:
        return None
    store, account = request.app[STORE], request[ACCOUNT]
    return await card(store, account, await seen_question(store, account, id_))


async def show_question(request: web.Request) -> web.Response:
    """Show one question on a page of its own."""
    return await _show_card(request, status=200)


async def answer_question(request: web.Request) -> web.Response:
    """Answer a question; show what became of it."""
    store, account = request.app[STORE], request[ACCOUNT]
    form = await request.post()
    question = await seen_question(store, account, parse_id(request.match_info["id"]))
    try:
        given = read_answer(request, form)
        if isinstance(given, decisions.ItIs | decisions.IsNot):
            suggested = [suggestion.person_id for suggestion in question.suggestions]
            await check_target(request, given.person_id, text(form, "name"), suggested)
        await decisions.answer(
            store,
            question_id=question.id,
            answer=given,
            account=account,
            via="panel",
            now=request.app[CLOCK](),
        )
    except NameTakenError as error:
        taken = tuple(Id(id_) for id_ in error.person_ids)
        return await _show_card(request, status=409, name=error.name, taken=taken)
    except AlreadyDecidedError:
        return await _show_card(request, status=409, note="Somebody answered before you.")
    except InvalidError as error:
        return await _show_card(request, status=400, name=text(form, "name"), note=str(error))
    if from_script(request):
        return await _show_card(request, status=200)
    still_open = isinstance(given, decisions.IsNot)
    raise web.HTTPSeeOther(
        f"/questions/{question.id}" if still_open else f"/?answered={question.id}"
    )


async def _show_card(
    request: web.Request, *, status: int, name: str = "", taken: tuple[Id, ...] = (), note: str = ""
) -> web.Response:
    """Show a question: alone for a script, which swaps it in whatever it says, else on a page."""
    store, account = request.app[STORE], request[ACCOUNT]
    question = await seen_question(store, account, parse_id(request.match_info["id"]))
    shown = await card(store, account, question, name=name, taken=taken, note=note)
    if from_script(request):
        return part(request, "card.html", card=shown)
    names = await known_names(store, account)
    return await page(request, "question.html", status, card=shown, names=names)


async def catch_up(request: web.Request) -> web.Response:
    """Return what changed since the page was loaded: changed cards, new ones, the count.

    `shown` lists what the browser has as id:revision; `floor` is the oldest id of a page that has
    older ones behind it; with `hold` new cards are only announced.
    """
    store, account = request.app[STORE], request[ACCOUNT]
    shown = _shown(request)
    known = await store.questions.some(tuple(shown))
    mine = [q for q in known.values() if account.may_see(q.site_id)]
    async with asyncio.TaskGroup() as group:
        views = [group.create_task(question_view(store, question)) for question in mine]
    changed = [
        q for q, view in zip(mine, views, strict=True) if revision(view.result()) != shown[q.id]
    ]
    fresh = await _fresh(request, shown)
    held = len(fresh) if "hold" in request.query else 0
    return part(
        request,
        "catch_up.html",
        changed=await cards(store, account, changed),
        fresh=[] if held else await cards(store, account, fresh),
        held=held,
        list="old" not in request.query,
        waiting=await store.questions.open_count(sites_of(account)),
    )


def _shown(request: web.Request) -> dict[Id, str]:
    pairs = [item.partition(":") for item in request.query.get("shown", "").split(",") if item]
    if len(pairs) > MOST_SHOWN:
        raise InvalidError("That is more than a page shows.")
    return {parse_id(id_): rev for id_, _, rev in pairs}


async def _fresh(request: web.Request, shown: dict[Id, str]) -> list[Question]:
    if "old" in request.query:
        return []
    floor = _id(request, "floor")
    chosen = _id(request, "site")
    found = await request.app[STORE].questions.inbox(_limit(request[ACCOUNT], chosen), limit=PAGE)
    return [
        q
        for q in found
        if q.id not in shown and q.status is QuestionStatus.OPEN and (floor is None or q.id > floor)
    ]
