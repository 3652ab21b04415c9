"""The bot's process."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import SecretStr

from bot.app import Bot
from bot.options import BotOptions
from domain.ids import new_secret
from domain.policy import DecisionPolicy
from domain.rules import Rules
from storage.store import MongoStore
from usher.looking import LazyEyes
from usher.parts import BOT_NAME, now, open_parts
from usher.rules import keep_current
from usher.settings import Settings

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5


async def run_bot(settings: Settings) -> None:
    """Talk to Telegram until cancelled; without a token say that the bot is off, and end."""
    if settings.bot.token is None:
        log.warning("The bot is off: USHER_BOT__TOKEN is not set. Questions wait in the panel.")
        return
    async with open_parts(settings) as parts:
        made = Bot(
            options=_options(settings, settings.bot.token, parts.rules),
            store=parts.store,
            images=parts.images,
            clock=now,
            eyes=LazyEyes(settings, parts),
        )
        async with _webhooks(settings, made), asyncio.TaskGroup() as group:
            _ = group.create_task(keep_current(parts.rules, parts.store))
            _ = group.create_task(made.run())
            _ = group.create_task(_tell_name(made, parts.store))


def _options(settings: Settings, token: SecretStr, rules: Rules) -> BotOptions:
    base = settings.bot.base_url.rstrip("/")
    return BotOptions(
        token=token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        webhook_url=settings.bot.webhook_url,
        # A new one at each start: Telegram is told it then, and nobody else ever need know.
        webhook_secret=SecretStr(new_secret()) if settings.bot.webhook_url else None,
        timezone=settings.zone,
        decisions=DecisionPolicy(undo=settings.decisions.undo),
        cards_apart=settings.bot.cards_apart,
        quiet=rules.quiet,
    )


async def _tell_name(made: Bot, store: MongoStore) -> None:
    """Tell the other processes what Telegram calls the bot, for invitations."""
    while made.username is None:  # noqa: ASYNC110 - the bot has no event for it, nor need it
        await asyncio.sleep(LOOK_SECONDS)
    await store.values.put(BOT_NAME, made.username)


@asynccontextmanager
async def _webhooks(settings: Settings, made: Bot) -> AsyncIterator[None]:
    """Take the updates that Telegram posts, where that is wished."""
    if settings.bot.webhook_url is None:
        yield
        return
    app = web.Application()
    app.router.add_post(urlsplit(settings.bot.webhook_url).path or "/", made.webhook_handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.http.host, settings.bot.webhook_port).start()
        yield
    finally:
        await runner.cleanup()
