"""Running one role as a process: logging, signals, and an end that is clean."""

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from rich.console import Console
from rich.logging import RichHandler

from usher.settings import Settings

PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# These log addresses with the bot's token in them, at whatever level.
SECRET = ("httpx", "httpcore", "telegram")
# These say more than anybody wants to read, unless they look for something.
QUIET = ("apscheduler", "aiohttp.access", "pymongo")


def set_up_logging(settings: Settings, console: Console) -> None:
    """Log to standard error: coloured for a person, plain for a log collector."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(PLAIN))
    if console.is_terminal:
        handler = RichHandler(console=console, show_path=False)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in SECRET if settings.log_level == "debug" else SECRET + QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run a role until it ends, or until SIGINT or SIGTERM; then cancel it and let it tidy up."""

    async def main() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            return

    try:
        asyncio.run(main())
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _first(error: BaseException) -> BaseException:
    """Return the error that a group is about: what failed first ended the others."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
