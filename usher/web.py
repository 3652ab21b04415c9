"""The API and the panel on one port."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta

from aiohttp import web
from rich.console import Console

from admin_web.app import create_app as create_panel
from admin_web.options import PanelOptions
from admin_web.passwords import Argon2Passwords
from api.access import AccessLog
from api.app import add_health
from api.app import create_app as create_api
from api.health import Check
from api.keys import HEALTH
from api.limits import Limits
from domain.accounts import first_admin
from domain.ids import new_secret
from domain.policy import DecisionPolicy
from storage.store import OUTAGES, MongoStore
from usher.forecasting import SiteForecaster
from usher.inspecting import inspect
from usher.looking import LazyEyes
from usher.parts import BOT_NAME, Parts, now, open_parts
from usher.rules import keep_current, variables
from usher.settings import Settings, local_url

log = logging.getLogger(__name__)
access = logging.getLogger("aiohttp.access")
BOT_NAME_SECONDS = 10.0
# Workers say that they are alive every 5 s.
ALIVE = timedelta(seconds=20)
SHUTDOWN_SECONDS = 5.0
# Longer than a camera's pause between two posts, shorter than what proxies keep.
KEEPALIVE_SECONDS = 75.0


async def run_api(settings: Settings, *, console: Console) -> None:
    """Serve the API and the panel until cancelled."""
    async with open_parts(settings) as parts:
        await greet_first_admin(parts.store, console)
        async with serving(settings, parts) as url:
            log.info("Listening on %s", url)
            await asyncio.Event().wait()


async def greet_first_admin(store: MongoStore, console: Console) -> None:
    """Make the first admin if there is no account, and say the password at once: it is not kept."""
    if await store.accounts.all():
        return
    password = new_secret()
    admin = await first_admin(store, passwords=Argon2Passwords(), password=password, now=now())
    if admin:
        console.print(
            f"First sign-in: name [b]{admin.name}[/b], password [b]{password}[/b]. "
            "It is shown this once; change it in the panel.",
            soft_wrap=True,
        )


@asynccontextmanager
async def serving(settings: Settings, parts: Parts) -> AsyncIterator[str]:
    """Serve while the block runs; give the address."""
    runner = web.AppRunner(
        create_app(settings, parts),
        access_log=access,
        access_log_class=AccessLog,
        keepalive_timeout=KEEPALIVE_SECONDS,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.http.host, settings.http.port).start()
        yield local_url(settings.http.host, runner.addresses[0][1])
    finally:
        await runner.cleanup()


def create_app(settings: Settings, parts: Parts) -> web.Application:
    """Return the panel with the API mounted in it."""
    name = _BotName(parts.store)
    public = settings.http.public_url
    secure = settings.public_url.startswith("https://")
    app = create_panel(
        store=parts.store,
        images=parts.images,
        passwords=Argon2Passwords(),
        options=PanelOptions(
            secure_cookies=secure,
            timezone=settings.zone,
            bot_username=lambda: name.value,
            behind_proxy=secure,
            public_origin=public,
            outages=OUTAGES,
            decisions=DecisionPolicy(undo=settings.decisions.undo),
            rules=parts.rules,
            rule_variables=variables(settings),
            forecaster=SiteForecaster(
                store=parts.store, settings=settings.recognition, rules=parts.rules, clock=now
            ),
            alive=ALIVE,
        ),
        clock=now,
        eyes=LazyEyes(settings, parts, threads=_threads()),
    )
    api = create_api(
        store=parts.store,
        images=parts.images,
        inspect=inspect,
        ready={"mongo": _mongo_check(parts.store), "models": _models_check(parts.store)},
        limits=Limits(backlog=settings.worker.backlog),
        clock=now,
        outages=OUTAGES,
    )
    app.add_subapp("/api/v1", api)
    add_health(app, api[HEALTH])
    app.cleanup_ctx.append(_beside(name.keep_current))
    app.cleanup_ctx.append(_beside(lambda: keep_current(parts.rules, parts.store)))
    return app


def _threads() -> int:
    """Return on how many threads the panel's models run: cameras keep a core to be served by."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


def _beside(
    job: Callable[[], Coroutine[None, None, None]],
) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return what keeps a job going while the application runs."""

    async def running(_: web.Application) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(job())
            yield
            task.cancel()

    return running


class _BotName:
    """What the bot is called: its own process learns it, and says so."""

    def __init__(self, store: MongoStore) -> None:
        self._store = store
        self.value: str | None = None

    async def keep_current(self) -> None:
        """Look again every few seconds, until cancelled."""
        while True:
            try:
                self.value = await self._store.values.get(BOT_NAME)
            except OUTAGES:
                log.warning("The database is away; the bot's name is looked up later.")
            await asyncio.sleep(BOT_NAME_SECONDS)


def _mongo_check(store: MongoStore) -> Check:
    async def check() -> str | None:
        await store.ping()
        return None

    return check


def _models_check(store: MongoStore) -> Check:
    async def check() -> str | None:
        workers = await store.workers.alive(now() - ALIVE)
        return None if workers else "no worker is running; start one with `usher worker`"

    return check
