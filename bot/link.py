"""Whether the bot and Telegram hear one another: said in the log, and noted for other doors."""

import asyncio
import logging

from telegram.error import Conflict, InvalidToken, TelegramError

from bot.troubles import diagnose
from domain.link import note_bot_trouble
from domain.store import Store

_log = logging.getLogger(__name__)


class Link:
    """Remembers what is wrong until it is over.

    Two programs that fetch the same updates throw each other out, or the later one is refused: only
    after `alone_s` without being thrown out is one alone again, and so often it takes away what
    another program has noted that is gone.
    """

    def __init__(self, store: Store, *, alone_s: float) -> None:
        self._store = store
        self._alone_s = alone_s
        self._thrown_out_at = self._cleared_at = float("-inf")

    async def bad(self, sentence: str, *, thrown_out: bool = False) -> None:
        """Note what is wrong."""
        if thrown_out:
            self._thrown_out_at = _now()
        await self._note(sentence)

    async def good(self) -> None:
        """Note that Telegram answers as it should."""
        now = _now()
        if now - max(self._thrown_out_at, self._cleared_at) >= self._alone_s:
            self._cleared_at = now
            await self._note(None)

    async def _note(self, sentence: str | None) -> None:
        try:
            await note_bot_trouble(self._store, sentence)
        except Exception as error:  # noqa: BLE001 - whatever the database's trouble is
            _log.info("not noted: %s", type(error).__name__)
            self._cleared_at = float("-inf")
        else:
            if sentence:
                self._cleared_at = float("-inf")


def complaint(error: TelegramError) -> str:
    """Return what is wrong between us and Telegram, in a sentence without a token."""
    if isinstance(error, Conflict) and "webhook" in error.message.lower():
        return "Updates of this bot are posted to a webhook (409): the bot takes that back."
    if isinstance(error, Conflict):
        return (
            "Another program uses the same bot token and fetches its updates (409): "
            "stop it, or give this one a bot of its own."
        )
    if isinstance(error, InvalidToken):
        return "Telegram rejects the bot token."
    return f"Telegram cannot be reached: {diagnose(error).text or type(error).__name__}."


def _now() -> float:
    return asyncio.get_running_loop().time()
