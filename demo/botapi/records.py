"""What the server remembers: users, chats, messages, presses of buttons."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from demo.botapi.formatting import Formatted
from demo.botapi.keyboards import Rows
from demo.botapi.pictures import Picture

Json = dict[str, Any]

NO_TEXT = Formatted()


class ChatKind(StrEnum):
    """The kinds of chats that the Bot API knows, without channels."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"


@dataclass(eq=False)
class User:
    """Somebody who may write to the bot."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    is_bot: bool = False
    blocked: bool = False
    revision: int = 0

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}" if self.last_name else self.first_name


@dataclass(eq=False)
class Chat:
    """A conversation; a private one has the id of its user.

    `joined` says whether the bot may write: the user has started it, or it is in the group, until
    it was `kicked` or has `left`.
    Message ids count for each chat, as in supergroups, so that equal ids occur in several chats.
    """

    id: int
    kind: ChatKind
    title: str = ""
    members: set[int] = field(default_factory=set)
    topics: dict[int, str] = field(default_factory=dict)
    forum: bool = False
    joined: bool = True
    kicked: bool = False
    left: bool = False
    privacy: bool = True
    migrated_to: int | None = None
    last_message_id: int = 0
    revision: int = 0


@dataclass(frozen=True)
class Content:
    """What a message shows; two equal contents are "not modified" to Telegram."""

    body: Formatted = NO_TEXT
    picture: Picture | None = None
    rows: Rows | None = None

    def same_as(self, other: "Content") -> bool:
        """Compare as Telegram does: a picture by its bytes, not by its file id."""
        mine, theirs = self.picture, other.picture
        same_picture = (mine and mine.key) == (theirs and theirs.key)
        return same_picture and replace(self, picture=None) == replace(other, picture=None)


@dataclass(frozen=True)
class Version:
    """What a message showed before an edit, and from when on."""

    at: float
    content: Content


@dataclass(eq=False)
class Message:
    """One message; `history` keeps what it showed before, oldest first."""

    id: int
    chat: Chat
    sender: User
    sent_at: float
    content: Content
    shown_since: float
    thread_id: int | None = None
    reply_to: "Message | None" = None
    silent: bool = False
    protected: bool = False
    force_reply: bool = False
    placeholder: str = ""
    media_group_id: str | None = None
    edited_at: float | None = None
    deleted: bool = False
    service: Json = field(default_factory=dict)
    history: list[Version] = field(default_factory=list)
    revision: int = 0


@dataclass(eq=False)
class Callback:
    """One press of a button and what the bot answered to it."""

    id: str
    user: User
    message: Message
    data: str
    pressed_at: float
    answered_at: float | None = None
    text: str = ""
    show_alert: bool = False
    revision: int = 0
