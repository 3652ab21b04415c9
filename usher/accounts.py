"""Accounts, as the command line makes and closes them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from admin_web.passwords import Argon2Passwords
from domain import leaving
from domain.accounts import invite
from domain.errors import NotFoundError
from domain.ids import new_secret
from domain.records import Account, Purpose, Role
from domain.store import Store
from usher.parts import BOT_NAME, now, operator


async def make_invite(
    store: Store, name: str, role: Role, site_names: Sequence[str]
) -> dict[str, Any]:
    """Invite somebody; return the link, or the word to say to the bot while it has no name."""
    sites = [await store.sites.named(site) for site in site_names]
    for site_name, site in zip(site_names, sites, strict=True):
        if site is None:
            raise NotFoundError(f"There is no site called {site_name}.")
    made = await invite(
        store,
        name=name,
        role=role,
        site_ids=[site.id for site in sites if site],
        now=now(),
        doer=operator(),
    )
    bot = await store.values.get(BOT_NAME)
    return {
        "account_id": made.account.id,
        "link": f"https://t.me/{bot}?start={made.token}" if bot else None,
        "start": f"/start {made.token}",
        "expires_at": made.expires_at.isoformat(),
    }


async def listing(store: Store) -> list[dict[str, Any]]:
    """Return the accounts, without anything secret."""
    sites = {site.id: site.name for site in await store.sites.all()}
    return [
        {
            "account_id": account.id,
            "name": account.name,
            "role": account.role,
            "sites": [sites.get(id_) for id_ in account.site_ids],
            "chat": account.chat_id is not None,
            "revoked": account.revoked_at is not None,
        }
        for account in await store.accounts.all()
    ]


async def open_invites(store: Store) -> list[dict[str, Any]]:
    """Return the invitations that wait for their person."""
    waiting = [one for one in await store.invites.open(now()) if one.purpose is Purpose.CHAT]
    accounts = await store.accounts.some([one.account_id for one in waiting])
    return [
        {
            "account_id": one.account_id,
            "name": accounts[one.account_id].name,
            "role": accounts[one.account_id].role,
            "expires_at": one.expires_at.isoformat(),
        }
        for one in waiting
    ]


async def withdraw(store: Store, name: str) -> None:
    """Make the links sent to somebody worthless."""
    account = await _named(store, name)
    await leaving.withdraw_invitation(store, account_id=account.id)


async def new_password(store: Store, name: str) -> str:
    """Give an account a random password and return it, shown this once."""
    account, password = await _named(store, name), new_secret()
    hashed = await asyncio.to_thread(Argon2Passwords().hash, password)
    await store.accounts.save(replace(account, password_hash=hashed))
    return password


async def revoke(store: Store, name: str) -> None:
    """Close an account, and have its cards taken out of its chat."""
    account = await _named(store, name)
    await leaving.revoke(store, account_id=account.id, now=now(), doer=operator())


async def _named(store: Store, name: str) -> Account:
    account = await store.accounts.named(name)
    if account is None:
        raise NotFoundError(f"There is no account called {name}.")
    return account
