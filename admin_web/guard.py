"""Who may come through which door: session, role, origin and form token."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlencode

from aiohttp import web

from admin_web.options import ACCOUNT, CLOCK, OPTIONS, RENEWED, SESSION, STORE
from admin_web.rendering import from_script
from admin_web.security import check_csrf, check_origin
from admin_web.uploads import FORM, UPLOADING, read_form
from domain.errors import NotAllowedError
from domain.records import Account, Role
from domain.sessions import SESSION_LIFE, end_copied, renew, signed_in

_LOG = logging.getLogger(__name__)
SESSION_COOKIE = "usher_session"
# Binds the token of the sign-in form, which has no session yet.
FORM_COOKIE = "usher_form"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Who(Enum):
    """Whom a door lets in. What they see behind it goes by site."""

    ANYONE = "anyone"
    ACCOUNTS = "accounts"
    DECIDERS = "admins and managers"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Door:
    """One route of the panel.

    One with `largest` (bytes) takes files: their form is at `request[FORM]`, and larger ones are
    refused. The others take small forms, read by `request.post()`.
    """

    method: str
    path: str
    handler: Handler
    who: Who
    largest: int | None = None

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """Let the request in if it may; a change needs proof that our own page asked for it."""
        account = None
        if self.who is not Who.ANYONE:
            account = await identify(request)
            if account is None:
                await _end_copied(request)
                return ask_to_sign_in(request)
            await _renew(request)
        self._require_role(account)
        if self.method == "GET":
            return await self.handler(request)
        check_origin(request)
        secret = request[SESSION].form_secret if account else request.cookies.get(FORM_COOKIE, "")
        if self.largest:
            return await self._with_files(request, self.largest, secret)
        await check_csrf(request, secret)
        return await self.handler(request)

    async def _with_files(
        self, request: web.Request, largest: int, secret: str
    ) -> web.StreamResponse:
        """Read the form and answer; few at a time, for they are large."""
        async with request.app[UPLOADING]:
            request[FORM] = await read_form(request, largest=largest, secret=secret)
            return await self.handler(request)

    def _require_role(self, account: Account | None) -> None:
        if self.who is Who.DECIDERS and account and account.role is Role.VIEWER:
            raise NotAllowedError("Viewers can look, but not answer.")
        if self.who is Who.ADMINS and account and account.role is not Role.ADMIN:
            raise NotAllowedError("This is for admins.")


async def identify(request: web.Request) -> Account | None:
    """Return whose session the request carries, and note it on the request."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    try:
        found = await signed_in(request.app[STORE], token=token, now=request.app[CLOCK]())
    except NotAllowedError:
        return None
    request[ACCOUNT], request[SESSION] = found.account, found.session
    return found.account


async def _end_copied(request: web.Request) -> None:
    """End the session whose token was replaced long ago: somebody has a copy of it."""
    token = request.cookies.get(SESSION_COOKIE)
    if token and await end_copied(request.app[STORE], token=token, now=request.app[CLOCK]()):
        _LOG.warning("A session ended: its token was shown after it had been replaced.")


async def _renew(request: web.Request) -> None:
    """Give the browser another token now and then, with an answer that no cache keeps."""
    if not (from_script(request) or "text/html" in request.headers.get("Accept", "")):
        return
    fresh = await renew(
        request.app[STORE],
        request[SESSION],
        token=request.cookies[SESSION_COOKIE],
        now=request.app[CLOCK](),
    )
    if fresh:
        request[RENEWED] = fresh


@web.middleware
async def handing_over(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Bring the browser the token it is to show from now on, with whatever it is answered."""
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        _hand_over(request, answer)
        raise
    _hand_over(request, response)
    return response


def _hand_over(request: web.Request, response: web.StreamResponse) -> None:
    """Set the cookie, unless the answer has signed somebody in or out."""
    if RENEWED in request and SESSION_COOKIE not in response.cookies:
        keep_session(request, response, request[RENEWED])


def keep_session(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Let the browser keep a session's token, out of reach of scripts and other sites."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        path="/",
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.app[OPTIONS].secure_cookies,
    )


def ask_to_sign_in(request: web.Request) -> web.Response:
    """Send people to the sign-in page and back; tell programs 401."""
    page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    back = request.path_qs if page and not from_script(request) else "/"
    address = "/sign-in" if back == "/" else f"/sign-in?{urlencode({'next': back})}"
    if from_script(request):
        return web.Response(status=401, headers={"HX-Redirect": address})
    if page or request.method == "POST":
        raise web.HTTPSeeOther(address)
    return web.Response(status=401, text="Please sign in.")
