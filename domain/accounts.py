"""Accounts: inviting, joining, signing in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from domain.asking import deal_waiting
from domain.decisions import clean_name
from domain.deeds import Doer, note
from domain.errors import InviteError
from domain.ids import hash_secret, new_id, new_secret
from domain.records import Account, Id, Invite, Purpose, Role
from domain.roles import keep_an_admin, keep_to_sites, require_sites
from domain.store import Records, Store

INVITE_LIFE = timedelta(days=3)
# How many open questions somebody who joins is shown at once; the rest wait in the panel.
WELCOME_QUESTIONS = 50


class Passwords(Protocol):
    """How passwords are kept. Both calls take about 50 ms: keep them off the event loop."""

    def hash(self, password: str, /) -> str:
        """Return what to store of a password."""

    def verify(self, stored: str | None, password: str, /) -> bool:
        """Tell whether it is the password, as slowly when there is none stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An account and the secret that binds a chat to it; the secret is shown once."""

    account: Account
    token: str
    expires_at: datetime


async def invite(
    store: Store,
    *,
    name: str,
    role: Role,
    site_ids: Sequence[Id],
    now: datetime,
    life: timedelta = INVITE_LIFE,
    doer: Doer | None = None,
) -> Invited:
    """Make an account, or find the one of this name, and a one-time invitation to it.

    The newest invitation of an account is the only one that counts. With a doer it is noted who
    invited. Raises InvalidError when a manager or viewer has no site, and when the last admin would
    be none any more.
    """
    name = clean_name(name)
    require_sites(role, site_ids)
    token = new_secret()

    async def work(records: Records) -> Invited:
        account = await records.accounts.named(name)
        if account is None:
            account = Account(
                id=new_id(), name=name, role=role, site_ids=tuple(site_ids), created_at=now
            )
            await records.accounts.add(account)
        else:
            if role is not Role.ADMIN:
                await keep_an_admin(records, account)
            account = replace(account, role=role, site_ids=tuple(site_ids), revoked_at=None)
            await records.accounts.save(account)
            await keep_to_sites(records, account, now)
        if doer:
            await note(records, doer, "invite", account)
        await records.invites.withdraw(account.id, Purpose.CHAT)
        await records.invites.add(
            Invite(
                id=new_id(),
                account_id=account.id,
                token_hash=hash_secret(token),
                expires_at=now + life,
            )
        )
        return Invited(account=account, token=token, expires_at=now + life)

    return await store.transact(work)


async def join(
    store: Store,
    *,
    token: str,
    chat_id: int,
    user_id: int,
    now: datetime,
    language: str | None = None,
) -> Account:
    """Bind a private chat to the invited account and deal it the questions that wait.

    `language` is that of the client, taken when the account has none.

    Raises InviteError when the invitation is unknown, used or expired.
    """

    async def work(records: Records) -> Account:
        found = await records.invites.by_token(hash_secret(token))
        if found is None or not usable(found, Purpose.CHAT, now):
            raise InviteError("This invitation is not valid any more. Ask for a new one.")
        account = await records.accounts.get(found.account_id)
        if account is None or account.revoked_at:
            raise InviteError("This invitation is not valid any more. Ask for a new one.")
        await records.invites.save(replace(found, used_at=now))
        account = replace(account, language=account.language or language)
        await _leave_other(records, user_id, account, chat_id, now)
        return await _settle_in(records, account, chat_id=chat_id, user_id=user_id, now=now)

    account = await store.transact(work)
    await take_up_stuck(store, account.id)
    return account


async def come_back(store: Store, *, user_id: int, chat_id: int, now: datetime) -> Account | None:
    """Return the account of a Telegram user; bind their chat again if it had been lost."""

    async def work(records: Records) -> tuple[Account | None, bool]:
        account = await records.accounts.of_user(user_id)
        if account is None or account.revoked_at:
            return None, False
        if account.chat_id == chat_id:
            await records.accounts.save(replace(account, chat_since=now))
            return account, False
        bound = await _settle_in(records, account, chat_id=chat_id, user_id=user_id, now=now)
        return bound, True

    account, rebound = await store.transact(work)
    if account and rebound:
        await take_up_stuck(store, account.id)
    return account


async def take_up_stuck(store: Store, account_id: Id) -> None:
    """Have the cards delivered that were set aside while the account had no chat.

    Called after the chat was bound, and after a card was set aside: whichever of the two comes
    second sees what the first has written.
    """

    async def work(records: Records) -> None:
        account = await records.accounts.get(account_id)
        if account and account.chat_id is not None:
            await _take_up(records, account, account.chat_id)

    await store.transact(work)


async def _take_up(records: Records, account: Account, chat_id: int) -> None:
    for card in await records.outbox.stuck(account.id):
        if card.chat_id == chat_id or card.message_id is None:
            await records.outbox.save(replace(card, chat_id=chat_id, error=None, attempts=0))


async def lose_chat(store: Store, *, account_id: Id, chat_id: int, as_of: datetime) -> None:
    """Note that a chat could not be written to at a time, so that nothing more is dealt to it.

    Somebody who has come back since keeps it.
    """

    async def work(records: Records) -> None:
        account = await records.accounts.get(account_id)
        if account is None or account.chat_id != chat_id:
            return
        if account.chat_since is None or account.chat_since <= as_of:
            await records.accounts.save(replace(account, chat_id=None))

    await store.transact(work)


async def move_chat(store: Store, *, account_id: Id, chat_id: int, new_chat_id: int) -> None:
    """Note that a chat goes on under another id; one bound to something else stays as it is."""

    async def work(records: Records) -> None:
        account = await records.accounts.get(account_id)
        if account and account.chat_id == chat_id:
            await records.accounts.save(replace(account, chat_id=new_chat_id))

    await store.transact(work)


async def _settle_in(
    records: Records, account: Account, *, chat_id: int, user_id: int, now: datetime
) -> Account:
    """Bind the chat, take up what could not be delivered before, and deal what waits."""
    account = replace(account, chat_id=chat_id, chat_since=now, user_id=user_id)
    await records.accounts.save(account)
    await _take_up(records, account, chat_id)
    await deal_waiting(records, account, now, most=WELCOME_QUESTIONS)
    return account


async def _leave_other(
    records: Records, user_id: int, account: Account, chat_id: int, now: datetime
) -> None:
    """One Telegram user answers for one account: the latest, which takes over the cards."""
    other = await records.accounts.of_user(user_id)
    if other and other.id != account.id:
        await records.accounts.save(replace(other, chat_id=None, user_id=None))
        await records.outbox.hand_over(other.id, chat_id, account.id)
        await keep_to_sites(records, account, now)


def usable(invite: Invite, purpose: Purpose, now: datetime) -> bool:
    """Tell whether a one-time link is good for something still."""
    return invite.purpose is purpose and not invite.used_at and invite.expires_at > now


async def first_admin(
    store: Store, *, passwords: Passwords, password: str, now: datetime, name: str = "admin"
) -> Account | None:
    """Make the first admin with this password, unless there are accounts already."""
    hashed = passwords.hash(password)

    async def work(records: Records) -> Account | None:
        if await records.accounts.all():
            return None
        account = Account(
            id=new_id(), name=name, role=Role.ADMIN, created_at=now, password_hash=hashed
        )
        await records.accounts.add(account)
        return account

    return await store.transact(work)
