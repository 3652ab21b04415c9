"""Joining by deep link, and what strangers and groups are told."""

from datetime import timedelta

import pytest

from domain.accounts import invite
from domain.records import Role
from tests.bot.house import OTTO, House, eventually, now

NOBODY = 2999


async def _says_twice(house: House, user: int, text: str) -> bool:
    messages = await house.chat.messages(user)
    return sum(m.from_bot and text in m.text for m in messages) > 1


async def test_a_deep_link_binds_the_chat_and_brings_what_waits(house: House) -> None:
    """The greeting has name, sites and the number of questions; their cards follow."""
    guest = await house.seen()
    token = await house.invitation("Otto")
    await house.chat.user(OTTO, "Otto")
    async with house.bot():
        await house.chat.start(OTTO, token)
        hello = await house.shows(OTTO, "Welcome", photo=False)
        await house.shows(OTTO, guest.person.label)
    assert hello.text == (
        "Welcome, Otto. You are a manager and answer for Main.\n1 question waits."
    )


@pytest.mark.parametrize(
    ("role", "text"),
    [
        (Role.ADMIN, "You are an admin and answer for every site."),
        (Role.VIEWER, "You are a viewer of Main."),
    ],
)
async def test_the_greeting_says_what_one_is(house: House, role: Role, text: str) -> None:
    """Admins and viewers read what they may do."""
    token = await house.invitation("Otto", role)
    await house.chat.user(OTTO, "Otto")
    async with house.bot():
        await house.chat.start(OTTO, token)
        hello = await house.shows(OTTO, "Welcome, Otto.", photo=False)
    assert text in hello.text


async def test_an_invitation_works_once(house: House) -> None:
    """Somebody else with the same link is refused; the first stays bound."""
    token = await house.invitation("Otto")
    await house.chat.user(OTTO, "Otto")
    await house.chat.user(NOBODY, "Eve")
    async with house.bot():
        await house.chat.start(OTTO, token)
        await house.shows(OTTO, "Welcome", photo=False)
        await house.chat.start(NOBODY, token)
        await house.shows(NOBODY, "This invitation is not valid any more.", photo=False)
        await house.chat.start(OTTO, token)
        await eventually(lambda: _says_twice(house, OTTO, "Welcome"))
    assert await house.store.accounts.of_user(NOBODY) is None
    otto = await house.store.accounts.of_user(OTTO)
    assert otto
    assert otto.chat_id == OTTO


@pytest.mark.parametrize("token", ["made-up", "x" * 64])
async def test_an_invitation_that_never_was_is_refused(house: House, token: str) -> None:
    """An unknown token binds nothing."""
    await house.chat.user(NOBODY, "Eve")
    async with house.bot():
        await house.chat.start(NOBODY, token)
        await house.shows(NOBODY, "not valid", photo=False)
    assert await house.store.accounts.of_user(NOBODY) is None


async def test_an_invitation_expires(house: House) -> None:
    """A link whose time is over binds nothing."""
    invited = await invite(
        house.store,
        name="Otto",
        role=Role.MANAGER,
        site_ids=[house.site.id],
        now=now() - timedelta(days=4),
    )
    await house.chat.user(OTTO, "Otto")
    async with house.bot():
        await house.chat.start(OTTO, invited.token)
        await house.shows(OTTO, "not valid", photo=False)
    assert await house.store.accounts.of_user(OTTO) is None


@pytest.mark.parametrize("text", ["/start", "/help", "/status", "hello", "/nonsense"])
async def test_strangers_learn_nothing(house: House, text: str) -> None:
    """Whoever has no account reads one polite sentence, whatever they write."""
    await house.chat.user(NOBODY, "Eve")
    async with house.bot():
        await house.chat.send_text(NOBODY, text)
        await house.shows(NOBODY, "This bot is private.", photo=False)
    assert len([m for m in await house.chat.messages(NOBODY) if m.from_bot]) == 1


async def test_a_stranger_cannot_name_anybody_by_reply(house: House) -> None:
    """A reply from somebody without an account is refused."""
    async with house.bot():
        await house.chat.user(NOBODY, "Eve")
        mine = await house.chat.send_text(NOBODY, "hello")
        await house.chat.send_text(NOBODY, "Anna", reply_to=mine)
        await eventually(lambda: _says_twice(house, NOBODY, "private"))
    assert all("private" in m.text for m in await house.chat.messages(NOBODY) if m.from_bot)


async def test_no_invitation_is_taken_in_a_group(house: House) -> None:
    """A group of strangers is left, and nobody joins there."""
    token = await house.invitation("Otto")
    await house.chat.user(OTTO, "Otto")
    group = await house.chat.group("Family", [OTTO])
    async with house.bot():
        await house.chat.send_text(OTTO, f"/start {token}", chat_id=group.id)
        await house.shows(group.id, "I only work for people I know.", photo=False)
    assert await house.store.accounts.of_user(OTTO) is None
