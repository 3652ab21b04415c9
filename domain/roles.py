"""What accounts may do, and where: changed by admins, of whom one is always left."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.asking import deal_waiting
from domain.deeds import Doer, note
from domain.errors import InvalidError, NotFoundError
from domain.ids import new_id
from domain.records import Account, Id, Role
from domain.store import Records, Store

# How many open questions of a site somebody who begins to answer for it is shown at once.
MOST_DEALT = 50
# Written by whoever takes an admin away, so that two who do so at once get in each other's way.
ADMINS = "admins"


def require_sites(role: Role, site_ids: Sequence[Id]) -> None:
    """Raise InvalidError when a manager or viewer has no site."""
    if role is not Role.ADMIN and not site_ids:
        raise InvalidError("A manager or viewer needs at least one site.")


async def change_role(
    store: Store, *, account_id: Id, role: Role, site_ids: Sequence[Id], doer: Doer
) -> Account:
    """Change what an account may do and where; the cards in its chat follow.

    Raises NotFoundError, and InvalidError for a closed account, for the last admin, and for a
    manager or viewer without a site.
    """
    require_sites(role, site_ids)
    sites = () if role is Role.ADMIN else tuple(site_ids)

    async def work(records: Records) -> Account:
        account = await account_there(records, account_id)
        if account.revoked_at:
            raise InvalidError("This account is closed. Invite the person again.")
        if (account.role, set(account.site_ids)) == (role, set(sites)):
            return account
        if role is not Role.ADMIN:
            await keep_an_admin(records, account)
        changed = replace(account, role=role, site_ids=sites)
        await records.accounts.save(changed)
        await note(records, doer, "role", account, await _told(records, changed))
        await keep_to_sites(records, changed, doer.now)
        if changed.chat_id is not None:
            await deal_waiting(records, changed, doer.now, most=MOST_DEALT)
        return changed

    return await store.transact(work)


async def _told(records: Records, account: Account) -> str:
    """Return "manager of Annex, Main" for the journal."""
    sites = await records.sites.some(account.site_ids)
    names = ", ".join(sorted(site.name for site in sites.values()))
    return f"{account.role} of {names}" if names else str(account.role)


async def keep_an_admin(records: Records, account: Account) -> None:
    """Raise InvalidError when nobody but this account is an admin."""
    if account.role is not Role.ADMIN or account.revoked_at:
        return
    others = [one for one in await records.accounts.all() if one.id != account.id]
    if not any(one.role is Role.ADMIN and one.revoked_at is None for one in others):
        raise InvalidError("This is the only admin. Make somebody else an admin first.")
    await records.values.put(ADMINS, new_id())


async def keep_to_sites(records: Records, account: Account, now: datetime) -> None:
    """Recall the cards of sites that an account does not see, or not any more."""
    if account.role is not Role.ADMIN:
        await records.outbox.recall(account.id, now, kept=account.site_ids)


async def account_there(records: Records, account_id: Id) -> Account:
    """Return an account; raise NotFoundError when there is none."""
    account = await records.accounts.get(account_id)
    if account is None:
        raise NotFoundError("There is no such account.")
    return account
