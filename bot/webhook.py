"""Having Telegram post updates, and noticing when it does not any more."""

import asyncio
import logging

from telegram import Bot, WebhookInfo
from telegram.error import TelegramError

from bot.backoff import Backoff
from bot.link import Link, complaint
from bot.options import BotOptions

_log = logging.getLogger(__name__)
TAKEN = (
    "Another program uses the same bot token and has taken its updates away: "
    "stop it, or give this one a bot of its own."
)


class Webhook:
    """Asks for posts until cancelled, through every trouble. What waits at Telegram is kept."""

    def __init__(
        self,
        *,
        bot: Bot,
        url: str,
        secret: str,
        allowed: tuple[str, ...],
        options: BotOptions,
        link: Link,
    ) -> None:
        self._bot = bot
        self._url = url
        self._secret = secret
        self._allowed = allowed
        self._options = options
        self._link = link
        self._seen_error: object = None

    async def run(self) -> None:
        """Set the webhook, and set it again when it is found gone."""
        backoff = Backoff(self._options.first_retry_s, self._options.longest_retry_s)
        asked = False
        while True:
            try:
                asked = await self._look() if asked else await self._ask()
            except TelegramError as error:
                pause = backoff.next_s()
                _log.warning("%s Trying again in %.0f s.", complaint(error), pause)
                await self._link.bad(complaint(error))
                await asyncio.sleep(pause)
            else:
                backoff.reset()
                await asyncio.sleep(self._options.webhook_check_s if asked else 0)

    async def _ask(self) -> bool:
        await self._bot.set_webhook(
            self._url, allowed_updates=self._allowed, secret_token=self._secret
        )
        return True

    async def _look(self) -> bool:
        """Say what is wrong with the webhook; return whether it is still ours."""
        info = await self._bot.get_webhook_info()
        if info.url != self._url:
            _log.warning(TAKEN)
            await self._link.bad(TAKEN, thrown_out=True)
            return False
        if self._fails(info):
            said = f"Telegram cannot post updates here: {info.last_error_message}."
            _log.warning("%s Updates wait: %d.", said, info.pending_update_count)
            await self._link.bad(said)
        else:
            await self._link.good()
        return True

    def _fails(self, info: WebhookInfo) -> bool:
        """Tell whether posts failed since the last look, and some still wait."""
        new = info.last_error_date is not None and info.last_error_date != self._seen_error
        self._seen_error = info.last_error_date
        return new and info.pending_update_count > 0
