"""Pictures that people send: which one is meant, and what is wrong with a face on it."""

from collections.abc import Sequence

from markupsafe import Markup
from telegram import Document, Message

from bot.commands.ask import Ask
from bot.tongue import Tongue, msg
from domain.errors import ImageRefusedError, InvalidError
from domain.looking import Look

# Telegram gives a bot files of up to 20 MB: https://core.telegram.org/bots/api#getfile
MAX_BYTES = 20_000_000
_READABLE = {"image/jpeg", "image/png", "image/webp"}
_REFUSED = {
    "empty": msg("This file is empty."),
    "too_many_pixels": msg("This picture is too large. Please send it as a photo, not as a file."),
    "truncated": msg("This picture is damaged. Please send it again."),
}
_REASONS = {
    "no_face": msg("there is no face on it"),
    "too_small": msg("the face is too small"),
    "blurred": msg("it is blurred"),
    "extreme_pose": msg("the face is turned away"),
    "low_score": msg("the face can hardly be made out"),
    "too_dark": msg("it is too dark"),
    "too_bright": msg("it is too bright"),
    "cut_off": msg("the face is cut off"),
    "several_faces": msg("there are several faces on it"),
    "covered_lower": msg("mouth and nose are covered"),
    "covered_upper": msg("the eyes are covered"),
}


def file_in(message: Message | None) -> str | None:
    """Return what Telegram calls the picture of a message, the largest; None without one.

    Raises InvalidError for a file that is too big, or is no picture that can be read.
    """
    if message is None:
        return None
    if message.photo:
        return message.photo[-1].file_id
    return _document(message.document) if message.document else None


def _document(document: Document) -> str:
    if document.mime_type in {"image/heic", "image/heif", "image/avif"}:
        raise InvalidError("I cannot read HEIC. Please send it as a photo, not as a file.")
    if document.mime_type not in _READABLE:
        raise InvalidError("This is no picture that I can read. Please send it as a photo.")
    if (document.file_size or 0) > MAX_BYTES:
        raise InvalidError("This file is too big. Please send it as a photo.")
    return document.file_id


async def fetched(ask: Ask, file_id: str) -> bytes:
    """Return a picture that somebody sent; raise InvalidError where Telegram does not give it."""
    picture = await ask.desk.talk.fetch(file_id)
    if picture is None:
        raise InvalidError("Telegram did not give me the picture. Please send it again.")
    return picture


async def looked_at(ask: Ask, picture: bytes) -> Look:
    """Look at a picture; raise InvalidError where that cannot be done."""
    if ask.desk.eyes is None:
        raise InvalidError("I cannot look at pictures here.")
    try:
        return await ask.desk.eyes.look(picture)
    except ImageRefusedError as error:
        unreadable = "This is no picture that I can read. Please send it as a photo."
        raise InvalidError(_REFUSED.get(error.kind, unreadable)) from error


def faults(reasons: Sequence[str], t: Tongue) -> Markup:
    """Return what is wrong with a face: "it is blurred, the face is cut off"."""
    return Markup(", ").join(t(_REASONS[reason]) for reason in reasons if reason in _REASONS)
