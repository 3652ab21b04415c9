"""My own account: who I am, the chat, my password."""

import asyncio
from dataclasses import replace

from aiohttp import web

from admin_web.doing import doer
from admin_web.invitation import Invitation, invitation
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, PASSWORDS, SESSION, STORE
from admin_web.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, wrong_with
from admin_web.rendering import page
from admin_web.sign_in import client_address, start_session, try_password
from admin_web.verifying import VERIFYING
from domain.accounts import invite
from domain.deeds import note
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.sessions import sign_out, sign_out_everywhere
from domain.store import Records


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
    store, now = request.app[STORE], request.app[CLOCK]()
    sites = await store.sites.all()
    return await page(
        request,
        "account.html",
        status,
        sites=[site for site in sites if account.may_see(site.id)],
        sessions=await store.sessions.of(account.id, now),
        here=request[SESSION].id,
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
    """Change the password; other sessions end, and this one starts anew."""
    account = request[ACCOUNT]
    form = await request.post()
    old, new = str(form.get("old", "")), str(form.get("new", ""))
    if wrong := wrong_with(new, str(form.get("again", ""))):
        return await _show(request, 400, note=wrong)
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
    async with request.app[VERIFYING].turn(client_address(request)):
        hashed = await asyncio.to_thread(request.app[PASSWORDS].hash, password)

    async def work(records: Records) -> None:
        fresh = await records.accounts.get(account.id)
        if fresh:
            await records.accounts.save(replace(fresh, password_hash=hashed))
            await records.sessions.end(account.id)
            await note(records, doer(request), "password", fresh)

    await request.app[STORE].transact(work)


async def end_session(request: web.Request) -> web.Response:
    """Sign me out of another browser, or of this one."""
    session_id = parse_id(request.match_info["id"])
    account_id = request[ACCOUNT].id
    await sign_out(
        request.app[STORE], session_id=session_id, account_id=account_id, doer=doer(request)
    )
    raise web.HTTPSeeOther("/account#sessions")


async def end_other_sessions(request: web.Request) -> web.Response:
    """Sign me out of all other browsers."""
    await sign_out_everywhere(
        request.app[STORE],
        account_id=request[ACCOUNT].id,
        kept=request[SESSION].id,
        doer=doer(request),
    )
    raise web.HTTPSeeOther("/account#sessions")
