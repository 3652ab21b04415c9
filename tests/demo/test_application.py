"""The client's whole Application: polling, commands, presses, replies, as the product uses it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    AIORateLimiter,
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from demo.botapi.client import ChatClient
from demo.botapi.faults import Fault, FaultKind
from tests.demo.clients import ANNA, TOKEN

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Name", callback_data="v1:name:1")]])
Context = ContextTypes.DEFAULT_TYPE
AnyApplication = Application[Any, Any, Any, Any, Any, Any]


async def _start(update: Update, context: Context) -> None:
    assert update.message is not None
    text = f"Welcome <b>{','.join(context.args or [])}</b>"
    await update.message.reply_html(text, reply_markup=KEYS)


async def _press(update: Update, _: Context) -> None:
    query = update.callback_query
    assert query is not None
    await query.answer("Write the name")
    await query.edit_message_reply_markup(None)
    assert update.effective_chat is not None
    hint = ForceReply(input_field_placeholder="Name")
    await update.effective_chat.send_message("Who is it?", reply_markup=hint)


async def _reply(update: Update, _: Context) -> None:
    assert update.message is not None
    await update.message.reply_text(f"Saved: {update.message.text}")


@asynccontextmanager
async def running(url: str) -> AsyncIterator[AnyApplication]:
    """Run an application that polls the server."""
    app: AnyApplication = (
        Application.builder()
        .token(TOKEN)
        .base_url(f"{url}/bot")
        .base_file_url(f"{url}/file/bot")
        .rate_limiter(AIORateLimiter(max_retries=2))
        .build()
    )
    app.add_handler(CommandHandler("start", _start))
    app.add_handler(CallbackQueryHandler(_press))
    app.add_handler(MessageHandler(filters.REPLY, _reply))
    async with app:
        assert app.updater is not None
        await app.start()
        await app.updater.start_polling(poll_interval=0)
        yield app
        await app.updater.stop()
        await app.stop()


async def test_invited_pressed_named(url: str, chat: ChatClient) -> None:
    """A deep link is greeted, a press answered, a forced reply saved; each seen by the person."""
    async with running(url):
        await chat.start(ANNA, "invite42")
        card = await chat.wait_for(ANNA, lambda m: m.text == "Welcome invite42")
        press = await chat.press(ANNA, card, text="Name")
        assert (await chat.answer(press)).text == "Write the name"
        prompt = await chat.wait_for(ANNA, lambda m: m.force_reply)
        assert prompt.placeholder == "Name"
        await chat.send_text(ANNA, "Tom", reply_to=prompt)
        await chat.wait_for(ANNA, lambda m: m.text == "Saved: Tom")
        after = next(m for m in await chat.messages(ANNA) if m.id == card.id)
        assert after.buttons == ()


async def test_polling_survives_faults(url: str, chat: ChatClient) -> None:
    """Lost polls and a 429 on the answer: the greeting still comes, once."""
    await chat.inject(Fault(FaultKind.RESET, "getUpdates"))
    await chat.inject(Fault(FaultKind.BAD_GATEWAY_HTML, "getUpdates"))
    await chat.inject(Fault(FaultKind.TOO_MANY_REQUESTS, "sendMessage", retry_after_s=1))
    async with running(url):
        await chat.wait_for(ANNA, lambda m: m.text.startswith("Welcome"), timeout=20)
    greetings = [m for m in await chat.messages(ANNA) if m.text.startswith("Welcome")]
    assert len(greetings) == 1
    assert (await chat.state())["pending_updates"] == 0
