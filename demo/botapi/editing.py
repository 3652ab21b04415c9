"""Methods that change or remove messages."""

from dataclasses import replace

from demo.botapi import errors
from demo.botapi.api_json import message_json
from demo.botapi.errors import bad_request
from demo.botapi.keyboards import read_markup
from demo.botapi.params import Params
from demo.botapi.records import Content, Json, Message
from demo.botapi.sending import read_media
from demo.botapi.targets import caption_of, open_chat, own_message, text_of
from demo.botapi.world import World


async def edit_text(world: World, params: Params) -> Json:
    """Change the text; without reply_markup the buttons go."""
    message = own_message(world, params)
    body, rows = text_of(params), read_markup(params).rows
    if message.content.picture:
        raise bad_request("there is no text in the message to edit")
    return _changed(world, message, Content(body=body, rows=rows))


async def edit_caption(world: World, params: Params) -> Json:
    """Change what stands under a photo; the photo stays."""
    message = own_message(world, params)
    body, rows = caption_of(params), read_markup(params).rows
    if not message.content.picture:
        raise bad_request("there is no caption in the message to edit")
    return _changed(world, message, replace(message.content, body=body, rows=rows))


async def edit_media(world: World, params: Params) -> Json:
    """Change photo and caption together; a text message becomes a photo."""
    own_message(world, params)
    item = params.json("media")
    if not isinstance(item, dict):
        raise bad_request("media is not specified")
    rows = read_markup(params).rows
    content = await read_media(world, params, item)
    message = own_message(world, params)  # decoding took time: it may have been deleted meanwhile
    return _changed(world, message, replace(content, rows=rows))


async def edit_reply_markup(world: World, params: Params) -> Json:
    """Change the buttons alone."""
    message = own_message(world, params)
    return _changed(world, message, replace(message.content, rows=read_markup(params).rows))


def _changed(world: World, message: Message, content: Content) -> Json:
    if content.same_as(message.content):
        raise bad_request(errors.NOT_MODIFIED)
    world.edit(message, content)
    return message_json(message, world.users)


async def delete_message(world: World, params: Params) -> bool:
    """Remove a message: the bot's own anywhere, anybody's in a private chat."""
    chat = open_chat(world, params)
    message = world.messages.get((chat.id, params.integer("message_id") or 0))
    if message is None or message.deleted:
        raise bad_request("message to delete not found")
    if message.sender is not world.bot and chat.id < 0:
        raise bad_request("message can't be deleted")
    world.delete(message)
    return True
