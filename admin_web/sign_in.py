"""Signing in and out."""

import asyncio
import math
import re

from aiohttp import web

from admin_web.guard import FORM_COOKIE, SESSION_COOKIE, identify
from admin_web.lockout import Lockout
from admin_web.options import CLOCK, OPTIONS, PASSWORDS, STORE, TOKEN
from admin_web.rendering import page
from admin_web.security import csrf_token
from domain.accounts import SESSION_LIFE, close_session, open_session
from domain.ids import new_secret
from domain.records import Account

LOCKOUT = web.AppKey("lockout", Lockout)
# Argon2 takes 64 MiB and a core each time; more at once would let strangers fill the memory.
VERIFYING = web.AppKey("verifying", asyncio.Semaphore)
MOST_VERIFYING = 2
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
    response.set_cookie(
        FORM_COOKIE,
        secret,
        path="/sign-in",
        httponly=True,
        samesite="Strict",
        secure=request.app[OPTIONS].secure_cookies,
    )
    return response


def _next(address: str | None) -> str:
    """Return where to go after signing in: a page of ours, never another site."""
    return address if address and _OWN_ADDRESS.fullmatch(address) else "/"


async def sign_in(request: web.Request) -> web.Response:
    """Open a session for the right name and password."""
    form = await request.post()
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    back = _next(str(form.get("next", "")))
    wait = math.ceil(guesses_wait(request, name))
    if wait:
        note = f"Too many tries. Please wait {wait} seconds, then try again."
        response = await _form(request, 429, note=note, name=name, back=back)
        response.headers["Retry-After"] = str(wait)
        return response
    account = await request.app[STORE].accounts.named(" ".join(name.split()))
    right = await verified(request, account, name, password)
    if account is None or not right:
        return await _form(request, 401, note=_WRONG, name=name, back=back)
    response = web.HTTPSeeOther(back)
    await start_session(request, response, account)
    response.del_cookie(FORM_COOKIE, path="/sign-in")
    raise response


def guesses_wait(request: web.Request, name: str) -> float:
    """Return for how many seconds this address may not try this account's password."""
    now = request.app[CLOCK]()
    return request.app[LOCKOUT].wait(name, client_address(request), now).total_seconds()


async def verified(request: web.Request, account: Account | None, name: str, password: str) -> bool:
    """Tell whether the password is the account's, counting the tries that fail."""
    lockout, address = request.app[LOCKOUT], client_address(request)
    lockout.begin(name, address, request.app[CLOCK]())
    usable = account if account and account.revoked_at is None else None
    stored = usable.password_hash if usable else None
    async with request.app[VERIFYING]:
        right = await asyncio.to_thread(request.app[PASSWORDS].verify, stored, password)
    if right:
        lockout.succeed(name, address)
    return right


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
    response.set_cookie(
        SESSION_COOKIE,
        await open_session(store, account=account, now=request.app[CLOCK]()),
        path="/",
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.app[OPTIONS].secure_cookies,
    )


async def sign_out(request: web.Request) -> web.Response:
    """End the session and forget the faces that the browser has kept."""
    await close_session(request.app[STORE], token=request[TOKEN])
    response = web.HTTPSeeOther("/sign-in", headers={"Clear-Site-Data": '"cache"'})
    response.del_cookie(SESSION_COOKIE, path="/")
    raise response
