"""The menus of commands that Telegram shows: to everybody what is theirs, kept true.

A menu only offers: who may do what is checked where it is done.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.backoff import Backoff
from bot.commands.menus import START, group_offers, menu, offers
from bot.commands.subjects import NAMES
from bot.tongue import tongue
from domain.records import Account, Id, Role
from domain.store import Store

Offered = Sequence[tuple[str, str]]
RETRY_S = (1.0, 60.0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Shown:
    """By what an account's menu was made: another of these is another menu."""

    chat_id: int
    role: Role
    language: str | None


class Menus:
    """Shows every account its menu, and another when its role, chat or language changes."""

    def __init__(self, bot: Bot, store: Store) -> None:
        self._bot = bot
        self._store = store
        self._shown: dict[Id, _Shown] = {}

    async def run(self) -> None:
        """Keep the menus true until cancelled."""
        await self._set(BotCommandScopeDefault(), menu(START, tongue()))
        await self._set(BotCommandScopeAllGroupChats(), menu(group_offers(), tongue()))
        backoff = Backoff(*RETRY_S)
        while True:
            try:
                for account in await self._store.accounts.all():
                    await self._show(account)
                async for event in self._store.follow(["accounts"]):
                    backoff.reset()
                    changed = await self._store.accounts.get(event.record_id)
                    if changed is not None:
                        await self._show(changed)
            except Exception as error:  # noqa: BLE001 - whatever the database's trouble is
                _log.warning("the menus are not followed: %s", type(error).__name__)
            await asyncio.sleep(backoff.next_s())

    async def _show(self, account: Account) -> None:
        wanted = _wanted(account)
        before = self._shown.get(account.id)
        if wanted == before:
            return
        if before and (wanted is None or wanted.chat_id != before.chat_id):
            await self._take_away(before.chat_id)
        self._shown.pop(account.id, None)
        if wanted:
            offered = menu(offers(wanted.role, NAMES), tongue(wanted.language))
            if await self._set(BotCommandScopeChat(wanted.chat_id), offered):
                self._shown[account.id] = wanted

    async def _set(self, scope: BotCommandScope, offered: Offered) -> bool:
        """Set a menu; tell whether Telegram took it."""
        try:
            await self._bot.set_my_commands([BotCommand(*one) for one in offered], scope)
        except TelegramError as error:
            _log.info("a menu of commands was not set: %s", type(error).__name__)
            return False
        return True

    async def _take_away(self, chat_id: int) -> None:
        try:
            await self._bot.delete_my_commands(BotCommandScopeChat(chat_id))
        except TelegramError as error:
            _log.info("a menu of commands was not taken away: %s", type(error).__name__)


def _wanted(account: Account) -> _Shown | None:
    if account.chat_id is None or account.revoked_at:
        return None
    return _Shown(account.chat_id, account.role, account.language)
