"""The HTTP routes by which people act: the chat page and `ChatClient` use them."""

from typing import Any

from aiohttp import web

from demo.botapi import people, views
from demo.botapi.formatting import plain
from demo.botapi.params import read_params
from demo.botapi.people import Refused
from demo.botapi.records import Content, User
from demo.botapi.user_requests import answer_with, body_of, chat_of, message_of, number_of, user_of
from demo.botapi.world import WORLD, Placing

routes = web.RouteTableDef()


@routes.post("/chat/users")
async def add_user(request: web.Request) -> web.Response:
    """Make a user."""
    world, body = request.app[WORLD], await body_of(request)
    name = str(body.get("first_name") or "").strip()
    if not name:
        raise Refused(422, "first_name must not be empty")
    free = max(world.users, default=1000) + 1
    user = User(number_of(body, "id", free), name, body.get("last_name"), body.get("username"))
    if user.id <= 0:
        raise Refused(422, "the id of a user is above 0")
    return answer_with(views.user_info(people.add_user(world, user)))


@routes.post("/chat/users/{user_id}/start")
async def start(request: web.Request) -> web.Response:
    """Open the private chat, as a deep link does."""
    world, body = request.app[WORLD], await body_of(request)
    user = user_of(world, request.match_info)
    return answer_with(
        views.message_info(people.start(world, user, str(body.get("payload") or "")))
    )


@routes.put("/chat/users/{user_id}/blocked")
async def block(request: web.Request) -> web.Response:
    """Block the bot or take that back."""
    world, body = request.app[WORLD], await body_of(request)
    user = user_of(world, request.match_info)
    people.set_blocked(world, user, blocked=bool(body.get("blocked")))
    return answer_with(views.user_info(user))


@routes.post("/chat/groups")
async def add_group(request: web.Request) -> web.Response:
    """Make a group."""
    world, body = request.app[WORLD], await body_of(request)
    chat = people.add_group(
        world,
        title=str(body.get("title") or "Group"),
        members={people.find_user(world, member).id for member in _members(body)},
        topics=_topics(body),
        basic=bool(body.get("basic")),
    )
    chat.privacy = bool(body.get("privacy", True))
    return answer_with(views.chat_info(world, chat))


def _members(body: dict[str, Any]) -> list[int]:
    try:
        return [int(member) for member in body.get("members", [])]
    except (TypeError, ValueError) as error:
        raise Refused(422, "members must be a list of user ids") from error


def _topics(body: dict[str, Any]) -> dict[int, str]:
    try:
        return {int(number): str(name) for number, name in dict(body.get("topics", {})).items()}
    except (TypeError, ValueError) as error:
        raise Refused(422, "topics must be an object of names by number") from error


@routes.put("/chat/chats/{chat_id}/topics")
async def set_topics(request: web.Request) -> web.Response:
    """Say which topics a group has; one left out is gone."""
    chat, body = chat_of(request), await body_of(request)
    chat.topics = _topics(body)
    request.app[WORLD].touch(chat)
    return answer_with(views.chat_info(request.app[WORLD], chat))


@routes.put("/chat/chats/{chat_id}/kicked")
async def kick(request: web.Request) -> web.Response:
    """Throw the bot out of a group or let it in again."""
    chat, body = chat_of(request), await body_of(request)
    people.set_kicked(request.app[WORLD], chat, kicked=bool(body.get("kicked")))
    return answer_with(views.chat_info(request.app[WORLD], chat))


@routes.post("/chat/chats/{chat_id}/migrate")
async def migrate(request: web.Request) -> web.Response:
    """Turn a basic group into a supergroup."""
    world = request.app[WORLD]
    return answer_with(views.chat_info(world, people.migrate(world, chat_of(request))))


@routes.post("/chat/chats/{chat_id}/messages")
async def write(request: web.Request) -> web.Response:
    """Write text (JSON) or a photo (multipart, part `photo`, text in `text`) as a user."""
    world, chat = request.app[WORLD], chat_of(request)
    form = await read_params(request) if _is_form(request) else None
    values: Any = form.fields if form else await body_of(request)
    photo = form.uploads.get("photo") if form else None
    picture = await world.pictures.add(photo) if photo is not None else None
    content = Content(plain(str(values.get("text") or "")), picture)
    replied = None
    if values.get("reply_to"):
        replied = people.find_message(world, chat.id, number_of(values, "reply_to"))
    placing = Placing(
        thread_id=number_of(values, "thread_id") if values.get("thread_id") else None,
        reply_to=replied,
    )
    message = people.write(world, user_of(world, values), chat, content, placing)
    return answer_with(views.message_info(message))


def _is_form(request: web.Request) -> bool:
    return request.content_type == "multipart/form-data"


@routes.delete("/chat/chats/{chat_id}/messages/{message_id}")
async def delete(request: web.Request) -> web.Response:
    """Delete a message for everybody."""
    message = message_of(request)
    request.app[WORLD].delete(message)
    return answer_with(views.message_info(message))


@routes.post("/chat/chats/{chat_id}/messages/{message_id}/press")
async def press(request: web.Request) -> web.Response:
    """Press a button that the message shows, named by `data` or `text`."""
    world, body = request.app[WORLD], await body_of(request)
    callback = people.press(
        world,
        user_of(world, body),
        message_of(request),
        data=body.get("data"),
        text=body.get("text"),
        old=bool(body.get("old")),
    )
    return answer_with(views.answer_info(callback))
