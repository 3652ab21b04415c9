"""Asking Telegram for updates. One is acknowledged only when it has been dealt with."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telegram import Bot, Update
from telegram.error import Conflict, TelegramError

from bot.backoff import Backoff
from bot.link import Link, complaint
from bot.options import BotOptions
from bot.troubles import Trouble, diagnose

# A handler that takes longer goes on, but the updates after it are not kept waiting.
PATIENCE_S = 20.0
# A network that fails now and then is not worth a note.
PASSING_TRIES = 2

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
        link: Link,
    ) -> None:
        self._bot = bot
        self._link = link
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
            if isinstance(error, Conflict) and "webhook" in error.message.lower():
                await self._until_done(self._leave_webhook)
            return ()
        self._backoff.reset()
        await self._link.good()
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
        said = complaint(error)
        _log.warning("%s Trying again in %.0f s.", said, pause)
        if isinstance(error, Conflict) or self._backoff.tries > PASSING_TRIES:
            await self._link.bad(said, thrown_out=isinstance(error, Conflict))
        await asyncio.sleep(pause)
