"""Which chat, message, text and photo a call is about; refusals in Telegram's words."""

from demo.botapi import errors
from demo.botapi.errors import bad_request, forbidden, migrated
from demo.botapi.formatting import Formatted, parse_html, plain, trimmed
from demo.botapi.params import Params
from demo.botapi.pictures import Picture
from demo.botapi.records import Chat, ChatKind, Message
from demo.botapi.world import Placing, World

MAX_TEXT = 4096
MAX_CAPTION = 1024
# The topic "General" has no number that a bot may name.
GENERAL_TOPIC = 1


def known_chat(world: World, params: Params) -> Chat:
    """Return the chat a call names, whether or not the bot may write there."""
    if not params.text("chat_id"):
        raise bad_request("chat_id is empty")
    chat = world.chats.get(params.integer("chat_id") or 0)
    if chat is None:
        raise bad_request(errors.CHAT_NOT_FOUND)
    return chat


def open_chat(world: World, params: Params) -> Chat:
    """Return the chat a call names if the bot may write there."""
    chat = known_chat(world, params)
    if chat.migrated_to is not None:
        raise migrated(chat.migrated_to)
    if chat.kind is ChatKind.PRIVATE:
        if world.users[chat.id].blocked:
            raise forbidden(errors.BLOCKED)
        if not chat.joined:
            raise forbidden("bot can't initiate conversation with a user")
    elif chat.kicked:
        raise forbidden(f"bot was kicked from the {chat.kind} chat")
    elif chat.left:
        raise forbidden(f"bot is not a member of the {chat.kind} chat")
    return chat


def placing(world: World, params: Params, chat: Chat) -> Placing:
    """Return thread, replied message and the flags of a new message.

    A reply that names no topic stands in that of the message it replies to.
    """
    replied = _replied(world, params, chat)
    return Placing(
        thread_id=_thread(params, chat) or (replied.thread_id if replied else None),
        reply_to=replied,
        silent=params.flag("disable_notification"),
        protected=params.flag("protect_content"),
    )


def _thread(params: Params, chat: Chat) -> int | None:
    thread_id = params.integer("message_thread_id")
    if not thread_id:
        return None
    if thread_id == GENERAL_TOPIC or thread_id not in chat.topics:
        raise bad_request("message thread not found")
    return thread_id


def _replied(world: World, params: Params, chat: Chat) -> Message | None:
    wish = params.json("reply_parameters") or {}
    message_id = wish.get("message_id") or params.integer("reply_to_message_id")
    if message_id is None:
        return None
    message = world.messages.get((chat.id, message_id))
    if message is not None and not message.deleted:
        return message
    if wish.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def own_message(world: World, params: Params) -> Message:
    """Return the message that shall be edited; it must be the bot's own."""
    chat = open_chat(world, params)
    message_id = params.integer("message_id")
    if message_id is None:
        raise bad_request("message identifier is not specified")
    message = world.messages.get((chat.id, message_id))
    if message is None or message.deleted:
        raise bad_request(errors.MESSAGE_TO_EDIT_NOT_FOUND)
    if message.sender is not world.bot:
        raise bad_request("message can't be edited")
    return message


def text_of(params: Params) -> Formatted:
    """Return the text of a message; it must be there."""
    formatted = _formatted(params, "text", "entities")
    if not formatted.text:
        raise bad_request("message text is empty")
    if len(formatted.text) > MAX_TEXT:
        raise bad_request("message is too long")
    return formatted


def caption_of(params: Params) -> Formatted:
    """Return the caption of a photo, which may be empty."""
    formatted = _formatted(params, "caption", "caption_entities")
    if len(formatted.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return formatted


def _formatted(params: Params, name: str, entities: str) -> Formatted:
    source = params.text(name)
    mode = params.text("parse_mode").lower()
    if mode == "html":
        return parse_html(source)
    if mode:
        raise bad_request("unsupported parse_mode")
    given = params.json(entities)
    return trimmed(Formatted(source, tuple(given))) if given else plain(source)


async def picture_of(world: World, params: Params, name: str) -> Picture:
    """Return the photo of a call: uploaded, attached under another name, or sent before."""
    if name in params.uploads:
        return await world.pictures.add(params.uploads[name])
    return await picture_named(world, params, params.text(name))


async def picture_named(world: World, params: Params, value: str) -> Picture:
    """Return the photo that `attach://NAME` or a file id stands for."""
    if not value:
        raise bad_request("there is no photo in the request")
    if value.startswith("attach://"):
        content = params.uploads.get(value.removeprefix("attach://"))
        if content is None:
            raise bad_request("there is no photo in the request")
        return await world.pictures.add(content)
    if value.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    found = world.pictures.by_file_id(value)
    if found is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return found[0]
