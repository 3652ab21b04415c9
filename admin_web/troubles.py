"""Every error becomes a clear page: those we know by what they mean, others by a number."""

import logging
import secrets

from aiohttp import web

from admin_web.guard import Handler, identify
from admin_web.options import ACCOUNT, OPTIONS
from admin_web.rendering import from_script, page, part
from admin_web.uploads import TooLargeError
from domain.errors import (
    AlreadyDecidedError,
    InvalidError,
    NameTakenError,
    NoModelsError,
    NotAllowedError,
    NotFoundError,
    StaleError,
    UsherError,
)

_LOG = logging.getLogger(__name__)
_MEANING: dict[type[UsherError], tuple[int, str]] = {
    NotFoundError: (404, "Nothing here"),
    NotAllowedError: (403, "Not allowed"),
    InvalidError: (400, "That does not work"),
    AlreadyDecidedError: (409, "Decided already"),
    NameTakenError: (409, "This name is taken"),
    StaleError: (409, "Somebody was quicker"),
    TooLargeError: (413, "Too much"),
    NoModelsError: (503, "Not now"),
}
# Errors of parts that the panel does not know by class.
_UNAVAILABLE = {"images-unavailable"}
_HTTP = {
    404: ("Nothing here", "There is no page at this address."),
    405: ("Nothing here", "This address does not take that kind of request."),
    413: ("Too much", "That is more than this page takes."),
}


@web.middleware
async def clear_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors with pages; what belongs to an application mounted in ours stays its own."""
    if request.match_info.apps[-1] is not request.app:
        return await handler(request)
    try:
        return await _with_known_errors(request, handler)
    except (web.HTTPException, ConnectionError):
        raise  # a redirect, or the browser has gone
    except request.app[OPTIONS].outages:
        _LOG.warning("The database is away; a page could not be shown.")
        response = _bare(request, 503, "Not now", "The database is away. Please try again soon.")
        response.headers["Retry-After"] = "5"
        return response
    except Exception:  # noqa: BLE001 - the border: whatever went wrong, the reader gets a page
        number = secrets.token_hex(4)
        _LOG.exception("error %s at %s %s", number, request.method, request.match_info.route)
        text = f"Something went wrong on our side. It is written down as error {number}."
        return _bare(request, 500, "Our mistake", text)


async def _with_known_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except UsherError as error:
        status, title = _meaning(error)
        return await _answer(request, status, title, str(error))
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 - redirects are no trouble
            raise
        if ACCOUNT not in request:
            await identify(request)  # no door was found: whoever it is keeps their way back
        title, text = _HTTP.get(error.status, ("That does not work", error.reason))
        return await _answer(request, error.status, title, text)


def _meaning(error: UsherError) -> tuple[int, str]:
    if error.key in _UNAVAILABLE:
        return 503, "Not now"
    return _MEANING.get(type(error), (400, "That does not work"))


async def _answer(request: web.Request, status: int, title: str, text: str) -> web.Response:
    if from_script(request):
        return _bare(request, status, title, text)
    return await page(request, "error.html", status, title=title, text=text)


def _bare(request: web.Request, status: int, title: str, text: str) -> web.Response:
    """Answer without asking the database anything: it may be what is broken."""
    if not from_script(request):
        return part(request, "error.html", status, title=title, text=text, waiting=0)
    response = part(request, "notice.html", status, title=title, text=text)
    response.headers.update({"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"})
    return response
