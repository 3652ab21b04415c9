"""Updates: long polling, offsets, conflicts, webhooks, commands and presses."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
)
from telegram.error import BadRequest, Conflict, InvalidToken

from demo.botapi.client import ChatClient, ChatError
from demo.botapi.server import create_app, serve
from tests.demo.clients import ANNA, TOKEN, make_bot, poll_begun

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Name", callback_data="v1:name:1")]])


async def test_a_poll_waits_and_wakes_at_once(bot: Bot, chat: ChatClient) -> None:
    """An empty poll lasts its timeout; one that waits returns with the message."""
    (first,) = await bot.get_updates()
    begun = time.monotonic()
    assert await bot.get_updates(offset=first.update_id + 1, timeout=1) == ()
    assert time.monotonic() - begun >= 0.9
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(bot.get_updates(offset=first.update_id + 1, timeout=20))
        await poll_begun(chat)
        await chat.send_text(ANNA, "hello")
    (update,) = poll.result()
    assert update.message is not None
    assert update.message.text == "hello"


async def test_updates_stay_until_an_offset_passes_them(bot: Bot, chat: ChatClient) -> None:
    """Asking again gives the same; an offset confirms; a negative one keeps the newest."""
    await chat.send_text(ANNA, "one")
    await chat.send_text(ANNA, "two")
    ids = [update.update_id for update in await bot.get_updates()]
    assert ids == [update.update_id for update in await bot.get_updates()]
    assert ids == sorted(set(ids))
    assert [u.update_id for u in await bot.get_updates(offset=ids[1])] == ids[1:]
    assert [u.update_id for u in await bot.get_updates(offset=-1)] == ids[2:]
    assert [u.update_id for u in await bot.get_updates()] == ids[2:]


async def test_of_two_pollers_one_gets_a_conflict(url: str, bot: Bot, chat: ChatClient) -> None:
    """The newer poll ends the one that waits."""
    (first,) = await bot.get_updates()
    async with make_bot(url) as other:
        older = asyncio.ensure_future(bot.get_updates(offset=first.update_id + 1, timeout=20))
        await poll_begun(chat)
        newer = asyncio.ensure_future(other.get_updates(offset=first.update_id + 1, timeout=20))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await older
        await chat.send_text(ANNA, "hello")
        assert len(await newer) == 1


async def test_kinds_that_are_not_wanted_are_not_queued(bot: Bot, chat: ChatClient) -> None:
    """allowed_updates holds from then on."""
    (first,) = await bot.get_updates(allowed_updates=["callback_query"])
    await chat.send_text(ANNA, "hello")
    assert await bot.get_updates(offset=first.update_id + 1) == ()


async def test_a_press_comes_and_is_answered_once(bot: Bot, chat: ChatClient) -> None:
    """The bot gets data and message; people see its answer; a second answer is too late."""
    (first,) = await bot.get_updates()
    await bot.send_message(ANNA, "Who?", reply_markup=KEYS)
    card = (await chat.messages(ANNA))[-1]
    press = await chat.press(ANNA, card, text="Name")
    (update,) = await bot.get_updates(offset=first.update_id + 1)
    query = update.callback_query
    assert query is not None
    assert query.message is not None
    assert (query.data, query.from_user.id, query.message.message_id) == ("v1:name:1", ANNA, 2)
    assert await query.answer("Saved", show_alert=True)
    answer = await chat.answer(press)
    assert (answer.text, answer.show_alert) == ("Saved", True)
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await query.answer()


async def test_an_answer_can_be_too_late_or_too_long(chat: ChatClient) -> None:
    """The clock is passed in: a press from long ago takes no answer."""
    now = [1_000_000.0]
    app = create_app(TOKEN, clock=lambda: now[0])
    async with serve(app) as url, ChatClient(url) as people, make_bot(url) as bot:
        await people.user(ANNA, "Anna")
        await people.start(ANNA)
        await bot.send_message(ANNA, "Who?", reply_markup=KEYS)
        press = await people.press(ANNA, (await people.messages(ANNA))[-1], data="v1:name:1")
        with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
            await bot.answer_callback_query(press.id, "x" * 201)
        now[0] += 61
        with pytest.raises(BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query(press.id)
        with pytest.raises(BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query("12345")


async def test_only_buttons_that_are_shown_can_be_pressed(bot: Bot, chat: ChatClient) -> None:
    """After an edit the old button is gone for people too."""
    sent = await bot.send_message(ANNA, "Who?", reply_markup=KEYS)
    card = (await chat.messages(ANNA))[-1]
    with pytest.raises(ChatError, match="no such button"):
        await chat.press(ANNA, card, text="Block")
    await sent.edit_text("Anna")
    with pytest.raises(ChatError, match="no such button"):
        await chat.press(ANNA, card, text="Name")


async def test_an_old_message_is_inaccessible(bot: Bot, chat: ChatClient) -> None:
    """Its date is 0, and the client says that it cannot be read."""
    (first,) = await bot.get_updates()
    await bot.send_message(ANNA, "Who?", reply_markup=KEYS)
    await chat.press(ANNA, (await chat.messages(ANNA))[-1], text="Name", old=True)
    (update,) = await bot.get_updates(offset=first.update_id + 1)
    assert update.callback_query is not None
    assert update.callback_query.message is not None
    assert not update.callback_query.message.is_accessible
    assert update.callback_query.message.message_id == 2


async def test_photos_of_people_reach_the_bot(bot: Bot, chat: ChatClient, portrait: bytes) -> None:
    """A reply with a photo can be downloaded by the bot."""
    (first,) = await bot.get_updates()
    await bot.send_message(ANNA, "Send me one")
    prompt = (await chat.messages(ANNA))[-1]
    await chat.send_photo(ANNA, portrait, text="Tom", reply_to=prompt)
    (update,) = await bot.get_updates(offset=first.update_id + 1)
    message = update.message
    assert message is not None
    assert message.reply_to_message is not None
    assert (message.caption, message.reply_to_message.message_id) == ("Tom", prompt.id)
    assert len(await (await message.photo[-1].get_file()).download_as_bytearray()) > 10_000


async def test_commands_are_kept_by_scope_and_language(bot: Bot, chat: ChatClient) -> None:
    """Setting one menu leaves the others alone; deleting one too."""
    scope = BotCommandScopeChat(ANNA)
    await bot.set_my_commands([BotCommand("open", "Open questions")])
    await bot.set_my_commands([BotCommand("offen", "Offene Fragen")], scope, "de")
    assert [c.command for c in await bot.get_my_commands()] == ["open"]
    assert [c.command for c in await bot.get_my_commands(scope, "de")] == ["offen"]
    assert await bot.get_my_commands(scope) == ()
    assert [menu["language"] for menu in await chat.commands()] == ["", "de"]
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    assert len(await bot.get_my_commands(scope, "de")) == 1
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([BotCommand("Open It", "x")])


async def test_wrong_token_and_unknown_method(url: str, bot: Bot) -> None:
    """A wrong token is a 401, an unknown method a 404, an unknown file a 400."""
    with pytest.raises(InvalidToken):
        async with make_bot(url, "123456:other"):
            pass
    with pytest.raises(Exception, match=r"(?i)endpoint 'sendTelepathy' not found"):
        await bot.do_api_request("sendTelepathy")
    with pytest.raises(BadRequest, match=r"(?i)wrong file_id"):
        await bot.get_file("AgACunknown")


class Hook:
    """A webhook of the bot on a free port: takes updates, or refuses the first few."""

    def __init__(self) -> None:
        self.refuse = 0
        self.taken: asyncio.Queue[tuple[str | None, Any]] = asyncio.Queue()

    async def receive(self, request: web.Request) -> web.Response:
        """Take an update with its secret."""
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        assert request.content_type == "application/json"
        await self.taken.put((secret, await request.json()))
        return web.Response()


@pytest.fixture
async def hook() -> AsyncIterator[tuple[Hook, str]]:
    """Serve a webhook and give it with its address."""
    receiver, app = Hook(), web.Application()
    app.router.add_post("/hook", receiver.receive)
    async with serve(app) as address:
        yield receiver, f"{address}/hook"


async def test_updates_are_posted_with_the_secret_in_order(
    bot: Bot, chat: ChatClient, hook: tuple[Hook, str]
) -> None:
    """A webhook that fails at first gets every update later, once, and polling is refused."""
    receiver, address = hook
    receiver.refuse = 2
    assert await bot.set_webhook(address, secret_token="s3cret_-")
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await chat.send_text(ANNA, "hello")
    async with asyncio.timeout(10):
        posted = [await receiver.taken.get() for _ in range(2)]
    assert [secret for secret, _ in posted] == ["s3cret_-"] * 2
    assert [update["message"]["text"] for _, update in posted] == ["/start", "hello"]
    info = await bot.get_webhook_info()
    assert info.url == address
    assert info.last_error_message is not None
    assert "503" in info.last_error_message
    assert await bot.delete_webhook()
    assert (await bot.get_webhook_info()).url == ""
    await chat.send_text(ANNA, "again")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "again"


async def test_setting_a_webhook_ends_a_poll(
    bot: Bot, chat: ChatClient, hook: tuple[Hook, str]
) -> None:
    """The poll that waits gets a 409; waiting updates can be dropped; a bad secret is refused."""
    (first,) = await bot.get_updates()
    poll = asyncio.ensure_future(bot.get_updates(offset=first.update_id + 1, timeout=20))
    await poll_begun(chat)
    await bot.set_webhook(hook[1])
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(BadRequest, match=r"(?i)unallowed characters"):
        await bot.set_webhook(hook[1], secret_token="ä b")
    await bot.delete_webhook()
    await chat.send_text(ANNA, "hello")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()
