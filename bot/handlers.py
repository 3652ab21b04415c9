"""Which update goes to which handler, and what happens when one of them fails."""

import logging
import traceback
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.commands.subjects import counter
from bot.desk import Desk
from bot.groups import Groups
from bot.naming import Naming
from bot.presses import Presses
from bot.tongue import msg, tongue
from bot.welcome import Welcome

App = Application[Any, Any, Any, Any, Any, Any]

ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
SORRY = msg("That did not work just now. Please try again in a moment.")
_MESSAGE = filters.UpdateType.MESSAGE
_HERE = _MESSAGE & filters.ChatType.PRIVATE

_log = logging.getLogger(__name__)


def add_handlers(app: App, desk: Desk) -> None:
    """Let the application answer commands, presses and replies."""
    welcome, naming = Welcome(desk), Naming(desk)
    app.add_handlers(
        [
            *Groups(desk).handlers(),
            *counter(desk, naming.reply).handlers(),
            CallbackQueryHandler(Presses(desk, naming).press),
            CommandHandler("start", welcome.start, _HERE),
            MessageHandler(_MESSAGE & filters.REPLY & ~filters.COMMAND, naming.reply),
            MessageHandler(_HERE, welcome.other),
        ]
    )
    app.add_error_handler(Failures(desk).report)


@dataclass(frozen=True, slots=True)
class Failures:
    """What happens when a handler fails: the log says where, and the person may try again."""

    desk: Desk

    async def report(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Log where it was, without what it was about: that names people."""
        error = context.error
        frames = "".join(traceback.format_tb(error.__traceback__)) if error else ""
        _log.error("an update could not be handled: %s\n%s", type(error).__name__, frames)
        if not isinstance(update, Update):
            return
        user = update.effective_user
        # Not asked of the database, which may be what failed.
        said = tongue(user.language_code if user else None)(SORRY)
        if update.callback_query:
            await self.desk.talk.toast(update.callback_query, said, alert=True)
        elif update.effective_message:
            await self.desk.talk.say(update.effective_message.chat.id, said)
