"""Choosing a password by a one-time link, as whoever has it, signed in or not.

The link is in the query, which no log keeps, and is only used up by the form.
"""

import asyncio

from aiohttp import web

from admin_web.guard import FORM_COOKIE
from admin_web.options import CLOCK, OPTIONS, PASSWORDS, STORE
from admin_web.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, wrong_with
from admin_web.rendering import page
from admin_web.security import csrf_token
from admin_web.sign_in import client_address, keep_form_secret, start_session
from admin_web.verifying import VERIFYING
from domain.ids import new_secret
from domain.password_links import choose_password, linked_account
from domain.records import Account

PATH = "/password"


async def show_password(request: web.Request) -> web.Response:
    """Show the form to whoever has a link that is good."""
    token = request.query.get("token", "")
    return await _form(request, await _account(request, token), token)


async def _form(
    request: web.Request, account: Account, token: str, status: int = 200, *, note: str = ""
) -> web.Response:
    secret = request.cookies.get(FORM_COOKIE) or new_secret()
    response = await page(
        request,
        "password.html",
        status,
        whose=account,
        token=token,
        form_csrf=csrf_token(secret),
        note=note,
        shortest=SHORTEST_PASSWORD,
        longest=LONGEST_PASSWORD,
    )
    keep_form_secret(request, response, secret, path=PATH)
    return response


async def set_password(request: web.Request) -> web.Response:
    """Take the password that somebody chose, use the link up, and sign them in."""
    form = await request.post()
    token, new = str(form.get("token", "")), str(form.get("new", ""))
    account = await _account(request, token)
    if note := wrong_with(new, str(form.get("again", ""))):
        return await _form(request, account, token, 400, note=note)
    async with request.app[VERIFYING].turn(client_address(request)):
        hashed = await asyncio.to_thread(request.app[PASSWORDS].hash, new)
    account = await choose_password(
        request.app[STORE], token=token, hashed=hashed, now=request.app[CLOCK]()
    )
    response = web.HTTPSeeOther("/")
    await start_session(request, response, account)
    response.del_cookie(FORM_COOKIE, path=PATH)
    raise response


async def _account(request: web.Request, token: str) -> Account:
    return await linked_account(request.app[STORE], token=token, now=request.app[CLOCK]())


def password_address(request: web.Request, token: str) -> str:
    """Return the link by which somebody chooses a password."""
    origin = request.app[OPTIONS].public_origin or str(request.url.origin())
    return f"{origin.rstrip('/')}{PATH}?token={token}"
