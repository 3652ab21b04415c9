"""The bot as a whole: start it with `Bot(...).run()`, stop it by cancelling."""

import asyncio
import hmac
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus

from aiohttp import web
from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ApplicationBuilder

from bot.backoff import Backoff
from bot.delivery import Delivery
from bot.desk import Desk
from bot.errors import BotTokenError, BotWebhookError
from bot.handlers import ALLOWED_UPDATES, App, add_handlers
from bot.link import Link, complaint
from bot.menus import Menus
from bot.options import BotOptions
from bot.outbox import Outbox
from bot.pace import Pace
from bot.polling import Poller
from bot.screen import Screen
from bot.talk import Talk
from bot.webhook import Webhook
from domain.ids import hash_secret
from domain.intake import Images
from domain.link import note_token, token_worked
from domain.looking import Eyes
from domain.store import Store

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
# Telegram's own limit on a secret: https://core.telegram.org/bots/api#setwebhook
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
CONNECTIONS = 32
CONNECT_S, WRITE_S = 5.0, 15.0

_log = logging.getLogger(__name__)


class Bot:
    """Cards out, wishes in. `webhook_handler` serves webhooks if that is wished.

    Without `eyes` it cannot look at pictures that people send.
    """

    def __init__(
        self,
        *,
        options: BotOptions,
        store: Store,
        images: Images,
        clock: Callable[[], datetime],
        eyes: Eyes | None = None,
    ) -> None:
        _check_webhook(options)
        # httpx logs every URL, and the token is part of it.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._options = options
        self._store = store
        self._ready = False
        self._app = _application(options)
        self._menus = Menus(self._app.bot, store)
        self._link = Link(store, alone_s=options.alone_s)
        pace = Pace(options.pacing)
        delivery = Delivery(
            store=store,
            images=images,
            screen=Screen(self._app.bot, pace),
            clock=clock,
            zone=options.timezone,
            decisions=options.decisions,
            cards_apart=options.cards_apart,
            quiet=options.quiet,
        )
        self._outbox = Outbox(
            store=store, delivery=delivery, pace=pace, clock=clock, options=options
        )
        talk = Talk(self._app.bot, pace)
        add_handlers(
            self._app,
            Desk(
                store=store,
                images=images,
                talk=talk,
                clock=clock,
                zone=options.timezone,
                decisions=options.decisions,
                eyes=eyes,
                quiet=options.quiet,
            ),
        )

    async def run(self) -> None:
        """Work until cancelled.

        Raises BotTokenError when Telegram does not know the token at the very first start.
        Everything else that goes wrong is waited out, logged and noted.
        """
        async with self._started(), asyncio.TaskGroup() as group:
            _ = group.create_task(self._outbox.run())
            _ = group.create_task(self._listen())
            _ = group.create_task(self._menus.run())

    @property
    def username(self) -> str | None:
        """The bot's name, for deep links, without the at sign; None until Telegram said it."""
        return str(self._app.bot.username) if self._ready else None

    async def webhook_handler(self, request: web.Request) -> web.Response:
        """Take an update that Telegram posts; one that was not dealt with is posted again."""
        given = request.headers.get(SECRET_HEADER, "")
        if self._options.webhook_url is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        if not hmac.compare_digest(given.encode(), self._secret().encode()):
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        if not self._ready:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
        try:
            update = Update.de_json(await request.json(), self._app.bot)
        except (json.JSONDecodeError, UnicodeDecodeError, TypeError, KeyError, AttributeError):
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        await self._app.process_update(update)
        return web.Response()

    def _secret(self) -> str:
        secret = self._options.webhook_secret
        return secret.get_secret_value() if secret else ""

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[None]:
        try:
            await self._initialize()
            self._ready = True
            yield
        finally:
            self._ready = False
            await self._app.shutdown()
            await self._app.bot.shutdown()

    async def _initialize(self) -> None:
        """Reach Telegram, however long that takes, and see that it knows us.

        A token that it has known before may be known again: that is waited for.
        """
        backoff = Backoff(self._options.first_retry_s, self._options.longest_retry_s)
        while True:
            try:
                await self._app.initialize()
            except TelegramError as error:
                await self._link.bad(complaint(error))
                if isinstance(error, InvalidToken) and not await self._known():
                    # The error's own text has the token in it.
                    raise BotTokenError from None
                pause = backoff.next_s()
                _log.warning("%s Trying again in %.0f s.", complaint(error), pause)
                await asyncio.sleep(pause)
            else:
                await note_token(self._store, self._token_hash())
                _log.info("the bot is @%s", self._app.bot.username)
                return

    async def _known(self) -> bool:
        return await token_worked(self._store, self._token_hash())

    def _token_hash(self) -> str:
        return hash_secret(self._options.token.get_secret_value())

    async def _listen(self) -> None:
        url = self._options.webhook_url
        if url is None:
            await Poller(
                bot=self._app.bot,
                handle=self._app.process_update,
                allowed=ALLOWED_UPDATES,
                options=self._options,
                link=self._link,
            ).run()
        else:
            await Webhook(
                bot=self._app.bot,
                url=url,
                secret=self._secret(),
                allowed=ALLOWED_UPDATES,
                options=self._options,
                link=self._link,
            ).run()


def _application(options: BotOptions) -> App:
    """Build the client. No updater: updates are acknowledged when they have been dealt with."""
    return (
        ApplicationBuilder()
        .token(options.token.get_secret_value())
        .base_url(options.base_url)
        .base_file_url(options.base_file_url)
        .updater(None)
        .job_queue(None)
        .connection_pool_size(CONNECTIONS)
        .connect_timeout(CONNECT_S)
        .read_timeout(options.read_timeout_s)
        .write_timeout(WRITE_S)
        .media_write_timeout(WRITE_S)
        .pool_timeout(CONNECT_S)
        .get_updates_connect_timeout(CONNECT_S)
        .get_updates_read_timeout(options.read_timeout_s)
        .build()
    )


def _check_webhook(options: BotOptions) -> None:
    if options.webhook_url is None:
        return
    secret = options.webhook_secret.get_secret_value() if options.webhook_secret else ""
    if not _SECRET.fullmatch(secret):
        raise BotWebhookError(
            "A webhook needs a secret of 1 to 256 of A-Z a-z 0-9 _ -, so that nobody else can post."
        )
