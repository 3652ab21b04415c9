"""Which update goes to which handler, and what happens when one of them fails."""

import logging
import traceback
from typing import Any

from telegram import BotCommand
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.desk import Desk
from bot.naming import Naming
from bot.presses import Presses
from bot.welcome import Welcome

App = Application[Any, Any, Any, Any, Any, Any]

ALLOWED_UPDATES = ("message", "callback_query")
COMMANDS = (
    BotCommand("status", "What waits"),
    BotCommand("help", "How to answer"),
)
_HERE = filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE

_log = logging.getLogger(__name__)


def add_handlers(app: App, desk: Desk) -> None:
    """Let the application answer commands, presses and replies."""
    welcome, naming = Welcome(desk), Naming(desk)
    app.add_handlers(
        [
            CallbackQueryHandler(Presses(desk, naming).press),
            CommandHandler("start", welcome.start, _HERE),
            CommandHandler("help", welcome.help, _HERE),
            CommandHandler("status", welcome.status, _HERE),
            MessageHandler(_HERE & filters.REPLY & ~filters.COMMAND, naming.reply),
            MessageHandler(_HERE, welcome.other),
            MessageHandler(filters.UpdateType.MESSAGE & filters.COMMAND, welcome.group),
        ]
    )
    app.add_error_handler(report)


async def report(_: object, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Log where a handler failed, without what it was working on: that names people."""
    error = context.error
    frames = "".join(traceback.format_tb(error.__traceback__)) if error else ""
    _log.error("an update could not be handled: %s\n%s", type(error).__name__, frames)
