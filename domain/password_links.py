"""One-time links by which somebody chooses the password of their account."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.accounts import usable
from domain.deeds import Doer, note
from domain.errors import InvalidError, InviteError
from domain.ids import hash_secret, new_id, new_secret
from domain.records import Account, Id, Invite, Purpose
from domain.roles import account_there
from domain.store import Records, Store

LINK_LIFE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLink:
    """An account and the secret by which its password is chosen; the secret is shown once."""

    account: Account
    token: str
    expires_at: datetime


async def make_password_link(store: Store, *, account_id: Id, doer: Doer) -> PasswordLink:
    """Make a link, the only one of the account that counts; its password stays until it is used.

    Raises NotFoundError, and InvalidError for a closed account.
    """
    token, expires_at = new_secret(), doer.now + LINK_LIFE

    async def work(records: Records) -> PasswordLink:
        account = await account_there(records, account_id)
        if account.revoked_at:
            raise InvalidError("This account is closed. Invite the person again.")
        await records.invites.withdraw(account.id, Purpose.PASSWORD)
        await records.invites.add(
            Invite(
                id=new_id(),
                account_id=account.id,
                token_hash=hash_secret(token),
                expires_at=expires_at,
                purpose=Purpose.PASSWORD,
            )
        )
        await note(records, doer, "password-link", account)
        return PasswordLink(account=account, token=token, expires_at=expires_at)

    return await store.transact(work)


async def linked_account(records: Records, *, token: str, now: datetime) -> Account:
    """Return whose password a link is for; raise InviteError when it is not good any more."""
    return (await _found(records, token, now))[1]


async def choose_password(store: Store, *, token: str, hashed: str, now: datetime) -> Account:
    """Give an account the password of this hash, by its link; whoever was signed in is not.

    Raises InviteError when the link is not good any more.
    """

    async def work(records: Records) -> Account:
        link, account = await _found(records, token, now)
        changed = replace(account, password_hash=hashed)
        await records.invites.save(replace(link, used_at=now))
        await records.accounts.save(changed)
        await records.sessions.end(account.id)
        doer = Doer(account=account, via="panel", now=now)
        await note(records, doer, "password", account)
        return changed

    return await store.transact(work)


async def _found(records: Records, token: str, now: datetime) -> tuple[Invite, Account]:
    link = await records.invites.by_token(hash_secret(token))
    if link is None or not usable(link, Purpose.PASSWORD, now):
        raise InviteError("This link is not valid any more. Ask an admin for a new one.")
    account = await records.accounts.get(link.account_id)
    if account is None or account.revoked_at:
        raise InviteError("This link is not valid any more. Ask an admin for a new one.")
    return link, account
