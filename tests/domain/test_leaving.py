"""Ends: an account closed, a chat left, an invitation withdrawn."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts import invite, join, lose_chat
from domain.errors import InviteError, NotAllowedError, NotFoundError
from domain.ids import new_id
from domain.leaving import leave, revoke, withdraw_invitation
from domain.records import Account, Card, Role, Site
from domain.sessions import open_session, session_account
from tests.domain.world import NOON, Seen, World

LATER = NOON + timedelta(hours=1)


async def shown(world: World, account: Account) -> tuple[Seen, Card]:
    """Let somebody be seen; return that, and the account's card, which its chat shows."""
    seen = await world.see()
    [card] = [c for c in await world.cards(seen.visit) if c.account_id == account.id]
    done = replace(card, message_id=7, delivered=card.revision, delivered_at=NOON)
    await world.store.outbox.delivered(done)
    return seen, done


async def card_of(world: World, account: Account, seen: Seen) -> Card:
    """Return the account's card of what was seen, as it is now."""
    [card] = [c for c in await world.cards(seen.visit) if c.account_id == account.id]
    return card


async def kept(world: World, account: Account) -> Account:
    """Return an account as it is now."""
    found = await world.store.accounts.get(account.id)
    assert found
    return found


async def invited(world: World, account: Account) -> str:
    """Return the token of a new invitation to an account that is there."""
    made = await invite(
        world.store, name=account.name, role=account.role, site_ids=account.site_ids, now=NOON
    )
    return made.token


async def test_a_closed_account_is_nobodys_any_more(world: World) -> None:
    """Chat, password, sessions and open invitations are gone; who it was stays."""
    await world.store.accounts.save(replace(world.maria, password_hash="secret"))
    session = await open_session(world.store, account=world.maria, now=NOON)
    token = await invited(world, world.maria)
    await revoke(world.store, account_id=world.maria.id, now=LATER)
    assert await kept(world, world.maria) == replace(
        world.maria, revoked_at=LATER, chat_id=None, user_id=None
    )
    with pytest.raises(NotAllowedError):
        await session_account(world.store, token=session, now=LATER)
    assert await world.store.sessions.latest() == {}
    # Somebody invited anew gets the account back, but not by the old ways.
    await invited(world, world.maria)
    with pytest.raises(InviteError):
        await join(world.store, token=token, chat_id=5, user_id=5, now=LATER)
    with pytest.raises(NotAllowedError):
        await session_account(world.store, token=session, now=LATER)
    assert (await kept(world, world.maria)).password_hash is None


async def test_closing_twice_keeps_the_first_time(world: World) -> None:
    """And what is not there cannot be closed."""
    await revoke(world.store, account_id=world.maria.id, now=NOON)
    await revoke(world.store, account_id=world.maria.id, now=LATER)
    assert (await kept(world, world.maria)).revoked_at == NOON
    with pytest.raises(NotFoundError, match="no such account"):
        await revoke(world.store, account_id=new_id(), now=NOON)


@pytest.mark.parametrize("how", ["revoked", "left"])
async def test_cards_are_recalled(world: World, how: str) -> None:
    """Those a chat shows and those that could not be delivered are due again; others' stay."""
    seen, _ = await shown(world, world.maria)
    lost = await world.see()
    stuck = await card_of(world, world.maria, lost)
    await world.store.outbox.delivered(replace(stuck, attempts=6, error="refused"))
    theirs = await card_of(world, world.otto, seen)
    if how == "revoked":
        await revoke(world.store, account_id=world.maria.id, now=LATER)
    else:
        await leave(world.store, account=world.maria, now=LATER)
    for one in (seen, lost):
        card = await card_of(world, world.maria, one)
        assert (card.revision > card.delivered, card.due_at, card.error) == (True, LATER, None)
        assert card.attempts == 0
    assert await card_of(world, world.otto, seen) == theirs


async def test_who_leaves_can_join_again(world: World) -> None:
    """The account stays, without a chat; nothing is dealt to it until a new link is opened."""
    token = await invited(world, world.maria)
    await leave(world.store, account=world.maria, now=NOON)
    gone = await kept(world, world.maria)
    assert gone.unbound
    assert gone.revoked_at is None
    seen = await world.see()
    assert [c.account_id for c in await world.cards(seen.visit)] == [world.otto.id]
    with pytest.raises(InviteError):
        await join(world.store, token=token, chat_id=1, user_id=1, now=NOON)
    token = await invited(world, world.maria)
    await join(world.store, token=token, chat_id=1, user_id=1, now=NOON)
    dealt = {c.account_id for c in await world.cards(seen.visit)}
    assert dealt == {world.maria.id, world.otto.id}


async def test_a_lost_chat_is_not_left(world: World) -> None:
    """Who blocked the bot is still somebody, and finds the cards again when they come back."""
    await lose_chat(world.store, account_id=world.maria.id, chat_id=1, as_of=NOON)
    assert not (await kept(world, world.maria)).unbound


async def test_a_withdrawn_link_is_worthless(world: World) -> None:
    """It is listed while it waits, and no more; the account is as it was."""
    token = await invited(world, world.maria)
    assert [i.account_id for i in await world.store.invites.open(NOON)] == [world.maria.id]
    assert await world.store.invites.open(NOON + timedelta(days=4)) == []
    await withdraw_invitation(world.store, account_id=world.maria.id)
    assert await world.store.invites.open(NOON) == []
    with pytest.raises(InviteError, match="Ask for a new one"):
        await join(world.store, token=token, chat_id=5, user_id=5, now=NOON)
    assert await kept(world, world.maria) == world.maria
    with pytest.raises(NotFoundError):
        await withdraw_invitation(world.store, account_id=new_id())


async def test_the_newest_link_counts(world: World) -> None:
    """Inviting again makes the link before worthless; a used one stays on record."""
    first = await invited(world, world.maria)
    second = await invited(world, world.maria)
    with pytest.raises(InviteError):
        await join(world.store, token=first, chat_id=1, user_id=1, now=NOON)
    await join(world.store, token=second, chat_id=1, user_id=1, now=NOON)
    assert await world.store.invites.open(NOON) == []


async def test_fewer_sites_recall_the_cards_of_the_others(world: World) -> None:
    """Somebody invited again for another site keeps no faces of the one before."""
    seen, before = await shown(world, world.maria)
    annex = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(annex)
    both = [world.site.id, annex.id]
    await invite(world.store, name="Maria", role=Role.MANAGER, site_ids=both, now=LATER)
    assert (await card_of(world, world.maria, seen)).revision == before.revision
    await invite(world.store, name="Maria", role=Role.MANAGER, site_ids=[annex.id], now=LATER)
    recalled = await card_of(world, world.maria, seen)
    assert recalled.revision == before.revision + 1
    assert not (await kept(world, world.maria)).may_see(recalled.site_id)


async def test_another_account_of_the_same_person_takes_the_cards_over(world: World) -> None:
    """They go on in the same chat; what the new account may not see is recalled."""
    seen, card = await shown(world, world.maria)
    made = await invite(world.store, name="Maria Berg", role=Role.ADMIN, site_ids=[], now=NOON)
    new = await join(world.store, token=made.token, chat_id=1, user_id=1, now=LATER)
    taken = await card_of(world, new, seen)
    assert (taken.id, taken.revision) == (card.id, card.revision)
    annex = Site(id=new_id(), name="Annex", created_at=NOON)
    await world.store.sites.add(annex)
    made = await invite(world.store, name="Marie", role=Role.VIEWER, site_ids=[annex.id], now=NOON)
    viewer = await join(world.store, token=made.token, chat_id=1, user_id=1, now=LATER)
    assert (await card_of(world, viewer, seen)).revision == card.revision + 1
