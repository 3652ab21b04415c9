"""Groups and topics: binding them to a site, and noticing when the bot is let in or thrown out."""

import re
from dataclasses import dataclass

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update, User
from telegram.ext import (
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.buttons import VERSION, Button, Rows
from bot.desk import Desk
from bot.tongue import msg
from bot.words import bold, safe
from domain.errors import InvalidError, UsherError
from domain.groups import bind, leave, lose_group, move_group
from domain.ids import parse_id
from domain.records import Account, Id, Role, Site

_WORD = "here"
BUTTON_UNITS = 34
_TAP = re.compile(rf"{VERSION}:{_WORD}:([0-9a-f]{{24}}):([0-9]{{1,19}})")
_OUT = {"left", "kicked"}
_GROUP = filters.UpdateType.MESSAGE & filters.ChatType.GROUPS
NOBODY = msg("I only work for people I know. Please ask an admin for an invitation. Goodbye.")
NO_SITE = msg("You answer for no site.")
NOT_BOUND = msg("No site's questions are asked here.")


@dataclass(frozen=True, slots=True)
class Here:
    """A button that has a site's questions asked in a topic; 0 is the group itself."""

    site_id: Id
    thread_id: int

    @property
    def data(self) -> str:
        """The callback data."""
        return f"{VERSION}:{_WORD}:{self.site_id}:{self.thread_id}"


@dataclass(frozen=True, slots=True)
class Groups:
    """Answers what concerns a group as a whole."""

    desk: Desk

    def handlers(self) -> list[BaseHandler[Update, ContextTypes.DEFAULT_TYPE, None]]:
        """Return what is to be handled here."""
        return [
            CommandHandler(["here", "start"], self.here, _GROUP),
            CommandHandler("leave", self.leave, _GROUP),
            CallbackQueryHandler(self.chosen, pattern=_TAP),
            MessageHandler(filters.StatusUpdate.MIGRATE, self.migrated),
            ChatMemberHandler(self.membership, ChatMemberHandler.MY_CHAT_MEMBER),
        ]

    async def here(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Offer the sites whose questions can be asked where this was typed."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        try:
            await self._offer(message, message.from_user)
        except UsherError as error:
            await self.desk.explain(message, message.from_user, error)

    async def _offer(self, message: Message, user: User) -> None:
        account, t = await self.desk.account(user.id), await self.desk.tongue(user)
        sites = await self._sites(account)
        if not sites:
            raise InvalidError(NO_SITE)
        await self.desk.talk.say(
            message.chat.id,
            t("Which site's questions shall be asked here?"),
            rows=_rows(sites, _topic(message) or 0),
            reply_to=message.message_id,
        )

    async def _sites(self, account: Account) -> list[Site]:
        if account.role is Role.VIEWER:
            return []
        return [site for site in await self.desk.store.sites.all() if account.may_answer(site.id)]

    async def chosen(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Bind the site whose button was pressed."""
        query = update.callback_query
        if query is None:
            return
        t = await self.desk.tongue(query.from_user)
        try:
            site = await self._bind(query)
        except UsherError as error:
            await self.desk.talk.toast(query, self.desk.sentence(error, t), alert=True)
            return
        said = t("Questions of {site} are asked here from now on.", site=bold(site.name))
        await self.desk.talk.toast(query, said)
        if query.message:
            chat_id, message_id = query.message.chat.id, query.message.message_id
            await self.desk.talk.say(chat_id, said, reply_to=message_id)
            await self.desk.talk.tidy(chat_id, message_id)

    async def _bind(self, query: CallbackQuery) -> Site:
        found = _TAP.fullmatch(query.data or "")
        if found is None or query.message is None:
            raise InvalidError("This button is not valid.")
        account = await self.desk.account(query.from_user.id)
        group = await bind(
            self.desk.store,
            chat_id=query.message.chat.id,
            thread_id=int(found[2]) or None,
            title=query.message.chat.title or "",
            site_id=parse_id(found[1]),
            account=account,
            now=self.desk.clock(),
        )
        sites = await self.desk.store.sites.some([group.site_id])
        return sites[group.site_id]

    async def leave(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Ask no more where this was typed."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        t = await self.desk.tongue(message.from_user)
        try:
            account = await self.desk.account(message.from_user.id)
            left = await leave(
                self.desk.store,
                chat_id=message.chat.id,
                thread_id=_topic(message),
                account=account,
                now=self.desk.clock(),
            )
        except UsherError as error:
            await self.desk.explain(message, message.from_user, error)
            return
        said = t("No more questions are asked here.") if left else t(NOT_BOUND)
        await self.desk.talk.say(message.chat.id, said, reply_to=message.message_id)

    async def migrated(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Follow a group to its new id; both chats say it."""
        message = update.effective_message
        if message is None:
            return
        old = message.migrate_from_chat_id or message.chat.id
        new = message.migrate_to_chat_id or message.chat.id
        await move_group(self.desk.store, chat_id=old, new_chat_id=new)

    async def membership(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Greet a group that somebody known let the bot into; go out of one of strangers."""
        change = update.my_chat_member
        if change is None or change.chat.id > 0:
            return
        if change.new_chat_member.status in _OUT:
            await lose_group(self.desk.store, chat_id=change.chat.id, as_of=self.desk.clock())
        elif change.old_chat_member.status in _OUT:
            await self._greet(change)

    async def _greet(self, change: ChatMemberUpdated) -> None:
        user, chat_id = change.from_user, change.chat.id
        t = await self.desk.tongue(user)
        try:
            await self.desk.account(user.id)
        except UsherError:
            await self.desk.talk.say(chat_id, t(NOBODY))
            await self.desk.talk.leave(chat_id)
            return
        await self.desk.talk.say(
            chat_id,
            t("Hello. Send /here in this group, or in one of its topics, to choose a site."),
        )


def _topic(message: Message) -> int | None:
    """Return the topic that a message stands in; a thread of replies is none."""
    return message.message_thread_id if message.is_topic_message else None


def _rows(sites: list[Site], thread_id: int) -> Rows:
    return tuple(
        (Button(safe(site.name, BUTTON_UNITS), Here(site.id, thread_id)),) for site in sites
    )
