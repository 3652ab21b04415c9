"""One card in a chat: sending it, changing it, and doing without what Telegram refuses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.buttons import Rows
from bot.cards import Content
from bot.troubles import Trouble, diagnose

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a message may use; Telegram's refusals make it plainer."""

    photo: bool = True
    html: bool = True
    buttons: bool = True

    def without(self, trouble: Trouble) -> "Form":
        """Return the form that avoids a trouble; the same one if it cannot be avoided so."""
        if trouble is Trouble.PHOTO:
            return replace(self, photo=False)
        return replace(self, html=False) if trouble is Trouble.MARKS else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that is in the chat now, with its picture or without."""

    message_id: int
    photo: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, or one topic of it."""

    chat_id: int
    thread_id: int | None = None


def keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    """Return Telegram's form of the buttons; None removes those that are there."""
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.text, callback_data=b.press.data) for b in row] for row in rows]
    )


class Screen:
    """Shows cards. Every method raises TelegramError when Telegram does not carry it out."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def show(
        self, place: Place, content: Content, picture: bytes | None, *, buttons: bool = True
    ) -> Sent:
        """Send a card, with its picture if there is one and Telegram takes it."""

        async def call(form: Form) -> Sent:
            return await self._send(place, content, picture, form)

        return await _plainer_if_refused(call, Form(photo=picture is not None, buttons=buttons))

    async def change(
        self,
        chat_id: int,
        message_id: int,
        content: Content,
        *,
        has_photo: bool,
        picture: bytes | None = None,
    ) -> None:
        """Show something else on a card; with `picture` another picture too."""

        async def call(form: Form) -> None:
            await self._edit(chat_id, message_id, content, picture, form, has_photo=has_photo)

        await _plainer_if_refused(call, Form(photo=picture is not None and has_photo))

    async def remove(self, chat_id: int, message_id: int) -> None:
        """Take a message away."""
        await self._bot.delete_message(chat_id, message_id)

    async def _send(
        self, place: Place, content: Content, picture: bytes | None, form: Form
    ) -> Sent:
        text, mode = _text(content, form)
        markup = keyboard(content.rows) if form.buttons else None
        if picture is None or not form.photo:
            message = await self._bot.send_message(
                place.chat_id,
                text,
                message_thread_id=place.thread_id,
                parse_mode=mode,
                reply_markup=markup,
                disable_notification=content.silent,
                protect_content=True,
            )
            return Sent(message_id=message.message_id, photo=False)
        message = await self._bot.send_photo(
            place.chat_id,
            picture,
            message_thread_id=place.thread_id,
            caption=text,
            parse_mode=mode,
            reply_markup=markup,
            disable_notification=content.silent,
            protect_content=True,
        )
        return Sent(message_id=message.message_id, photo=True)

    async def _edit(
        self,
        chat_id: int,
        message_id: int,
        content: Content,
        picture: bytes | None,
        form: Form,
        *,
        has_photo: bool,
    ) -> None:
        text, mode = _text(content, form)
        markup = keyboard(content.rows)
        if not has_photo:
            await self._bot.edit_message_text(
                text,
                chat_id=chat_id,
                message_id=message_id,
                parse_mode=mode,
                reply_markup=markup,
            )
        elif picture is None or not form.photo:
            await self._bot.edit_message_caption(
                chat_id=chat_id,
                message_id=message_id,
                caption=text,
                parse_mode=mode,
                reply_markup=markup,
            )
        else:
            media = InputMediaPhoto(picture, caption=text, parse_mode=mode)
            await self._bot.edit_message_media(
                media, chat_id=chat_id, message_id=message_id, reply_markup=markup
            )


def _text(content: Content, form: Form) -> tuple[str, str | None]:
    return (content.html, ParseMode.HTML) if form.html else (content.plain, None)


async def _plainer_if_refused(call: Callable[[Form], Awaitable[T]], form: Form) -> T:
    """Make a call, and again without what Telegram refuses; each thing is left out once."""
    while True:
        try:
            return await call(form)
        except BadRequest as error:
            plainer = form.without(diagnose(error).trouble)
            if plainer == form:
                raise
            form = plainer
