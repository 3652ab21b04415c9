"""One card in a chat: sending it, changing it, and doing without what Telegram refuses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Message
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.buttons import Rows
from bot.cards import Content
from bot.pace import Pace
from bot.photos import Photo
from bot.troubles import Trouble, diagnose

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a message may use; Telegram's refusals make it plainer."""

    known: bool = False
    photo: bool = True
    html: bool = True
    buttons: bool = True

    def without(self, trouble: Trouble) -> "Form":
        """Return the form that avoids a trouble; the same one if it cannot be avoided so.

        A picture that Telegram does not know any more is uploaded, before it is done without.
        """
        if trouble is Trouble.PHOTO:
            return replace(self, known=False) if self.known else replace(self, photo=False)
        return replace(self, html=False) if trouble is Trouble.MARKS else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that is in the chat now, with its picture or without."""

    message_id: int
    photo: bool
    file_id: str | None = None


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
    """Shows cards. Every method raises TelegramError when Telegram does not carry it out.

    Take a turn before you show or change something.
    """

    def __init__(self, bot: Bot, pace: Pace) -> None:
        self._bot = bot
        self._pace = pace

    def take_turn(self, chat_id: int, *, edit: bool) -> bool:
        """Return whether something may be shown now; then it counts as done."""
        return self._pace.take(chat_id, edit=edit)

    async def turn(self, chat_id: int, *, edit: bool) -> None:
        """Wait until something may be shown."""
        await self._pace.turn(chat_id, edit=edit)

    async def show(
        self, place: Place, content: Content, photo: Photo, *, buttons: bool = True
    ) -> Sent:
        """Send a card, with its picture if there is one and Telegram takes it."""

        async def call(form: Form) -> Sent:
            picture = await _picture(photo, form)
            return _sent(await self._send(place, content, picture, form))

        form = Form(known=photo.file_id is not None, buttons=buttons)
        return await _plainer_if_refused(
            call, form, turn=lambda: self.turn(place.chat_id, edit=False)
        )

    async def change(
        self,
        chat_id: int,
        message_id: int,
        content: Content,
        *,
        has_photo: bool,
        photo: Photo | None = None,
    ) -> str | None:
        """Show something else on a card; with `photo` another picture too.

        Returns the file id of that other picture, if it is shown.
        """

        async def call(form: Form) -> str | None:
            picture = await _picture(photo, form) if photo and has_photo else None
            changed = await self._edit(
                chat_id, message_id, content, picture, form, has_photo=has_photo
            )
            return _sent(changed).file_id if picture and isinstance(changed, Message) else None

        known = photo is not None and photo.file_id is not None
        form = Form(known=known, photo=photo is not None)
        return await _plainer_if_refused(call, form, turn=lambda: self.turn(chat_id, edit=True))

    async def remove(self, chat_id: int, message_id: int) -> None:
        """Take a message away."""
        await self._bot.delete_message(chat_id, message_id)

    async def _send(
        self, place: Place, content: Content, picture: bytes | str | None, form: Form
    ) -> Message:
        text, mode = _text(content, form)
        markup = keyboard(content.rows) if form.buttons else None
        if picture is None:
            return await self._bot.send_message(
                place.chat_id,
                text,
                message_thread_id=place.thread_id,
                parse_mode=mode,
                reply_markup=markup,
                disable_notification=content.silent,
                protect_content=True,
            )
        return await self._bot.send_photo(
            place.chat_id,
            picture,
            message_thread_id=place.thread_id,
            caption=text,
            parse_mode=mode,
            reply_markup=markup,
            disable_notification=content.silent,
            protect_content=True,
        )

    async def _edit(
        self,
        chat_id: int,
        message_id: int,
        content: Content,
        picture: bytes | str | None,
        form: Form,
        *,
        has_photo: bool,
    ) -> Message | bool:
        text, mode = _text(content, form)
        markup = keyboard(content.rows)
        if not has_photo:
            return await self._bot.edit_message_text(
                text,
                chat_id=chat_id,
                message_id=message_id,
                parse_mode=mode,
                reply_markup=markup,
            )
        if picture is None:
            return await self._bot.edit_message_caption(
                chat_id=chat_id,
                message_id=message_id,
                caption=text,
                parse_mode=mode,
                reply_markup=markup,
            )
        media = InputMediaPhoto(picture, caption=text, parse_mode=mode)
        return await self._bot.edit_message_media(
            media, chat_id=chat_id, message_id=message_id, reply_markup=markup
        )


async def _picture(photo: Photo, form: Form) -> bytes | str | None:
    """Return the picture to send: its file id, or itself."""
    if not form.photo:
        return None
    return photo.file_id if form.known else await photo.content()


def _sent(message: Message) -> Sent:
    file_id = message.photo[-1].file_id if message.photo else None
    return Sent(message_id=message.message_id, photo=file_id is not None, file_id=file_id)


def _text(content: Content, form: Form) -> tuple[str, str | None]:
    return (content.html, ParseMode.HTML) if form.html else (content.plain, None)


async def _plainer_if_refused(
    call: Callable[[Form], Awaitable[T]], form: Form, *, turn: Callable[[], Awaitable[None]]
) -> T:
    """Make a call, and again without what Telegram refuses; each thing is left out once."""
    while True:
        try:
            return await call(form)
        except BadRequest as error:
            plainer = form.without(diagnose(error).trouble)
            if plainer == form:
                raise
            form = plainer
            await turn()
