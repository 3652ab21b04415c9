"""My own account: who I am, the chat, my password."""

import asyncio
from dataclasses import replace

from aiohttp import web

from admin_web.invitation import Invitation, invitation
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, PASSWORDS, STORE
from admin_web.rendering import page
from admin_web.sign_in import start_session, try_password
from domain.accounts import invite
from domain.errors import InvalidError
from domain.store import Records

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200


async def show_account(request: web.Request) -> web.Response:
    """Show who I am."""
    return await _show(request)


async def _show(
    request: web.Request,
    status: int = 200,
    *,
    made: Invitation | None = None,
    note: str = "",
) -> web.Response:
    account, options = request[ACCOUNT], request.app[OPTIONS]
    sites = await request.app[STORE].sites.all()
    return await page(
        request,
        "account.html",
        status,
        sites=[site for site in sites if account.may_see(site.id)],
        bot=options.bot_username(),
        made=made,
        note=note,
        changed="changed" in request.query,
        shortest=SHORTEST_PASSWORD,
        longest=LONGEST_PASSWORD,
    )


async def make_join_link(request: web.Request) -> web.Response:
    """Show a link that binds a Telegram chat to this account, once."""
    account = request[ACCOUNT]
    if request.app[OPTIONS].bot_username() is None:
        raise InvalidError("There is no chat: this Usher runs without a bot.")
    made = await invite(
        request.app[STORE],
        name=account.name,
        role=account.role,
        site_ids=account.site_ids,
        now=request.app[CLOCK](),
    )
    return await _show(request, made=invitation(request, made))


async def change_password(request: web.Request) -> web.Response:
    """Change the password; the session starts anew."""
    account = request[ACCOUNT]
    form = await request.post()
    old, new = str(form.get("old", "")), str(form.get("new", ""))
    if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
        note = f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
        return await _show(request, 400, note=note)
    if new != str(form.get("again", "")):
        return await _show(request, 400, note="The two new passwords are not the same.")
    tried = await try_password(request, account, account.name, old)
    if tried.wait:
        note = f"Too many tries. Please wait {tried.wait} seconds, then try again."
        return await _show(request, 429, note=note)
    if not tried.right:
        return await _show(request, 400, note="The old password is not right.")
    await _keep_password(request, new)
    response = web.HTTPSeeOther("/account?changed")
    await start_session(request, response, account)
    raise response


async def _keep_password(request: web.Request, password: str) -> None:
    account = request[ACCOUNT]
    hashed = await asyncio.to_thread(request.app[PASSWORDS].hash, password)

    async def work(records: Records) -> None:
        fresh = await records.accounts.get(account.id)
        if fresh:
            await records.accounts.save(replace(fresh, password_hash=hashed))

    await request.app[STORE].transact(work)
