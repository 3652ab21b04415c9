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
        self._handling: set[asyncio.Task[None]] = set()
        self._offset: int | None = None

    async def run(self) -> None:
        """Poll until cancelled; then let what is being handled finish, for a moment."""
        await self._until_done(self._leave_webhook)
        async with asyncio.TaskGroup() as handling:
            try:
                while True:
                    updates = await self._fetch()
                    for update in updates:
                        self._handling.add(handling.create_task(self._one(update)))
                        self._offset = update.update_id + 1
                    if updates:
                        await asyncio.wait(self._handling, timeout=PATIENCE_S)
                    self._handling = {task for task in self._handling if not task.done()}
            finally:
                await self._finish()

    async def _finish(self) -> None:
        if self._handling:
            _, unfinished = await asyncio.wait(self._handling, timeout=self._options.grace_s)
            if not unfinished:
                await self._acknowledge()

    async def _acknowledge(self) -> None:
        """Tell Telegram what has been dealt with; else it comes again, and is told so."""
        try:
            async with asyncio.timeout(self._options.grace_s):
                await self._bot.get_updates(offset=self._offset, limit=1, timeout=0)
        except (TelegramError, TimeoutError) as error:
            _log.info("the last updates were not acknowledged: %s", type(error).__name__)

    async def _one(self, update: Update) -> None:
        await self._handle(update)

    async def _leave_webhook(self) -> None:
        await self._bot.delete_webhook()

    async def _fetch(self) -> tuple[Update, ...]:
        try:
            found = await self._bot.get_updates(
                offset=self._offset,
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
