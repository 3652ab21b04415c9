"""Who may see and answer: the accounts, their invitations, and their end. For admins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from admin_web.doing import doer
from admin_web.invitation import Invitation, invitation
from admin_web.options import ACCOUNT, CLOCK, STORE
from admin_web.rendering import page
from domain.accounts import invite
from domain.decisions import NAME_LENGTH, clean_name
from domain.errors import InvalidError, NotFoundError
from domain.ids import parse_id
from domain.leaving import revoke, withdraw_invitation
from domain.records import Account, DeedKind, Id, Purpose, Role, Site
from domain.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An account as the page lists it.

    `invited_until` is when the link sent to them expires, `last` when they were last in the panel
    or wrote to the bot that they are there.
    """

    account: Account
    sites: tuple[Site, ...]
    invited_until: datetime | None
    last: datetime | None


async def show_accounts(request: web.Request) -> web.Response:
    """Show every account."""
    return await _show(request)


async def _show(
    request: web.Request,
    status: int = 200,
    *,
    made: Invitation | None = None,
    note: str = "",
    said: dict[str, Any] | None = None,
) -> web.Response:
    """Show the page; with an invitation just made, or with what was said and is not right."""
    rows = await _rows(request.app[STORE], request.app[CLOCK]())
    return await page(
        request,
        "accounts.html",
        status,
        rows=[row for row in rows if row.account.revoked_at is None],
        closed=[row for row in rows if row.account.revoked_at],
        sites=await request.app[STORE].sites.all(),
        made=made,
        note=note,
        said=said or {"name": "", "role": Role.MANAGER, "sites": []},
        deeds=await request.app[STORE].deeds.latest([DeedKind.ACCOUNT]),
        longest=NAME_LENGTH,
    )


async def _rows(store: Store, now: datetime) -> list[Row]:
    sites = await store.sites.all()
    invites = [one for one in await store.invites.open(now) if one.purpose is Purpose.CHAT]
    waiting = {one.account_id: one.expires_at for one in invites}
    signed_in = await store.sessions.latest()
    return [
        Row(
            account=account,
            sites=tuple(site for site in sites if site.id in account.site_ids),
            invited_until=waiting.get(account.id),
            last=_later(account.chat_since, signed_in.get(account.id)),
        )
        for account in await store.accounts.all()
    ]


def _later(*times: datetime | None) -> datetime | None:
    return max((at for at in times if at), default=None)


async def invite_somebody(request: web.Request) -> web.Response:
    """Make an account and show the link that binds a chat to it, once."""
    form = await request.post()
    name, role = str(form.get("name", "")), str(form.get("role", ""))
    chosen = [str(value) for value in form.getall("site", [])]
    try:
        role_meant, sites = chosen_role(role), await chosen_sites(request.app[STORE], chosen)
        await _refuse_taken(request.app[STORE], name)
        made = await _invite(request, name, role_meant, sites)
    except InvalidError as error:
        said = {"name": name, "role": role, "sites": chosen}
        return await _show(request, 400, note=str(error), said=said)
    return await _show(request, made=made)


def chosen_role(text: str) -> Role:
    """Return the role that a form means; raise InvalidError when it means none."""
    if text not in set(Role):
        raise InvalidError("There is no such role.")
    return Role(text)


async def chosen_sites(store: Store, ids: Sequence[str]) -> list[Id]:
    """Return the sites that a form means; raise InvalidError when one is none."""
    found = await store.sites.some([parse_id(id_) for id_ in ids])
    if len(found) < len(set(ids)):
        raise InvalidError("There is no such site.")
    return list(found)


async def _refuse_taken(store: Store, name: str) -> None:
    """Keep an invitation from changing what somebody may do who is here already."""
    there = await store.accounts.named(clean_name(name))
    if there and there.revoked_at is None:
        raise InvalidError("There is an account of this name already. Send it a new link below.")


async def _invite(request: web.Request, name: str, role: Role, sites: Sequence[Id]) -> Invitation:
    made = await invite(
        request.app[STORE],
        name=name,
        role=role,
        site_ids=[] if role is Role.ADMIN else sites,
        now=request.app[CLOCK](),
        doer=doer(request),
    )
    return invitation(request, made)


async def make_link(request: web.Request) -> web.Response:
    """Show a new link to an account; the one that was sent before works no more."""
    account = await _account(request)
    if account.revoked_at:
        raise InvalidError("This account is closed. Invite the person again.")
    return await _show(
        request, made=await _invite(request, account.name, account.role, account.site_ids)
    )


async def withdraw_link(request: web.Request) -> web.Response:
    """Make the link that was sent to somebody worthless."""
    account = await _account(request)
    await withdraw_invitation(request.app[STORE], account_id=account.id)
    raise web.HTTPSeeOther("/accounts")


async def close_account(request: web.Request) -> web.Response:
    """Close somebody's account; nobody closes their own, so that an admin is left."""
    account = await _account(request)
    if account.id == request[ACCOUNT].id:
        raise InvalidError("Nobody can close their own account. Ask another admin.")
    await revoke(
        request.app[STORE],
        account_id=account.id,
        now=request.app[CLOCK](),
        doer=doer(request),
    )
    raise web.HTTPSeeOther("/accounts")


async def _account(request: web.Request) -> Account:
    account = await request.app[STORE].accounts.get(parse_id(request.match_info["id"]))
    if account is None:
        raise NotFoundError("There is no such account.")
    return account
