"""What keeps the bot from starting."""

from typing import ClassVar

from domain.errors import UsherError


class BotTokenError(UsherError):
    """Telegram does not know this token."""

    key: ClassVar[str] = "bot-token"

    def __init__(self) -> None:
        super().__init__("Telegram rejects the bot token. Get a new one from @BotFather.")


class BotWebhookError(UsherError):
    """The webhook settings cannot be used."""

    key: ClassVar[str] = "bot-webhook"
