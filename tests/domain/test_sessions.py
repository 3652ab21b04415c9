"""Sessions of the panel: they end, they are renewed, and a copied token gives itself away."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.deeds import Doer
from domain.errors import NotAllowedError, NotFoundError
from domain.ids import hash_secret, new_id
from domain.records import Session
from domain.sessions import (
    GRACE,
    RENEW_AFTER,
    SESSION_LIFE,
    close_session,
    end_copied,
    open_session,
    renew,
    session_account,
    sign_out,
    signed_in,
)
from tests.domain.world import NOON, World

DAY = timedelta(days=1)
LATER = NOON + RENEW_AFTER
DOER = Doer(account=None, via="panel", now=NOON)


async def fresh(world: World, token: str, *, at: timedelta = timedelta(0)) -> str | None:
    """Show a token some time after it is due to be renewed; return what to show instead, if so."""
    found = await signed_in(world.store, token=token, now=LATER + at)
    return await renew(world.store, found.session, token=token, now=LATER + at)


async def renewed(world: World, token: str, *, at: timedelta = timedelta(0)) -> str:
    """Return the token that is given in place of this one."""
    given = await fresh(world, token, at=at)
    assert given
    return given


async def good(world: World, token: str, *, at: timedelta = timedelta(0)) -> bool:
    """Tell whether a token is worth anything so long after it was due to be renewed."""
    try:
        await session_account(world.store, token=token, now=LATER + at)
    except NotAllowedError:
        return False
    return True


async def test_session_lasts_two_weeks_or_until_the_account_is_closed(world: World) -> None:
    """Then nobody is signed in by it; signing out ends it at once."""
    token = await open_session(world.store, account=world.maria, now=NOON)
    found = await session_account(world.store, token=token, now=NOON + SESSION_LIFE - DAY)
    assert found.name == "Maria"
    with pytest.raises(NotAllowedError):
        await session_account(world.store, token=token, now=NOON + SESSION_LIFE)
    await world.store.accounts.save(replace(world.maria, revoked_at=NOON))
    with pytest.raises(NotAllowedError):
        await session_account(world.store, token=token, now=NOON)
    other = await open_session(world.store, account=world.otto, now=NOON)
    await close_session(world.store, token=other)
    with pytest.raises(NotAllowedError):
        await session_account(world.store, token=other, now=NOON)


async def test_a_session_without_a_form_secret_is_over(world: World) -> None:
    """Forms of such a session, from before there was one, could be forged."""
    token = await open_session(world.store, account=world.maria, now=NOON)
    session = await world.store.sessions.by_token(hash_secret(token))
    assert session
    await world.store.sessions.save(replace(session, form_secret=""))
    assert not await good(world, token)


async def test_a_token_is_renewed_when_it_is_due(world: World) -> None:
    """Not before; the session stays the same one, with the same forms."""
    token = await open_session(world.store, account=world.maria, now=NOON)
    assert await fresh(world, token, at=-timedelta(seconds=1)) is None
    after = await renewed(world, token)
    before_now, now = [
        (await signed_in(world.store, token=one, now=LATER)).session for one in (token, after)
    ]
    assert before_now.id == now.id
    assert before_now.form_secret == now.form_secret
    assert await fresh(world, after) is None


async def test_requests_on_their_way_are_let_in(world: World) -> None:
    """The old token counts until the new one has been seen, and a moment after that."""
    token = await open_session(world.store, account=world.maria, now=NOON)
    after = await renewed(world, token)
    assert await good(world, token, at=timedelta(seconds=30))
    assert await good(world, after, at=timedelta(seconds=31))
    assert await good(world, token, at=timedelta(seconds=31) + GRACE - timedelta(seconds=1))
    assert not await good(world, token, at=timedelta(seconds=31) + GRACE)
    assert await good(world, after, at=timedelta(hours=2))


async def test_of_many_requests_at_once_one_gets_the_new_token(world: World) -> None:
    """Tabs that load at the same moment do not take it from one another."""
    token = await open_session(world.store, account=world.maria, now=NOON)
    session = (await signed_in(world.store, token=token, now=LATER)).session
    given = await asyncio.gather(
        *(renew(world.store, session, token=token, now=LATER) for _ in range(8))
    )
    [new] = [one for one in given if one]
    assert await good(world, new)
    assert await good(world, token)


async def test_an_answer_that_was_lost(world: World) -> None:
    """Whoever never got the new token is given another, and is not signed out."""
    token = await open_session(world.store, account=world.maria, now=NOON)
    lost = await renewed(world, token)
    assert await fresh(world, token, at=GRACE / 2) is None
    again = await renewed(world, token, at=DAY)
    assert not await good(world, lost, at=DAY)
    assert await good(world, again, at=DAY)


async def test_a_copied_token_ends_the_session(world: World) -> None:
    """Shown long after it was replaced, it has been copied: both who have it are signed out."""
    token = await open_session(world.store, account=world.maria, now=NOON)
    after = await renewed(world, token)
    assert await good(world, after)
    assert not await end_copied(world.store, token=token, now=LATER + GRACE / 2)
    assert not await end_copied(world.store, token=after, now=LATER + DAY)
    assert not await end_copied(world.store, token="made up", now=LATER + DAY)
    assert await good(world, after, at=DAY)
    assert await end_copied(world.store, token=token, now=LATER + DAY)
    assert not await good(world, after, at=DAY)


async def test_nobody_ends_the_session_of_another(world: World) -> None:
    """It is not there for them; for its owner it is, once."""
    token = await open_session(world.store, account=world.maria, now=NOON)
    [session] = await world.store.sessions.of(world.maria.id, NOON)
    with pytest.raises(NotFoundError):
        await sign_out(world.store, session_id=session.id, account_id=world.otto.id, doer=DOER)
    assert await good(world, token)
    await sign_out(world.store, session_id=session.id, account_id=world.maria.id, doer=DOER)
    assert not await good(world, token)
    with pytest.raises(NotFoundError):
        await sign_out(world.store, session_id=new_id(), account_id=world.maria.id, doer=DOER)
    deeds = await world.store.deeds.of(world.maria.id)
    assert [(deed.verb, deed.detail) for deed in deeds] == [("sign-out", "a browser")]


async def test_when_a_session_was_last_used(world: World) -> None:
    """It is kept to some minutes, so that not every request writes."""
    token = await open_session(world.store, account=world.maria, now=NOON, browser="Firefox")

    async def used(minutes: int) -> Session:
        await session_account(world.store, token=token, now=NOON + timedelta(minutes=minutes))
        [session] = await world.store.sessions.of(world.maria.id, NOON)
        return session

    assert (await used(4)).used_at == NOON
    assert (await used(6)).used_at == NOON + timedelta(minutes=6)
    assert (await used(6)).browser == "Firefox"
    assert await world.store.sessions.latest() == {world.maria.id: NOON + timedelta(minutes=6)}
