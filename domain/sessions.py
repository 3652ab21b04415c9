"""Sessions of the panel: opened by a password, renewed while they are used, ended by hand.

A browser shows a token. It is replaced by a new one every few hours of use: the answer to a request
brings it, so the old one still counts until the new one has been seen, and for a moment after that
for requests on their way. A token that comes long after it was replaced has been copied: the
session ends, whoever has which of the two.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.deeds import Doer, note
from domain.errors import NotAllowedError, NotFoundError
from domain.ids import hash_secret, new_id, new_secret
from domain.records import Account, Id, Session
from domain.roles import account_there
from domain.store import Records, Store

SESSION_LIFE = timedelta(days=14)
RENEW_AFTER = timedelta(hours=4)
# For so long requests on their way may still show the token that was replaced.
GRACE = timedelta(minutes=1)
# How exactly it is kept when a session was last used.
USED_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who shows a token, and the session it is of."""

    account: Account
    session: Session


async def open_session(store: Store, *, account: Account, now: datetime, browser: str = "") -> str:
    """Return the secret of a new panel session; only its hash is kept."""
    token = new_secret()
    await store.sessions.add(
        Session(
            id=new_id(),
            account_id=account.id,
            token_hash=hash_secret(token),
            created_at=now,
            expires_at=now + SESSION_LIFE,
            form_secret=new_secret(),
            browser=browser,
            renewed_at=now,
            used_at=now,
        )
    )
    return token


async def signed_in(store: Store, *, token: str, now: datetime) -> SignedIn:
    """Return whose session this is; raise NotAllowedError when it is nobody's any more."""
    shown = hash_secret(token)
    session = await store.sessions.by_token(shown)
    account = await store.accounts.get(session.account_id) if session else None
    if session is None or account is None or account.revoked_at or not _good(session, shown, now):
        raise NotAllowedError("Please sign in.")
    if session.token_hash == shown and session.replaced_hash and not session.replaced_until:
        await store.sessions.end_grace(session, now + GRACE)
    if session.used_at is None or now - session.used_at >= USED_WITHIN:
        await store.sessions.use(session.id, now)
    return SignedIn(account=account, session=session)


def _good(session: Session, shown: str, now: datetime) -> bool:
    """Tell whether a token may be shown still; sessions from before there were forms may not."""
    if session.expires_at <= now or not session.form_secret:
        return False
    return session.token_hash == shown or not _stale(session, now)


def _stale(session: Session, now: datetime) -> bool:
    return session.replaced_until is not None and session.replaced_until <= now


async def session_account(store: Store, *, token: str, now: datetime) -> Account:
    """Return whose session this is; raise NotAllowedError when it is nobody's any more."""
    return (await signed_in(store, token=token, now=now)).account


async def renew(store: Store, session: Session, *, token: str, now: datetime) -> str | None:
    """Return the token to go on with, once one is due; None while the one that was shown is good.

    Of several requests at once, one gets it. Where the browser still shows the one before, the
    answer that brought the last one may be lost: it gets another.
    """
    shown = hash_secret(token)
    newest = shown == session.token_hash
    if not newest and session.replaced_until:
        return None  # a request on its way: the browser has the new one
    if session.renewed_at and now - session.renewed_at < (RENEW_AFTER if newest else GRACE):
        return None
    fresh = new_secret()
    renewed = replace(
        session,
        token_hash=hash_secret(fresh),
        replaced_hash=shown,
        replaced_until=None,
        renewed_at=now,
    )
    return fresh if await store.sessions.swap(session, renewed) else None


async def end_copied(store: Store, *, token: str, now: datetime) -> bool:
    """End the session of a token that was replaced long ago; tell whether there was one."""
    shown = hash_secret(token)
    session = await store.sessions.by_token(shown)
    if session is None or session.token_hash == shown or not _stale(session, now):
        return False
    await store.sessions.remove(session.id)
    return True


async def close_session(store: Store, *, token: str) -> None:
    """End a session; an unknown one has ended already."""
    session = await store.sessions.by_token(hash_secret(token))
    if session:
        await store.sessions.remove(session.id)


async def sign_out(store: Store, *, session_id: Id, account_id: Id, doer: Doer) -> None:
    """End a session of an account; raise NotFoundError when it has no such session."""

    async def work(records: Records) -> None:
        session = await records.sessions.get(session_id)
        account = await records.accounts.get(account_id)
        if session is None or account is None or session.account_id != account_id:
            raise NotFoundError("There is no such session; it may have ended already.")
        await records.sessions.erase([session.id])
        await note(records, doer, "sign-out", account, session.browser or "a browser")

    await store.transact(work)


async def sign_out_everywhere(store: Store, *, account_id: Id, kept: Id, doer: Doer) -> None:
    """End every session of an account, but for one that is kept; raise NotFoundError."""

    async def work(records: Records) -> None:
        account = await account_there(records, account_id)
        await records.sessions.end(account_id, kept=kept)
        await note(records, doer, "sign-out", account, "every other browser")

    await store.transact(work)
