"""Where wishes arrive: commands and presses, read, checked and led to their subject."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from telegram import CallbackQuery, Message, Update, User
from telegram.constants import ChatType
from telegram.ext import BaseHandler, CallbackQueryHandler, ContextTypes, MessageHandler, filters

from bot.commands.ask import Ask
from bot.commands.buttons import PATTERN, Do, Tap, read_tap
from bot.commands.errands import Errands
from bot.desk import Desk
from bot.tongue import msg
from domain.errors import InvalidError, UsherError
from domain.records import Account, Group

Handler = BaseHandler[Any, Any, Any]
Command = Callable[[Ask], Awaitable[None]]
# Returns what the press is answered with, if anything is to be said beside what it brings.
Tapped = Callable[[Ask, Tap], Awaitable[Markup | None]]
# What is answered where everybody reads it, about the sites of that group alone.
IN_GROUPS = ("today", "yesterday", "pending", "status")
TAPS_IN_GROUPS = {Do.DAY, Do.PENDING}
NOT_HERE = msg("Please ask in the private chat with this bot.")
Reply = Callable[[Update, ContextTypes.DEFAULT_TYPE], Awaitable[None]]
_WRITTEN = re.compile(r"^/(?P<name>[a-z]+)(@(?P<bot>\w+))?(?=\s|$)\s*(?P<words>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What one file answers: commands by name, and presses by what they ask for."""

    commands: Mapping[str, Command] = field(default_factory=dict)
    taps: Mapping[Do, Tapped] = field(default_factory=dict)


class Counter:
    """Leads wishes to their subjects. Those of people without an account are refused."""

    def __init__(
        self, desk: Desk, subjects: Sequence[Subject], errands: Errands, reply: Reply
    ) -> None:
        self._desk = desk
        self._errands = errands
        self._otherwise = reply
        self._commands = {name: do for one in subjects for name, do in one.commands.items()}
        self._taps = {do: tapped for one in subjects for do, tapped in one.taps.items()}

    def handlers(self) -> list[Handler]:
        """Return what Telegram's updates are given to, before anything that is for the rest."""
        written, shared = _called(self._commands), _called(IN_GROUPS)
        group = filters.UpdateType.MESSAGE & filters.ChatType.GROUPS
        here = filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE
        return [
            CallbackQueryHandler(self.press, PATTERN),
            MessageHandler(
                here & (filters.Regex(written) | filters.CaptionRegex(written)), self.command
            ),
            MessageHandler(group & filters.Regex(shared), self.command),
            MessageHandler(here & (filters.PHOTO | filters.Document.ALL), self.photo),
            MessageHandler(here & filters.REPLY & ~filters.COMMAND, self.reply),
        ]

    async def command(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Answer a command, in the text of a message or under a picture."""
        message = update.effective_message
        found = _WRITTEN.match((message and (message.text or message.caption)) or "")
        if message is None or message.from_user is None or found is None:
            return
        if found["bot"] and found["bot"].casefold() != context.bot.username.casefold():
            return
        try:
            ask = await self._ask(message, message.from_user, found["words"].strip())
            await self._commands[found["name"]](ask)
        except UsherError as error:
            await self._desk.explain(message, message.from_user, error)

    async def reply(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Give a reply to what it is meant for: something begun here, or else a card."""
        await self._given(self._errands.reply, update, context)

    async def photo(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Take a picture for what has been begun; else say who is on it."""
        await self._given(self._errands.photo, update, context)

    async def _given(
        self,
        take: Callable[[Ask], Awaitable[bool]],
        update: Update,
        context: ContextTypes.DEFAULT_TYPE,
    ) -> None:
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        try:
            taken = await take(await self._ask(message, message.from_user, message.text or ""))
        except UsherError as error:
            await self._desk.explain(message, message.from_user, error)
            return
        if not taken:
            await self._otherwise(update, context)

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Answer a press; refuse what is forged, stale or not allowed."""
        query = update.callback_query
        if query is None:
            return
        try:
            said = await self._pressed(query)
        except UsherError as error:
            t = await self._desk.tongue(query.from_user)
            await self._desk.talk.toast(query, self._desk.sentence(error, t), alert=True)
        else:
            await self._desk.talk.toast(query, said or "")

    async def _pressed(self, query: CallbackQuery) -> Markup | None:
        tap = read_tap(query.data or "")
        message = query.message
        if not isinstance(message, Message):
            await self._desk.account(query.from_user.id)
            raise InvalidError("This message is too old. Please ask again.")
        ask = await self._ask(message, query.from_user, "")
        if ask.groups and tap.do not in TAPS_IN_GROUPS:
            raise InvalidError(NOT_HERE)
        return await self._taps[tap.do](ask, tap)

    async def _ask(self, message: Message, user: User, words: str) -> Ask:
        account = await self._desk.account(user.id)
        groups = await self._groups(message, account)
        return Ask(
            desk=self._desk,
            account=account,
            message=message,
            t=await self._desk.tongue(user),
            words=words,
            groups=groups,
        )

    async def _groups(self, message: Message, account: Account) -> tuple[Group, ...]:
        """Return what is asked about in a group chat, or its topic; nothing in a private one.

        Raises InvalidError where that is nothing the account may see.
        """
        if message.chat.type == ChatType.PRIVATE:
            return ()
        topic = message.message_thread_id if message.is_topic_message else None
        bound = await self._desk.store.groups.in_chat(message.chat.id)
        found = tuple(
            group
            for group in bound
            if group.lost_at is None and group.thread_id == topic and account.may_see(group.site_id)
        )
        if not found:
            raise InvalidError(NOT_HERE)
        return found


def _called(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"^/({'|'.join(names)})(@\w+)?(\s|$)")
