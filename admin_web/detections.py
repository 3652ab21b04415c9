"""The detection log: a page of it, what is new above, and trying failed ones again."""

from collections.abc import Mapping

from aiohttp import web

from admin_web.log_filters import REASONS, VIEWS, Asked, chips, places, read_filters
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from admin_web.rendering import page, part
from domain.errors import InvalidError, NotFoundError
from domain.ids import parse_id
from domain.log import MOST_RETRIED, LogPage, cursor_at, cursor_text, log_page, news, read_cursor
from domain.log import retry_failed as retry_all
from domain.records import Detection, DetectionStatus, Id, Role
from domain.store import PERCENTS, Cursor
from domain.views import canonical_people

PAGE = 40
EMPTY = LogPage(detections=(), newer=None, older=None)
NOTHING = Id("0" * 24)


async def show_detections(request: web.Request) -> web.Response:
    """Show a page of the log, the latest captured first."""
    store, account = request.app[STORE], request[ACCOUNT]
    asked = await read_filters(request, request.query, limit=PAGE)
    found = await log_page(store, asked.query) if asked.query else EMPTY
    seen = await places(store, account)
    zone, now = request.app[OPTIONS].timezone, request.app[CLOCK]()
    return await page(
        request,
        "detections.html",
        asked=asked,
        detections=found.detections,
        people=await canonical_people(store, [d.person_id for d in found.detections]),
        places=seen,
        names=seen.names,
        views=[(text, _view(asked, view), _is_view(asked, view)) for text, view in VIEWS],
        chips=chips(asked, seen.names, zone=zone, now=now),
        percents=PERCENTS,
        reasons=REASONS,
        first=asked.address(),
        newer=found.newer and asked.address(before=cursor_text(found.newer)),
        older=found.older and asked.address(after=cursor_text(found.older)),
        watched=None if found.newer else _watched(request, asked, found),
        may_change=account.role is not Role.VIEWER,
        retried=_retried(request),
    )


def _view(asked: Asked, view: Mapping[str, str]) -> str:
    """Return the address of a view, of the same places, people and times."""
    return asked.address(**{"status": None, "kind": None, "below": None, "reason": None, **view})


def _is_view(asked: Asked, view: Mapping[str, str]) -> bool:
    return all(asked.written[key] == view.get(key, "") for key in ("status", "kind"))


def _watched(request: web.Request, asked: Asked, found: LogPage) -> str:
    """Return where to ask what is new above this page."""
    top = cursor_at(found.detections[0]) if found.detections else None
    here = top or Cursor(request.app[CLOCK](), NOTHING)
    return asked.address("/detections/news", top=cursor_text(here))


def _retried(request: web.Request) -> int | None:
    text = request.query.get("retried", "")
    return int(text) if text.isdecimal() and len(text) < len(str(MOST_RETRIED)) + 1 else None


async def show_news(request: web.Request) -> web.Response:
    """Say how many detections there are by now above a page of the log."""
    asked = await read_filters(request, request.query, limit=PAGE)
    top = read_cursor(request.query.get("top", ""))
    number = await news(request.app[STORE], asked.query, top) if asked.query else 0
    return part(request, "detections_news.html", number=number, first=asked.address())


async def retry_failed(request: web.Request) -> web.Response:
    """Put everything that failed, of what is asked for, back into the queue."""
    form = {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    asked = await read_filters(request, {**form, "status": DetectionStatus.FAILED}, limit=PAGE)
    number = await retry_all(request.app[STORE], asked.query) if asked.query else 0
    raise web.HTTPSeeOther(asked.address(status=None, retried=str(number)))


async def retry_selected(request: web.Request) -> web.Response:
    """Put those that failed, of the ones ticked, back into the queue."""
    ticked = await _ticked(request)
    number = await request.app[STORE].detections.retry([one.id for one in ticked])
    raise web.HTTPSeeOther(f"/detections?retried={number}")


async def show_selected_people(request: web.Request) -> web.Response:
    """Show who is on the ones ticked, and ask what is to be said of them."""
    ticked = await _ticked(request)
    people = await canonical_people(request.app[STORE], [one.person_id for one in ticked])
    of: dict[Id, list[Detection]] = {}
    for one in ticked:
        if one.person_id in people:
            of.setdefault(people[one.person_id].id, []).append(one)
    return await page(
        request,
        "detections_people.html",
        groups=[(people[mine[0].person_id or NOTHING], mine) for mine in of.values()],
        without=sum(one.person_id not in people for one in ticked),
    )


async def _ticked(request: web.Request) -> list[Detection]:
    """Return the detections ticked; raise NotFoundError if one is of a site of others."""
    store, account = request.app[STORE], request[ACCOUNT]
    values = (await request.post()).getall("id", [])
    ids = {parse_id(text) for text in values if isinstance(text, str)}
    if not ids:
        raise InvalidError("Tick at least one crop first.")
    if len(ids) > PAGE:
        raise InvalidError(f"At most {PAGE} at once.")
    found = await store.detections.some([*ids])
    mine = [one for one in found.values() if account.may_answer(one.site_id)]
    if len(mine) < len(ids):
        raise NotFoundError("There is no such detection.")
    return mine
