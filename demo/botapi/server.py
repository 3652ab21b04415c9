"""The server as a whole: `create_app` builds it, `serve` runs it on a port."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from demo.botapi import user_side, watching
from demo.botapi.bot_side import add_bot_routes
from demo.botapi.page import add_page
from demo.botapi.user_requests import refusals
from demo.botapi.watching import INTRO
from demo.botapi.webhook import deliver_updates
from demo.botapi.world import WORLD, World

# An album of ten photos of the allowed size fits.
MAX_REQUEST_BYTES = 110 * 1024 * 1024
SHUTDOWN_S = 1.0


def create_app(
    token: str,
    *,
    username: str = "usher_demo_bot",
    limits: bool = False,
    intro: str = "",
    clock: Callable[[], float] = time.time,
) -> web.Application:
    """Build a Bot API server for the one bot that has `token`.

    With `limits` it refuses what comes faster than Telegram allows. `intro` stands at the top of
    the chat page. `clock` gives seconds since 1970. State is in memory: `app[WORLD]`.
    """
    app = web.Application(middlewares=[refusals], client_max_size=MAX_REQUEST_BYTES)
    app[WORLD] = World(token=token, username=username, limits=limits, clock=clock)
    app[INTRO] = intro
    add_bot_routes(app)
    app.router.add_routes(user_side.routes)
    app.router.add_routes(watching.routes)
    add_page(app)
    app.cleanup_ctx.append(deliver_updates)
    app.on_shutdown.append(_wake_waiters)
    return app


async def _wake_waiters(app: web.Application) -> None:
    app[WORLD].close()


@asynccontextmanager
async def serve(
    app: web.Application, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Run `app` and give its URL, such as `http://127.0.0.1:40123`; port 0 takes a free one.

    A bot uses `URL/bot` as base_url and `URL/file/bot` as base_file_url.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
