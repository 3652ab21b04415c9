"""Signing in and out."""

import asyncio
import math
import re
from dataclasses import dataclass

from aiohttp import web

from admin_web.browsers import browser_named
from admin_web.guard import FORM_COOKIE, SESSION_COOKIE, identify, keep_session
from admin_web.options import CLOCK, OPTIONS, PASSWORDS, SESSION, STORE
from admin_web.rendering import page
from admin_web.security import csrf_token
from admin_web.verifying import VERIFYING
from domain.ids import new_secret
from domain.lockout import begin_try, forget_tries
from domain.records import Account
from domain.sessions import close_session, open_session

_OWN_ADDRESS = re.compile(r"/(?![/\\])[!-~]*")
_WRONG = "Name or password is not right."


async def show_sign_in(request: web.Request) -> web.Response:
    """Show the form, unless signed in already."""
    if await identify(request):
        raise web.HTTPSeeOther(_next(request.query.get("next")))
    return await _form(request)


async def _form(
    request: web.Request, status: int = 200, *, note: str = "", name: str = "", back: str = ""
) -> web.Response:
    """Show the form with a token bound to a cookie, for there is no session to bind it to."""
    secret = request.cookies.get(FORM_COOKIE) or new_secret()
    response = await page(
        request,
        "sign_in.html",
        status,
        token=csrf_token(secret),
        note=note,
        name=name,
        next=back or _next(request.query.get("next")),
    )
    keep_form_secret(request, response, secret, path="/sign-in")
    return response


def keep_form_secret(
    request: web.Request, response: web.StreamResponse, secret: str, *, path: str
) -> None:
    """Let the browser keep what binds a form of somebody who is not signed in."""
    response.set_cookie(
        FORM_COOKIE,
        secret,
        path=path,
        httponly=True,
        samesite="Strict",
        secure=request.app[OPTIONS].secure_cookies,
    )


def _next(address: str | None) -> str:
    """Return where to go after signing in: a page of ours, never another site."""
    return address if address and _OWN_ADDRESS.fullmatch(address) else "/"


async def sign_in(request: web.Request) -> web.Response:
    """Open a session for the right name and password."""
    form = await request.post()
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    back = _next(str(form.get("next", "")))
    account = await request.app[STORE].accounts.named(" ".join(name.split()))
    tried = await try_password(request, account, name, password)
    if tried.wait:
        note = f"Too many tries. Please wait {tried.wait} seconds, then try again."
        response = await _form(request, 429, note=note, name=name, back=back)
        response.headers["Retry-After"] = str(tried.wait)
        return response
    if account is None or not tried.right:
        return await _form(request, 401, note=_WRONG, name=name, back=back)
    response = web.HTTPSeeOther(back)
    await start_session(request, response, account)
    response.del_cookie(FORM_COOKIE, path="/sign-in")
    raise response


@dataclass(frozen=True, slots=True)
class Tried:
    """Whether a password was right; `wait` are the seconds before one may be tried at all."""

    right: bool
    wait: int = 0


async def try_password(
    request: web.Request, account: Account | None, name: str, password: str
) -> Tried:
    """Try an account's password, unless this address has to wait for having failed too often."""
    store, address = request.app[STORE], client_address(request)
    wait = await begin_try(store, name=name, address=address, now=request.app[CLOCK]())
    if wait:
        return Tried(right=False, wait=math.ceil(wait.total_seconds()))
    usable = account if account and account.revoked_at is None else None
    stored = usable.password_hash if usable else None
    async with request.app[VERIFYING].turn(address):
        right = await asyncio.to_thread(request.app[PASSWORDS].verify, stored, password)
    if right:
        await forget_tries(store, name=name, address=address)
    return Tried(right=right)


def client_address(request: web.Request) -> str:
    """Return who is asking; behind a proxy, who the proxy says is asking."""
    if request.app[OPTIONS].behind_proxy:
        forwarded = request.headers.getall("X-Forwarded-For", [])
        return ",".join(forwarded).rpartition(",")[2].strip()
    return request.remote or ""


async def start_session(
    request: web.Request, response: web.StreamResponse, account: Account
) -> None:
    """Give the browser a new session; the one it came with, whoever's it was, ends."""
    store = request.app[STORE]
    old = request.cookies.get(SESSION_COOKIE)
    if old:
        await close_session(store, token=old)
    token = await open_session(
        store,
        account=account,
        now=request.app[CLOCK](),
        browser=browser_named(request.headers.get("User-Agent", "")),
    )
    keep_session(request, response, token)


async def sign_out(request: web.Request) -> web.Response:
    """End the session and forget the faces that the browser has kept."""
    await request.app[STORE].sessions.remove(request[SESSION].id)
    response = web.HTTPSeeOther("/sign-in", headers={"Clear-Site-Data": '"cache"'})
    response.del_cookie(SESSION_COOKIE, path="/")
    raise response
