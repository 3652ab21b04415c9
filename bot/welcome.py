"""Joining by invitation, and the few commands there are."""

from dataclasses import dataclass

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import ContextTypes

from bot.desk import PRIVATE, Desk
from bot.words import bold, counted, safe
from domain.accounts import WELCOME_QUESTIONS, come_back, join
from domain.errors import InviteError, UsherError
from domain.records import Account, Role

HELP = (
    "When a camera sees somebody new, a card arrives here. Press a button on it, or reply to it "
    "with a name. The first answer counts, and everybody sees who gave it.\n"
    "/status says what waits."
)
NO_GROUPS = "I work in private chats only. Please write to me there."
NOT_A_NAME = "To name somebody, reply to their card. /help says more."


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
        account = await self._arrive(message, message.from_user.id, token)
        if account:
            await self.desk.talk.say(message.chat.id, await self._greeting(account))

    async def _arrive(self, message: Message, user_id: int, token: str | None) -> Account | None:
        """Return who it is; explain and return None when it is nobody."""
        chat_id, now, store = message.chat.id, self.desk.clock(), self.desk.store
        try:
            if token:
                return await join(store, token=token, chat_id=chat_id, user_id=user_id, now=now)
        except InviteError as error:
            account = await come_back(store, user_id=user_id, chat_id=chat_id, now=now)
            if account is None:
                await self.desk.talk.say(chat_id, safe(str(error), 300))
            return account
        account = await come_back(store, user_id=user_id, chat_id=chat_id, now=now)
        if account is None:
            await self.desk.talk.say(chat_id, PRIVATE)
        return account

    async def help(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Say how to answer."""
        await self._tell(update, HELP)

    async def status(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Say who one is here, and what waits."""
        await self._tell(update, None)

    async def other(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Say what to do with a card."""
        await self._tell(update, NOT_A_NAME)

    async def group(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Decline to work in a group."""
        if update.effective_chat and update.effective_chat.type != ChatType.PRIVATE:
            await self.desk.talk.say(update.effective_chat.id, NO_GROUPS)

    async def _tell(self, update: Update, text: str | None) -> None:
        """Say something (None: how things stand) to those who have an account."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        try:
            account = await self.desk.account(message.from_user.id)
        except UsherError as error:
            text = safe(str(error), 300)
        else:
            text = text or await self._standing(account)
        await self.desk.talk.say(message.chat.id, text)

    async def _greeting(self, account: Account) -> str:
        return f"Welcome, {bold(account.name)}. {await self._standing(account, fresh=True)}"

    async def _standing(self, account: Account, *, fresh: bool = False) -> str:
        sites = None if account.role is Role.ADMIN else account.site_ids
        waiting = await self.desk.store.questions.open_count(sites)
        text = f"{await self._place(account)}\n{_waiting(waiting)}"
        if fresh and waiting > WELCOME_QUESTIONS and account.role is not Role.VIEWER:
            text += f" The newest {WELCOME_QUESTIONS} follow; the others are in the panel."
        return text

    async def _place(self, account: Account) -> str:
        if account.role is Role.ADMIN:
            return "You are an admin and answer for every site."
        sites = await self.desk.store.sites.some(account.site_ids)
        names = ", ".join(sorted(bold(site.name) for site in sites.values()))
        if account.role is Role.VIEWER:
            return f"You are a viewer of {names}. Questions are answered by others."
        return f"You are a manager and answer for {names}."


def _waiting(number: int) -> str:
    if number == 0:
        return "No question waits."
    return f"{counted(number, 'question')} {'waits' if number == 1 else 'wait'}."
