"""Ends: an account closed, a chat left, an invitation withdrawn.

No face stays in a chat whose person may not see it any more: the cards are recalled, and the
outbox takes them away.
"""

from dataclasses import replace
from datetime import datetime

from domain.deeds import Doer, note
from domain.records import Account, Id, Purpose
from domain.roles import account_there, keep_an_admin
from domain.store import Records, Store


async def revoke(
    store: Store, *, account_id: Id, now: datetime, doer: Doer | None = None
) -> Account:
    """Close an account: no more questions, no sign-in, no invitation, no cards in its chat.

    Whoever is invited again later begins anew, without the old password. With a doer it is noted
    who closed it. Raises NotFoundError, and InvalidError for the last admin.
    """

    async def work(records: Records) -> Account:
        account = await account_there(records, account_id)
        await keep_an_admin(records, account)
        closed = replace(
            account,
            revoked_at=account.revoked_at or now,
            chat_id=None,
            user_id=None,
            password_hash=None,
        )
        await records.accounts.save(closed)
        if doer and not account.revoked_at:
            await note(records, doer, "close", account)
        await records.sessions.end(account_id)
        await records.invites.withdraw(account_id)
        await records.outbox.recall(account_id, now)
        return closed

    return await store.transact(work)


async def leave(store: Store, *, account: Account, now: datetime) -> None:
    """Unbind an account's own chat and recall its cards; a new invitation binds one again."""

    async def work(records: Records) -> None:
        fresh = await account_there(records, account.id)
        await records.accounts.save(replace(fresh, chat_id=None, user_id=None))
        await records.invites.withdraw(account.id, Purpose.CHAT)
        await records.outbox.recall(account.id, now)

    await store.transact(work)


async def withdraw_invitation(store: Store, *, account_id: Id) -> None:
    """Make the links that were sent to somebody worthless. Raises NotFoundError."""

    async def work(records: Records) -> None:
        await account_there(records, account_id)
        await records.invites.withdraw(account_id)

    await store.transact(work)
