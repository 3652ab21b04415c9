"""What people do: start the bot, write, press, block, meet in groups."""

from dataclasses import dataclass

from demo.botapi.api_json import callback_json, membership_json
from demo.botapi.formatting import plain
from demo.botapi.records import Callback, Chat, ChatKind, Content, Message, User
from demo.botapi.world import Placing, World

FIRST_GROUP_ID = -5_000_001
FIRST_SUPERGROUP_ID = -1_002_000_000_001


@dataclass(eq=False)
class Refused(Exception):  # noqa: N818 - it is what the chat program would say, not a failure
    """Something a person cannot do; `status` is the HTTP status."""

    status: int
    title: str


def find_user(world: World, user_id: int) -> User:
    """Return a user; Refused when there is none."""
    if user_id not in world.users:
        raise Refused(404, f"there is no user {user_id}")
    return world.users[user_id]


def find_chat(world: World, chat_id: int) -> Chat:
    """Return a chat; Refused when there is none."""
    if chat_id not in world.chats:
        raise Refused(404, f"there is no chat {chat_id}")
    return world.chats[chat_id]


def find_message(world: World, chat_id: int, message_id: int) -> Message:
    """Return a message, deleted or not; Refused when there is none."""
    if (chat_id, message_id) not in world.messages:
        raise Refused(404, f"there is no message {message_id} in chat {chat_id}")
    return world.messages[chat_id, message_id]


def add_user(world: World, user: User) -> User:
    """Make a user with a private chat that is not started yet; an existing one is renamed."""
    known = world.users.setdefault(user.id, user)
    known.first_name, known.last_name = user.first_name, user.last_name
    known.username = user.username
    if user.id not in world.chats:
        chat = Chat(user.id, ChatKind.PRIVATE, members={user.id}, joined=False)
        world.chats[user.id] = chat
        world.touch(chat)
    world.touch(known)
    return known


def add_group(
    world: World, *, title: str, members: set[int], topics: dict[int, str], basic: bool
) -> Chat:
    """Make a group with the bot in it; one with topics is a forum."""
    founder = find_user(world, min(members)) if members else world.bot
    kind = ChatKind.GROUP if basic else ChatKind.SUPERGROUP
    first = FIRST_GROUP_ID if basic else FIRST_SUPERGROUP_ID
    taken = sum(chat.kind is kind for chat in world.chats.values())
    chat = Chat(first - taken, kind, title, set(members), dict(topics), forum=bool(topics))
    world.chats[chat.id] = chat
    world.touch(chat)
    _tell_membership(world, chat, founder)
    return chat


def start(world: World, user: User, payload: str) -> Message:
    """Open the private chat and send /start, as a deep link does; unblocks the bot."""
    set_blocked(world, user, blocked=False)
    chat = world.chats[user.id]
    chat.joined = True
    world.touch(chat)
    return write(world, user, chat, Content(plain(f"/start {payload}".strip())))


def set_blocked(world: World, user: User, *, blocked: bool) -> None:
    """Let a user block the bot, or take that back; the bot is told."""
    if user.blocked == blocked:
        return
    user.blocked = blocked
    world.touch(user)
    _tell_membership(world, world.chats[user.id], user)


def set_kicked(world: World, chat: Chat, *, kicked: bool) -> None:
    """Throw the bot out of a group, or let it in again; the bot is told."""
    if chat.kind is ChatKind.PRIVATE:
        raise Refused(409, "a private chat has nobody to throw out")
    if chat.kicked == kicked and not chat.left:
        return
    chat.kicked = kicked
    chat.left = False
    world.touch(chat)
    _tell_membership(world, chat, world.users.get(min(chat.members, default=0), world.bot))


def _tell_membership(world: World, chat: Chat, actor: User) -> None:
    content = membership_json(chat, world.users, actor, world.bot, world.clock())
    world.updates.add("my_chat_member", content)


def migrate(world: World, chat: Chat) -> Chat:
    """Turn a group into a supergroup with a new id; both chats say so."""
    if chat.kind is not ChatKind.GROUP or chat.migrated_to is not None:
        raise Refused(409, "only a basic group can become a supergroup, once")
    actor = find_user(world, min(chat.members, default=0))
    taken = sum(other.kind is ChatKind.SUPERGROUP for other in world.chats.values())
    new = Chat(FIRST_SUPERGROUP_ID - taken, ChatKind.SUPERGROUP, chat.title, set(chat.members))
    world.chats[new.id] = new
    chat.migrated_to = new.id
    world.touch(chat)
    world.touch(new)
    world.post(chat, actor, Content(), service={"migrate_to_chat_id": new.id})
    world.post(new, actor, Content(), service={"migrate_from_chat_id": chat.id})
    return new


def write(
    world: World, user: User, chat: Chat, content: Content, placing: Placing | None = None
) -> Message:
    """Let a user write into a chat they are in."""
    if user.id not in chat.members:
        raise Refused(403, f"user {user.id} is not in chat {chat.id}")
    if user.blocked and chat.kind is ChatKind.PRIVATE:
        raise Refused(409, "the bot is blocked: unblock it or start it again")
    if chat.migrated_to is not None:
        raise Refused(409, f"the group goes on as {chat.migrated_to}")
    if not content.body.text and not content.picture:
        raise Refused(422, "a message needs text or a photo")
    if not chat.joined:
        chat.joined = True
        world.touch(chat)
    return world.post(chat, user, content, placing=placing)


def press(
    world: World, user: User, message: Message, *, data: str | None, text: str | None, old: bool
) -> Callback:
    """Press a button that the message shows now, named by its data or its text.

    With `old` the bot gets an inaccessible message, as for one too old for it to see.
    """
    if user.id not in message.chat.members:
        raise Refused(403, f"user {user.id} is not in chat {message.chat.id}")
    shown = [button for row in message.content.rows or () for button in row]
    found = [
        button
        for button in shown
        if (data is not None and button.get("callback_data") == data)
        or (text is not None and button["text"] == text)
    ]
    if not found or message.deleted:
        raise Refused(409, f"the message has no such button; it has {[b['text'] for b in shown]}")
    if "callback_data" not in found[0]:
        raise Refused(409, "that button opens a page; it tells the bot nothing")
    callback = world.new_callback(user, message, found[0]["callback_data"])
    content = callback_json(callback, world.users, inaccessible=old)
    world.updates.add("callback_query", content)
    return callback
