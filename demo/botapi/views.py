"""Records as people see them; the page and `ChatClient` read these."""

from dataclasses import dataclass, field
from typing import Any

from demo.botapi.records import Callback, Chat, Content, Message, User, Version
from demo.botapi.world import World


@dataclass(frozen=True)
class Button:
    """An inline button: `data` goes to the bot, `url` opens; style primary, success or danger."""

    text: str
    data: str | None = None
    url: str | None = None
    style: str | None = None


@dataclass(frozen=True)
class Photo:
    """A photo in its largest size; `id` is equal for equal images."""

    id: str
    width: int
    height: int


@dataclass(frozen=True)
class Shown:
    """What a message shows or showed; `text` is the caption when there is a photo."""

    at: float
    text: str
    entities: tuple[dict[str, Any], ...] = ()
    photo: Photo | None = None
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True)
class ChatMessage:
    """One message of a chat. Times are seconds since 1970.

    `text` is text or caption; `edits` counts every change, `edited_at` is set when more than the
    buttons changed; `history` is what it showed before, oldest first.
    """

    chat_id: int
    id: int
    sender_id: int
    sender_name: str
    from_bot: bool
    sent_at: float
    text: str
    revision: int
    entities: tuple[dict[str, Any], ...] = ()
    photo: Photo | None = None
    buttons: tuple[tuple[Button, ...], ...] = ()
    thread_id: int | None = None
    reply_to: int | None = None
    media_group_id: str | None = None
    edited_at: float | None = None
    edits: int = 0
    history: tuple[Shown, ...] = ()
    silent: bool = False
    protected: bool = False
    force_reply: bool = False
    placeholder: str = ""
    deleted: bool = False
    service: dict[str, Any] = field(default_factory=dict)

    def button(self, text: str) -> Button:
        """Return the first button whose text contains `text`; KeyError when there is none."""
        for row in self.buttons:
            for button in row:
                if text in button.text:
                    return button
        raise KeyError(text)


@dataclass(frozen=True)
class UserInfo:
    """A user; `blocked` says that they blocked the bot."""

    id: int
    name: str
    username: str | None
    blocked: bool


@dataclass(frozen=True)
class ChatInfo:
    """A chat; `joined` says that the bot may write there."""

    id: int
    kind: str
    title: str
    members: tuple[int, ...]
    topics: dict[int, str]
    joined: bool
    migrated_to: int | None


@dataclass(frozen=True)
class Answer:
    """A press of a button and what the bot answered; `answered_at` is None until it does."""

    id: str
    user_id: int
    chat_id: int
    message_id: int
    data: str
    pressed_at: float
    answered_at: float | None
    text: str
    show_alert: bool


def user_info(user: User) -> UserInfo:
    """Show a user."""
    return UserInfo(user.id, user.name, user.username, user.blocked)


def chat_info(world: World, chat: Chat) -> ChatInfo:
    """Show a chat; a private one has the name of its user."""
    title = chat.title or world.users[chat.id].name
    members = tuple(sorted(chat.members))
    joined = chat.joined and not chat.kicked and not chat.left
    return ChatInfo(
        chat.id, chat.kind.value, title, members, dict(chat.topics), joined, chat.migrated_to
    )


def answer_info(callback: Callback) -> Answer:
    """Show a press and its answer."""
    return Answer(
        id=callback.id,
        user_id=callback.user.id,
        chat_id=callback.message.chat.id,
        message_id=callback.message.id,
        data=callback.data,
        pressed_at=callback.pressed_at,
        answered_at=callback.answered_at,
        text=callback.text,
        show_alert=callback.show_alert,
    )


def message_info(message: Message) -> ChatMessage:
    """Show a message with its history."""
    now = _shown(Version(message.shown_since, message.content))
    return ChatMessage(
        chat_id=message.chat.id,
        id=message.id,
        sender_id=message.sender.id,
        sender_name=message.sender.name,
        from_bot=message.sender.is_bot,
        sent_at=message.sent_at,
        text=now.text,
        revision=message.revision,
        entities=now.entities,
        photo=now.photo,
        buttons=now.buttons,
        thread_id=message.thread_id,
        reply_to=message.reply_to.id if message.reply_to else None,
        media_group_id=message.media_group_id,
        edited_at=message.edited_at,
        edits=len(message.history),
        history=tuple(_shown(version) for version in message.history),
        silent=message.silent,
        protected=message.protected,
        force_reply=message.force_reply,
        placeholder=message.placeholder,
        deleted=message.deleted,
        service=message.service,
    )


def _shown(version: Version) -> Shown:
    content = version.content
    return Shown(
        at=version.at,
        text=content.body.text,
        entities=content.body.entities,
        photo=_photo(content),
        buttons=tuple(tuple(_button(raw) for raw in row) for row in content.rows or ()),
    )


def _button(raw: dict[str, Any]) -> Button:
    return Button(raw["text"], raw.get("callback_data"), raw.get("url"), raw.get("style"))


def _photo(content: Content) -> Photo | None:
    if content.picture is None:
        return None
    size = content.picture.largest
    return Photo(size.unique_id, size.width, size.height)
