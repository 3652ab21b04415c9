"""One account, for admins: what it may do, its password, where it is signed in, its end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from markupsafe import Markup

from admin_web.accounts import chosen_role, chosen_sites
from admin_web.doing import doer
from admin_web.invitation import code_of
from admin_web.options import ACCOUNT, CLOCK, SESSION, STORE
from admin_web.password import password_address
from admin_web.rendering import page
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.password_links import PasswordLink, make_password_link
from domain.records import Account, Id, Purpose
from domain.roles import account_there, change_role
from domain.sessions import sign_out, sign_out_everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A one-time link by which a password is chosen, with its code as SVG."""

    address: str
    code: Markup
    expires_at: datetime


async def show_one(request: web.Request) -> web.Response:
    """Show one account."""
    return await _show(request)


async def _show(
    request: web.Request,
    status: int = 200,
    *,
    note: str = "",
    said: dict[str, Any] | None = None,
    link: Link | None = None,
) -> web.Response:
    store, now = request.app[STORE], request.app[CLOCK]()
    found = await _account(request)
    waiting = [one for one in await store.invites.open(now) if one.account_id == found.id]
    return await page(
        request,
        "one_account.html",
        status,
        found=found,
        sites=await store.sites.all(),
        sessions=await store.sessions.of(found.id, now),
        here=request[SESSION].id,
        linked_until=next(
            (one.expires_at for one in waiting if one.purpose is Purpose.PASSWORD), None
        ),
        deeds=await store.deeds.of(found.id),
        said=said or {"role": found.role, "sites": found.site_ids},
        note=note,
        link=link,
        changed="changed" in request.query,
    )


async def change_one(request: web.Request) -> web.Response:
    """Change what an account may do, and where."""
    form = await request.post()
    role, sites = str(form.get("role", "")), [str(one) for one in form.getall("site", [])]
    found = await _account(request)
    if found.id == request[ACCOUNT].id:
        raise InvalidError("Nobody changes what they may do themselves. Ask another admin.")
    try:
        await change_role(
            request.app[STORE],
            account_id=found.id,
            role=chosen_role(role),
            site_ids=await chosen_sites(request.app[STORE], sites),
            doer=doer(request),
        )
    except InvalidError as error:
        return await _show(request, 400, note=str(error), said={"role": role, "sites": sites})
    raise web.HTTPSeeOther(f"/accounts/{found.id}?changed")


async def link_password(request: web.Request) -> web.Response:
    """Show a link by which the account's password is chosen, once."""
    made = await make_password_link(request.app[STORE], account_id=_id(request), doer=doer(request))
    return await _show(request, link=_link(request, made))


def _link(request: web.Request, made: PasswordLink) -> Link:
    address = password_address(request, made.token)
    return Link(address=address, code=code_of(address), expires_at=made.expires_at)


async def end_one_session(request: web.Request) -> web.Response:
    """Sign an account out of one browser."""
    session_id = parse_id(request.match_info["session"])
    found = await _account(request)
    await sign_out(
        request.app[STORE], session_id=session_id, account_id=found.id, doer=doer(request)
    )
    raise web.HTTPSeeOther(f"/accounts/{found.id}#sessions")


async def end_all_sessions(request: web.Request) -> web.Response:
    """Sign an account out everywhere, but for the browser that asks for it."""
    found = await _account(request)
    await sign_out_everywhere(
        request.app[STORE], account_id=found.id, kept=request[SESSION].id, doer=doer(request)
    )
    raise web.HTTPSeeOther(f"/accounts/{found.id}#sessions")


async def _account(request: web.Request) -> Account:
    return await account_there(request.app[STORE], _id(request))


def _id(request: web.Request) -> Id:
    return parse_id(request.match_info["id"])
