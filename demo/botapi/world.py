"""The state of the server: everything in memory, gone when it stops."""

import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from demo.botapi.api_json import message_json
from demo.botapi.calls import Calls
from demo.botapi.changes import Changed, Changes
from demo.botapi.faults import Faults
from demo.botapi.limits import Limits
from demo.botapi.pictures import Pictures
from demo.botapi.records import Callback, Chat, ChatKind, Content, Json, Message, User, Version
from demo.botapi.updates import Updates

DEFAULT_BOT_ID = 1_000_000_001


@dataclass(frozen=True)
class Placing:
    """Where and how a new message stands in its chat."""

    thread_id: int | None = None
    reply_to: Message | None = None
    silent: bool = False
    protected: bool = False
    force_reply: bool = False
    placeholder: str = ""
    media_group_id: str | None = None


class World:
    """Users, chats, messages and the one bot; `clock` gives seconds since 1970."""

    def __init__(
        self, *, token: str, username: str, limits: bool, clock: Callable[[], float]
    ) -> None:
        head = token.partition(":")[0]
        bot_id = int(head) if head.isdigit() else DEFAULT_BOT_ID
        self.token = token
        self.instance = secrets.token_hex(8)
        self.clock = clock
        self.bot = User(bot_id, username.replace("_", " ").title(), username=username, is_bot=True)
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.messages: dict[tuple[int, int], Message] = {}
        self.callbacks: dict[str, Callback] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.pictures = Pictures()
        self.updates = Updates()
        self.changes = Changes()
        self.calls = Calls()
        self.faults = Faults()
        self.limits = Limits(clock) if limits else None
        self._timelines: defaultdict[int, list[Message]] = defaultdict(list)

    def touch(self, record: Changed) -> None:
        """Tell those who wait that a record changed."""
        self.changes.touch(record)

    def timeline(self, chat_id: int) -> list[Message]:
        """Return all messages of a chat, deleted ones too, oldest first."""
        return self._timelines[chat_id]

    def post(
        self,
        chat: Chat,
        sender: User,
        content: Content,
        *,
        placing: Placing | None = None,
        service: Json | None = None,
    ) -> Message:
        """Add a message to a chat; what a user writes also becomes an update for the bot."""
        place = placing or Placing()
        chat.last_message_id += 1
        now = self.clock()
        message = Message(
            id=chat.last_message_id,
            chat=chat,
            sender=sender,
            sent_at=now,
            shown_since=now,
            content=content,
            service=service or {},
            **vars(place),
        )
        self.messages[chat.id, message.id] = message
        self.timeline(chat.id).append(message)
        self.touch(message)
        if not sender.is_bot and self._bot_reads(message):
            self.updates.add("message", message_json(message, self.users))
        return message

    def _bot_reads(self, message: Message) -> bool:
        """Say whether a message reaches the bot: in groups with privacy on, few do."""
        chat = message.chat
        if chat.kind is ChatKind.PRIVATE or not chat.privacy or message.service:
            return True
        if message.reply_to is not None and message.reply_to.sender is self.bot:
            return True
        return any(
            entity["type"] == "bot_command" and entity["offset"] == 0
            for entity in message.content.body.entities
        )

    def edit(self, message: Message, content: Content) -> None:
        """Show something else; what stood there before is kept in the history.

        A change of buttons alone does not mark a message as edited, as in Telegram.
        """
        message.history.append(Version(message.shown_since, message.content))
        if (message.content.body, message.content.picture) != (content.body, content.picture):
            message.edited_at = self.clock()
        message.content = content
        message.shown_since = self.clock()
        self.touch(message)

    def delete(self, message: Message) -> None:
        """Take a message away; the timeline remembers that it was there."""
        message.deleted = True
        self.touch(message)

    def new_callback(self, user: User, message: Message, data: str) -> Callback:
        """Note that a button was pressed."""
        number = str(secrets.randbelow(10**18) + 10**18)
        callback = Callback(number, user, message, data, self.clock())
        self.callbacks[callback.id] = callback
        self.touch(callback)
        return callback

    def close(self) -> None:
        """Wake everybody who waits, so that the server can stop at once."""
        self.updates.bell.close()
        self.changes.bell.close()


WORLD: web.AppKey[World] = web.AppKey("world", World)
