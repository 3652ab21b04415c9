"""Taking a card away from somebody who may not see it any more: no face stays in their chat."""

import io

from PIL import Image
from telegram.error import TelegramError

from bot.cards import Content
from bot.photos import Photo
from bot.screen import Screen
from bot.tongue import Tongue
from bot.troubles import Diagnosis, Trouble, diagnose
from domain.records import Card

_SIDE, _GREY = 160, (208, 208, 208)
# Whatever else Telegram says will not be different the next time.
_PASSING = {Trouble.TOO_FAST, Trouble.UNREACHED, Trouble.UNANSWERED, Trouble.TOKEN}


async def take_away(screen: Screen, card: Card, t: Tongue) -> Diagnosis | None:
    """Delete the messages of a card, and blank what Telegram does not let go, such as an old one.

    Returns None when all is done that can be, else what is in the way for now.
    """
    for message_id in (card.prompt_id, card.message_id):
        if message_id is not None:
            found = await _remove(screen, card, message_id, t)
            if found and found.trouble in _PASSING:
                return found
    return None


async def _remove(screen: Screen, card: Card, message_id: int, t: Tongue) -> Diagnosis | None:
    try:
        await screen.remove(card.chat_id, message_id)
    except TelegramError as error:
        found = diagnose(error)
        if found.trouble is Trouble.REFUSED and message_id == card.message_id:
            return await _blank(screen, card, message_id, t)
        return found
    return None


async def _blank(screen: Screen, card: Card, message_id: int, t: Tongue) -> Diagnosis | None:
    has_photo = card.shown_image is not None
    await screen.turn(card.chat_id, edit=True)
    try:
        await screen.change(
            card.chat_id,
            message_id,
            Content(html=t("This card has been withdrawn.")),
            has_photo=has_photo,
            photo=Photo(_nobody) if has_photo else None,
        )
    except TelegramError as error:
        return diagnose(error)
    return None


async def _nobody() -> bytes:
    """Return a picture that shows nothing."""
    out = io.BytesIO()
    Image.new("RGB", (_SIDE, _SIDE), _GREY).save(out, "JPEG")
    return out.getvalue()
