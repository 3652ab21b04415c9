"""Asking the bot for something, and what it answers."""

from demo.botapi.views import Answer, ChatMessage
from tests.bot.house import MARIA, House


async def ask(
    house: House, text: str, shows: str, *, photo: bool | None = None, user: int = MARIA
) -> ChatMessage:
    """Write a command; wait for the answer that has this text."""
    asked = await house.chat.send_text(user, text)

    def answers(message: ChatMessage) -> bool:
        fits = photo is None or (message.photo is not None) is photo
        # The bot greets whoever started it before it ran.
        newer = message.id > asked.id and not message.text.startswith("Welcome, ")
        return message.from_bot and newer and shows in message.text and fits

    return await house.chat.wait_for(user, answers)


async def press(house: House, message: ChatMessage, text: str, *, user: int = MARIA) -> Answer:
    """Press a button by its text; wait until the bot has answered."""
    return await house.chat.answer(await house.chat.press(user, message, text=text))


def buttons(message: ChatMessage) -> list[list[str]]:
    """Return what stands on the buttons of a message."""
    return [[button.text for button in row] for row in message.buttons]
