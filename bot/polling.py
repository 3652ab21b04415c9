"""Asking Telegram for updates. One is acknowledged only when it has been dealt with."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.backoff import Backoff
from bot.options import BotOptions
from bot.troubles import Trouble, diagnose

# A handler that takes longer goes on, but the updates after it are not kept waiting.
PATIENCE_S = 20.0

_log = logging.getLogger(__name__)


class Poller:
    """Fetches updates until cancelled, through every trouble."""

    def __init__(
        self,
        *,
        bot: Bot,
        handle: Callable[[Update], Awaitable[None]],
        allowed: tuple[str, ...],
        options: BotOptions,
    ) -> None:
        self._bot = bot
        self._handle = handle
        self._allowed = allowed
        self._options = options
        self._backoff = Backoff(options.first_retry_s, options.longest_retry_s)

    async def run(self) -> None:
        """Poll until cancelled."""
        await self._until_done(self._leave_webhook)
        offset: int | None = None
        async with asyncio.TaskGroup() as handling:
            while True:
                updates = await self._fetch(offset)
                tasks = [handling.create_task(self._one(update)) for update in updates]
                if tasks:
                    await asyncio.wait(tasks, timeout=PATIENCE_S)
                    offset = updates[-1].update_id + 1

    async def _one(self, update: Update) -> None:
        await self._handle(update)

    async def _leave_webhook(self) -> None:
        await self._bot.delete_webhook()

    async def _fetch(self, offset: int | None) -> tuple[Update, ...]:
        try:
            found = await self._bot.get_updates(
                offset=offset,
                timeout=self._options.updates_timeout_s,
                allowed_updates=self._allowed,
            )
        except TelegramError as error:
            await self._rest_after(error)
            return ()
        self._backoff.reset()
        return found

    async def _until_done(self, call: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                return await call()
            except TelegramError as error:
                await self._rest_after(error)

    async def _rest_after(self, error: TelegramError) -> None:
        found = diagnose(error)
        pause = self._backoff.next_s()
        if found.trouble is Trouble.TOO_FAST:
            pause = max(pause, found.wait_s)
        _log.warning("%s Trying again in %.0f s.", complaint(error), pause)
        await asyncio.sleep(pause)


def complaint(error: TelegramError) -> str:
    """Return what is wrong between us and Telegram, in a sentence without a token."""
    if isinstance(error, Conflict):
        return (
            "Another program uses the same bot token and fetches its updates (409): "
            "stop it, or give this one a bot of its own."
        )
    if isinstance(error, InvalidToken):
        return "Telegram rejects the bot token."
    return f"Telegram cannot be reached: {diagnose(error).text or type(error).__name__}."
