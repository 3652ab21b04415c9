"""Templates, and what every page carries."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web
from markupsafe import Markup

from admin_web import deed_words, remedies, words
from admin_web.assets import Assets
from admin_web.options import ACCOUNT, SESSION, STORE, Clock, PanelOptions
from admin_web.security import CSRF_FIELD, csrf_token
from domain.covered import sentence
from domain.records import Account, Visit
from domain.sight import sites_of
from domain.undo import undoable

# Beyond it the number beside the inbox is "99+".
MOST_COUNTED = 100
TEMPLATES = Path(__file__).parent / "templates"
# The pages that an account may open.
Navigation = Callable[[Account], Sequence[object]]
TEMPLATING = web.AppKey("templating", jinja2.Environment)


def environment(
    *, options: PanelOptions, clock: Clock, assets: Assets, pages: Navigation
) -> jinja2.Environment:
    """Return the templates, all read now, so that no page waits for the disk."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    zone: tzinfo = options.timezone

    def time(at: datetime) -> Markup:
        return words.time_tag(at, zone, clock())

    def span(visit: Visit) -> Markup:
        return words.span_tags(visit, zone, clock())

    env.filters |= {
        "time": time,
        "span": span,
        "percent": words.percent,
        "fraction": words.fraction,
        "share": words.share,
        "quantity": words.quantity,
        "size": words.size,
        "lasting": words.lasting,
        "ordinal": words.ordinal,
        "reason": words.reason,
        "covering": sentence,
        "said": words.said,
        "said_by": words.said_by,
        "undone_by": words.undone_by,
    }
    env.globals |= {
        "count": words.count,
        "wrong": remedies.wrong,
        "remedy": remedies.remedy,
        "told": words.told,
        "staying": words.staying,
        "lasted": words.lasted,
        "deed_said": deed_words.deed_said,
        "deed_by": deed_words.deed_by,
        "PERSON_STATUS": words.PERSON_STATUS,
        "DETECTION_STATUS": words.DETECTION_STATUS,
        "MATCH_KIND": words.MATCH_KIND,
        "ROLE": words.ROLE,
        "asset": assets.url,
        "icon": assets.icon,
        "pages": pages,
        "can_be_undone": lambda decision: undoable(decision, clock(), options.decisions),
    }
    for name in env.list_templates(extensions=["html"]):
        env.get_template(name)
    return env


def from_script(request: web.Request) -> bool:
    """Tell whether htmx asks, which wants a part of a page and not a whole one."""
    return "HX-Request" in request.headers


def part(request: web.Request, template: str, status: int = 200, /, **values: Any) -> web.Response:
    """Answer with a part of a page."""
    account = request.get(ACCOUNT)
    session = request.get(SESSION)
    text = (
        request.app[TEMPLATING]
        .get_template(template)
        .render(
            account=account,
            csrf=csrf_token(session.form_secret) if session else "",
            csrf_field=CSRF_FIELD,
            path=request.path,
            **values,
        )
    )
    return web.Response(text=text, status=status, content_type="text/html")


async def page(
    request: web.Request, template: str, status: int = 200, /, **values: Any
) -> web.Response:
    """Answer with a whole page."""
    account = request.get(ACCOUNT)
    waiting = 0
    if account:
        waiting = await request.app[STORE].questions.open_count(
            sites_of(account), most=MOST_COUNTED
        )
    return part(request, template, status, waiting=waiting, **values)
