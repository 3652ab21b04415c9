"""Accounts: invited once, bound to one chat, shown what waits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.accounts import (
    INVITE_LIFE,
    WELCOME_QUESTIONS,
    come_back,
    first_admin,
    invite,
    join,
    lose_chat,
    move_chat,
)
from domain.errors import InvalidError, InviteError
from domain.records import Role
from storage.store import MongoStore
from tests.domain.world import NOON, World

DAY = timedelta(days=1)


async def test_invitation_binds_a_chat_once(world: World) -> None:
    """The second who opens the link is told to ask for a new one."""
    made = await invite(
        world.store, name="Eva", role=Role.MANAGER, site_ids=[world.site.id], now=NOON
    )
    eva = await join(world.store, token=made.token, chat_id=10, user_id=11, now=NOON)
    assert (eva.id, eva.chat_id, eva.user_id) == (made.account.id, 10, 11)
    with pytest.raises(InviteError):
        await join(world.store, token=made.token, chat_id=20, user_id=21, now=NOON)
    kept = await world.store.accounts.get(eva.id)
    assert kept == eva


@pytest.mark.parametrize("fault", ["unknown", "expired", "revoked"])
async def test_invitation_that_is_no_good_is_refused(world: World, fault: str) -> None:
    """Each in the same words, so that nothing is learned from them."""
    made = await invite(
        world.store, name="Eva", role=Role.MANAGER, site_ids=[world.site.id], now=NOON
    )
    if fault == "revoked":
        await world.store.accounts.save(replace(made.account, revoked_at=NOON))
    token = "guessed" if fault == "unknown" else made.token
    at = NOON + INVITE_LIFE if fault == "expired" else NOON
    with pytest.raises(InviteError, match="Ask for a new one"):
        await join(world.store, token=token, chat_id=10, user_id=11, now=at)


async def test_manager_needs_a_site(world: World) -> None:
    """An admin does not."""
    with pytest.raises(InvalidError):
        await invite(world.store, name="Eva", role=Role.MANAGER, site_ids=[], now=NOON)
    made = await invite(world.store, name="Eva", role=Role.ADMIN, site_ids=[], now=NOON)
    assert made.account.may_answer(world.site.id)


async def test_who_joins_is_dealt_what_waits(world: World) -> None:
    """The latest few questions, each once, oldest first; not those of other sites."""
    seen = []
    for _ in range(WELCOME_QUESTIONS + 2):
        world.now += timedelta(seconds=1)
        seen.append(await world.see())
    made = await invite(
        world.store, name="Eva", role=Role.MANAGER, site_ids=[world.site.id], now=world.now
    )
    eva = await join(world.store, token=made.token, chat_id=10, user_id=11, now=world.now)
    dealt = [[c.account_id for c in await world.cards(s.visit)].count(eva.id) for s in seen]
    assert dealt == [0, 0] + [1] * WELCOME_QUESTIONS


async def test_viewer_is_dealt_nothing(world: World) -> None:
    """They may look, and are not asked."""
    seen = await world.see()
    made = await invite(
        world.store, name="Vera", role=Role.VIEWER, site_ids=[world.site.id], now=NOON
    )
    vera = await join(world.store, token=made.token, chat_id=10, user_id=11, now=NOON)
    assert vera.id not in {c.account_id for c in await world.cards(seen.visit)}


async def test_one_telegram_user_answers_for_one_account(world: World) -> None:
    """Joining with a second invitation leaves the first account without a chat."""
    made = await invite(
        world.store, name="Eva", role=Role.MANAGER, site_ids=[world.site.id], now=NOON
    )
    await join(world.store, token=made.token, chat_id=1, user_id=1, now=NOON)
    maria = await world.store.accounts.get(world.maria.id)
    assert maria
    assert (maria.chat_id, maria.user_id) == (None, None)


async def test_lost_chat_gets_nothing_until_they_come_back(world: World) -> None:
    """Who blocked the bot is dealt no cards; writing to it again brings what waits."""
    await lose_chat(world.store, account_id=world.maria.id, chat_id=1, as_of=NOON)
    seen = await world.see()
    assert [c.account_id for c in await world.cards(seen.visit)] == [world.otto.id]
    back = await come_back(world.store, user_id=1, chat_id=1, now=NOON)
    assert back
    assert back.chat_id == 1
    dealt = {c.account_id for c in await world.cards(seen.visit)}
    assert dealt == {world.maria.id, world.otto.id}
    assert await come_back(world.store, user_id=99, chat_id=99, now=NOON) is None


async def test_late_refusal_does_not_unbind_who_came_back(world: World) -> None:
    """A call refused before somebody said that they are there again counts no more."""
    later = NOON + timedelta(seconds=1)
    await come_back(world.store, user_id=1, chat_id=1, now=later)
    await lose_chat(world.store, account_id=world.maria.id, chat_id=1, as_of=NOON)
    maria = await world.store.accounts.get(world.maria.id)
    assert maria
    assert maria.chat_id == 1


async def test_moved_chat_is_followed(world: World) -> None:
    """Only from the chat that the account has."""
    await move_chat(world.store, account_id=world.maria.id, chat_id=7, new_chat_id=8)
    await move_chat(world.store, account_id=world.otto.id, chat_id=2, new_chat_id=-3)
    chats = {a.name: a.chat_id for a in await world.store.accounts.all()}
    assert chats == {"Maria": 1, "Otto": -3}


class PlainPasswords:
    """Passwords as they are: the real ones take their time, and have tests of their own."""

    def hash(self, password: str, /) -> str:
        """Return it marked."""
        return f"hash of {password}"

    def verify(self, stored: str | None, password: str, /) -> bool:
        """Compare."""
        return stored == self.hash(password)


async def test_first_admin_is_made_once(store: MongoStore) -> None:
    """At the first start alone."""
    made = await first_admin(store, passwords=PlainPasswords(), password="one", now=NOON)
    assert made
    assert (made.role, made.password_hash) == (Role.ADMIN, "hash of one")
    again = await first_admin(store, passwords=PlainPasswords(), password="two", now=NOON)
    assert again is None
    assert await store.accounts.all() == [made]
