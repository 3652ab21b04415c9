"""Methods that put new messages into chats."""

import secrets
from dataclasses import replace

from demo.botapi.api_json import message_json
from demo.botapi.errors import bad_request
from demo.botapi.keyboards import Markup, read_markup
from demo.botapi.params import Params
from demo.botapi.records import Chat, Content, Json, Message
from demo.botapi.targets import (
    caption_of,
    open_chat,
    picture_named,
    picture_of,
    placing,
    text_of,
)
from demo.botapi.world import Placing, World

MIN_ALBUM, MAX_ALBUM = 2, 10


async def send_message(world: World, params: Params) -> Json:
    """Send text."""
    chat = open_chat(world, params)
    body, markup = text_of(params), read_markup(params)
    content = Content(body=body, rows=markup.rows)
    return message_json(_post(world, params, chat, content, markup), world.users)


async def send_photo(world: World, params: Params) -> Json:
    """Send a photo, uploaded or by file id."""
    open_chat(world, params)
    body, markup = caption_of(params), read_markup(params)
    picture = await picture_of(world, params, "photo")
    chat = open_chat(world, params)  # decoding took time: it may have been closed meanwhile
    content = Content(body=body, picture=picture, rows=markup.rows)
    return message_json(_post(world, params, chat, content, markup), world.users)


async def send_media_group(world: World, params: Params) -> list[Json]:
    """Send an album of 2 to 10 photos; it can have no buttons."""
    open_chat(world, params)
    items = params.json("media") or []
    if not MIN_ALBUM <= len(items) <= MAX_ALBUM:
        raise bad_request(f"there must be from {MIN_ALBUM} to {MAX_ALBUM} media in an album")
    contents = [await read_media(world, params, item) for item in items]
    chat = open_chat(world, params)
    album = replace(
        placing(world, params, chat), media_group_id=str(secrets.randbelow(10**17) + 10**17)
    )
    posted = [world.post(chat, world.bot, content, placing=album) for content in contents]
    return [message_json(message, world.users) for message in posted]


async def read_media(world: World, params: Params, item: Json) -> Content:
    """Return photo and caption of an InputMediaPhoto."""
    if item.get("type") != "photo":
        raise bad_request(f"type {item.get('type')!r} of media is not supported here")
    fields = {key: item[key] for key in ("caption", "parse_mode") if item.get(key)}
    if item.get("caption_entities"):
        raise bad_request("caption_entities of media are not supported here, use parse_mode")
    picture = await picture_named(world, params, str(item.get("media") or ""))
    return Content(body=caption_of(Params(fields)), picture=picture)


def _post(world: World, params: Params, chat: Chat, content: Content, markup: Markup) -> Message:
    place: Placing = replace(
        placing(world, params, chat),
        force_reply=markup.force_reply,
        placeholder=markup.placeholder,
    )
    return world.post(chat, world.bot, content, placing=place)
