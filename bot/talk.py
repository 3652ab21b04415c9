"""Saying something short in a chat, beside the cards. Best effort: nothing depends on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from markupsafe import Markup
from telegram import Bot, CallbackQuery, ForceReply, InputMediaPhoto, Message, ReplyParameters
from telegram.constants import ChatAction, ParseMode
from telegram.error import RetryAfter, TelegramError

from bot.buttons import Rows
from bot.pace import Pace
from bot.screen import keyboard
from bot.troubles import Trouble, diagnose
from bot.words import plain, short

T = TypeVar("T")

TRIES = 3
LONGEST_WAIT_S = 30.0
RETRY_S = 0.5
MAX_TOAST = 180

_log = logging.getLogger(__name__)


class Talk:
    """Short messages and answers to presses. What fails is logged and let be.

    Messages wait for their turn, which comes before that of cards.
    """

    def __init__(self, bot: Bot, pace: Pace) -> None:
        self._bot = bot
        self._pace = pace

    async def say(
        self,
        chat_id: int,
        html: Markup,
        *,
        rows: Rows = (),
        reply_to: int | None = None,
        placeholder: str | None = None,
        thread_id: int | None = None,
    ) -> int | None:
        """Send a message and return its id; a `placeholder` asks for a reply.

        A reply stands in the topic of what it replies to.
        """
        markup = ForceReply(input_field_placeholder=placeholder) if placeholder else keyboard(rows)
        message = await self._said(
            chat_id,
            lambda: self._bot.send_message(
                chat_id,
                html,
                message_thread_id=thread_id,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
                reply_parameters=_reply(reply_to),
                disable_notification=True,
                protect_content=True,
            ),
        )
        return message.message_id if message else None

    async def picture(
        self,
        chat_id: int,
        picture: bytes,
        html: Markup,
        *,
        rows: Rows,
        reply_to: int | None = None,
    ) -> int | None:
        """Send a picture with buttons and return the message's id."""
        message = await self._said(
            chat_id,
            lambda: self._bot.send_photo(
                chat_id,
                picture,
                caption=html,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(rows),
                reply_parameters=_reply(reply_to),
                disable_notification=True,
                protect_content=True,
            ),
        )
        return message.message_id if message else None

    async def change(self, message: Message, html: Markup, *, rows: Rows = ()) -> None:
        """Say something else in a message of ours; its picture stays."""
        edit = message.edit_caption if message.photo else message.edit_text
        await self._said(
            message.chat.id,
            lambda: edit(html, parse_mode=ParseMode.HTML, reply_markup=keyboard(rows)),
            edit=True,
        )

    async def album(
        self,
        chat_id: int,
        pictures: Sequence[bytes],
        html: Markup,
        *,
        reply_to: int | None = None,
    ) -> None:
        """Send several pictures in one message, at most ten, with one caption."""
        if len(pictures) == 1:
            await self.picture(chat_id, pictures[0], html, rows=(), reply_to=reply_to)
            return
        await self._said(
            chat_id,
            lambda: self._bot.send_media_group(
                chat_id,
                [InputMediaPhoto(picture) for picture in pictures],
                caption=html,
                parse_mode=ParseMode.HTML,
                reply_parameters=_reply(reply_to),
                disable_notification=True,
                protect_content=True,
            ),
            count=len(pictures),
        )

    async def busy(self, chat_id: int) -> None:
        """Show for a few seconds that an answer is being thought of."""
        await _tried(lambda: self._bot.send_chat_action(chat_id, ChatAction.TYPING))

    async def fetch(self, file_id: str) -> bytes | None:
        """Return what somebody sent, or None where Telegram does not give it."""

        async def download() -> bytes:
            file = await self._bot.get_file(file_id)
            return bytes(await file.download_as_bytearray())

        return await _tried(download)

    async def toast(
        self, query: CallbackQuery, html: Markup | str = "", *, alert: bool = False
    ) -> None:
        """Answer a press; what is said there has no marks."""
        text = short(plain(html), MAX_TOAST)
        await _tried(lambda: query.answer(text, show_alert=alert))

    async def tidy(self, chat_id: int, message_id: int) -> None:
        """Take a message of ours away that has served."""
        await _tried(lambda: self._bot.delete_message(chat_id, message_id))

    async def leave(self, chat_id: int) -> None:
        """Go out of a group."""
        await _tried(lambda: self._bot.leave_chat(chat_id))

    async def _said(
        self, chat_id: int, call: Callable[[], Awaitable[T]], *, edit: bool = False, count: int = 1
    ) -> T | None:
        """Say something at the pace of its chat; if Telegram finds it too fast, all wait."""

        async def in_turn() -> T:
            await self._pace.answer(chat_id, edit=edit, count=count)
            try:
                return await call()
            except RetryAfter as error:
                now = asyncio.get_running_loop().time()
                self._pace.pause(chat_id, now, diagnose(error).wait_s)
                raise

        return await _tried(in_turn)


async def _tried(call: Callable[[], Awaitable[T]]) -> T | None:
    for last in [False] * (TRIES - 1) + [True]:
        try:
            return await call()
        except TelegramError as error:
            found = diagnose(error)
            wait = _wait_s(found.trouble, found.wait_s)
            if last or wait is None:
                _log.info("not said: %s", found.trouble.name)
                return None
            await asyncio.sleep(wait)
    return None


def _reply(message_id: int | None) -> ReplyParameters | None:
    """Reply to a message, if there is one still."""
    return ReplyParameters(message_id, allow_sending_without_reply=True) if message_id else None


def _wait_s(trouble: Trouble, told_s: float) -> float | None:
    """Return how long to wait before another try; None when there is no point."""
    if trouble is Trouble.TOO_FAST:
        return told_s if told_s <= LONGEST_WAIT_S else None
    return RETRY_S if trouble in {Trouble.UNREACHED, Trouble.UNANSWERED} else None
