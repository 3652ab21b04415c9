"""Joining by invitation, and the few commands there are."""

from dataclasses import dataclass

from markupsafe import Markup
from telegram import Message, Update, User
from telegram.ext import ContextTypes

from bot.commands.help import NOTHING
from bot.desk import PRIVATE, Desk
from bot.tongue import Tongue, msg, tongue
from bot.words import bold, lines
from domain.accounts import WELCOME_QUESTIONS, come_back, join
from domain.errors import InviteError, UsherError
from domain.records import Account, Role


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answers commands and whatever else people write."""

    desk: Desk

    async def start(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Bind the chat to the invited account, or greet somebody known."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        token = context.args[0] if context.args else None
        account = await self._arrive(message, message.from_user, token)
        if account:
            t = await self.desk.tongue(message.from_user)
            await self.desk.talk.say(message.chat.id, await self._greeting(account, t))

    async def _arrive(self, message: Message, user: User, token: str | None) -> Account | None:
        """Return who it is; explain and return None when it is nobody."""
        store, chat_id, now = self.desk.store, message.chat.id, self.desk.clock()
        t = tongue(user.language_code)
        refused = t(PRIVATE)
        try:
            if token:
                return await join(
                    store,
                    token=token,
                    chat_id=chat_id,
                    user_id=user.id,
                    now=now,
                    language=user.language_code,
                )
        except InviteError as error:
            refused = t.error(error)
        account = await come_back(store, user_id=user.id, chat_id=chat_id, now=now)
        if account is None:
            await self.desk.talk.say(message.chat.id, refused)
        return account

    async def other(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Say what to do with a card."""
        await self._tell(update, NOTHING)

    async def _tell(self, update: Update, text: str) -> None:
        """Say something to those who have an account."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        t = await self.desk.tongue(message.from_user)
        try:
            await self.desk.account(message.from_user.id)
            said = t(text)
        except UsherError as error:
            said = t.error(error)
        await self.desk.talk.say(message.chat.id, said)

    async def _greeting(self, account: Account, t: Tongue) -> Markup:
        standing = await self._standing(account, t, fresh=True)
        return t("Welcome, {name}. {standing}", name=bold(account.name), standing=standing)

    async def _standing(self, account: Account, t: Tongue, *, fresh: bool = False) -> Markup:
        sites = None if account.role is Role.ADMIN else account.site_ids
        waiting = await self.desk.store.questions.open_count(sites)
        text = _waiting(waiting, t)
        if fresh and waiting > WELCOME_QUESTIONS and account.role is not Role.VIEWER:
            follow = msg("The newest {n} follow; the others are in the panel.")
            text = Markup("{} {}").format(text, t(follow, n=WELCOME_QUESTIONS))
        return lines(await self._place(account, t), text)

    async def _place(self, account: Account, t: Tongue) -> Markup:
        if account.role is Role.ADMIN:
            return t("You are an admin and answer for every site.")
        sites = await self.desk.store.sites.some(account.site_ids)
        names = Markup(", ").join(sorted(bold(site.name) for site in sites.values()))
        if account.role is Role.VIEWER:
            return t("You are a viewer of {sites}. Questions are answered by others.", sites=names)
        return t("You are a manager and answer for {sites}.", sites=names)


def _waiting(number: int, t: Tongue) -> Markup:
    if number == 0:
        return t("No question waits.")
    return t.counted("{n} question waits.", "{n} questions wait.", number)
