"""The HTTP routes of the person's side: the chat page and `ChatClient` use them."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from aiohttp import web

from demo.botapi import people, views
from demo.botapi.changes import Changed
from demo.botapi.errors import ApiError
from demo.botapi.faults import Fault, FaultKind
from demo.botapi.formatting import plain
from demo.botapi.people import Refused
from demo.botapi.records import Callback, Chat, Content, Message, User
from demo.botapi.world import WORLD, Placing, World

MAX_WAIT_S = 30.0
SSE_HEARTBEAT_S = 15.0

routes = web.RouteTableDef()
INTRO: web.AppKey[str] = web.AppKey("intro", str)


@web.middleware
async def refusals(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turn refusals into problem+json, and keep other sites from acting for a person."""
    try:
        _same_site(request)
        response: web.StreamResponse = await handler(request)
    except Refused as error:
        return _problem(error.status, error.title)
    except ApiError as error:
        return _problem(422, error.description)
    return response


def _same_site(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Refused(403, "only the page of this server may do that")


def _problem(status: int, title: str) -> web.Response:
    body = {"type": "about:blank", "title": title, "status": status}
    return web.json_response(body, status=status, content_type="application/problem+json")


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except json.JSONDecodeError as error:
        raise Refused(400, "the body must be JSON") from error
    if not isinstance(body, dict):
        raise Refused(400, "the body must be a JSON object")
    return body


def _number(values: Any, name: str, default: int | None = None) -> int:
    try:
        return int(values.get(name, default))
    except (TypeError, ValueError) as error:
        raise Refused(422, f"{name} must be a whole number") from error


def _user(world: World, values: Any) -> User:
    return people.find_user(world, _number(values, "user_id"))


def _chat(request: web.Request) -> Chat:
    return people.find_chat(request.app[WORLD], _number(request.match_info, "chat_id"))


def _message(request: web.Request) -> Message:
    chat = _chat(request)
    return people.find_message(
        request.app[WORLD], chat.id, _number(request.match_info, "message_id")
    )


def _answer(view: Any) -> web.Response:
    return web.json_response(asdict(view))


@routes.get("/chat/state")
async def state(request: web.Request) -> web.Response:
    """Give users, chats and the number of the last change."""
    world = request.app[WORLD]
    return web.json_response(
        {
            "bot": asdict(views.user_info(world.bot)),
            "intro": request.app[INTRO],
            "users": [asdict(views.user_info(user)) for user in world.users.values()],
            "chats": [asdict(views.chat_info(world, chat)) for chat in world.chats.values()],
            "revision": world.changes.revision,
            "violations": world.limits.violations if world.limits else 0,
            "pending_updates": len(world.updates.pending),
        }
    )


@routes.post("/chat/users")
async def add_user(request: web.Request) -> web.Response:
    """Make a user."""
    world, body = request.app[WORLD], await _body(request)
    name = str(body.get("first_name") or "").strip()
    if not name:
        raise Refused(422, "first_name must not be empty")
    free = max(world.users, default=1000) + 1
    user = User(_number(body, "id", free), name, body.get("last_name"), body.get("username"))
    if user.id <= 0:
        raise Refused(422, "the id of a user is above 0")
    return _answer(views.user_info(people.add_user(world, user)))


@routes.post("/chat/users/{user_id}/start")
async def start(request: web.Request) -> web.Response:
    """Open the private chat, as a deep link does."""
    world, body = request.app[WORLD], await _body(request)
    user = _user(world, request.match_info)
    return _answer(views.message_info(people.start(world, user, str(body.get("payload") or ""))))


@routes.put("/chat/users/{user_id}/blocked")
async def block(request: web.Request) -> web.Response:
    """Block the bot or take that back."""
    world, body = request.app[WORLD], await _body(request)
    user = _user(world, request.match_info)
    people.set_blocked(world, user, blocked=bool(body.get("blocked")))
    return _answer(views.user_info(user))


@routes.post("/chat/groups")
async def add_group(request: web.Request) -> web.Response:
    """Make a group."""
    world, body = request.app[WORLD], await _body(request)
    chat = people.add_group(
        world,
        title=str(body.get("title") or "Group"),
        members={people.find_user(world, int(member)).id for member in body.get("members", [])},
        topics={int(number): str(name) for number, name in body.get("topics", {}).items()},
        basic=bool(body.get("basic")),
    )
    chat.privacy = bool(body.get("privacy", True))
    return _answer(views.chat_info(world, chat))


@routes.put("/chat/chats/{chat_id}/topics")
async def set_topics(request: web.Request) -> web.Response:
    """Say which topics a group has; one left out is gone."""
    chat, body = _chat(request), await _body(request)
    chat.topics = {int(number): str(name) for number, name in body.get("topics", {}).items()}
    request.app[WORLD].touch(chat)
    return _answer(views.chat_info(request.app[WORLD], chat))


@routes.put("/chat/chats/{chat_id}/kicked")
async def kick(request: web.Request) -> web.Response:
    """Throw the bot out of a group or let it in again."""
    chat, body = _chat(request), await _body(request)
    people.set_kicked(request.app[WORLD], chat, kicked=bool(body.get("kicked")))
    return _answer(views.chat_info(request.app[WORLD], chat))


@routes.post("/chat/chats/{chat_id}/migrate")
async def migrate(request: web.Request) -> web.Response:
    """Turn a basic group into a supergroup."""
    world = request.app[WORLD]
    return _answer(views.chat_info(world, people.migrate(world, _chat(request))))


@routes.get("/chat/chats/{chat_id}/messages")
async def messages(request: web.Request) -> web.Response:
    """List the messages of a chat that changed after `since`, oldest first, deleted ones too."""
    world, chat = request.app[WORLD], _chat(request)
    since = _number(request.query, "since", 0)
    shown = [m for m in world.timeline(chat.id) if m.revision > since]
    return web.json_response(
        {
            "revision": world.changes.revision,
            "messages": [asdict(views.message_info(message)) for message in shown],
        }
    )


@routes.post("/chat/chats/{chat_id}/messages")
async def write(request: web.Request) -> web.Response:
    """Write text (JSON) or a photo (multipart, part `photo`, text in `text`) as a user."""
    world, chat = request.app[WORLD], _chat(request)
    values: Any = await request.post() if _is_form(request) else await _body(request)
    photo = values.get("photo")
    picture = None
    if isinstance(photo, web.FileField):
        picture = await world.pictures.add(photo.file.read())
    content = Content(plain(str(values.get("text") or "")), picture)
    replied = None
    if values.get("reply_to"):
        replied = people.find_message(world, chat.id, _number(values, "reply_to"))
    placing = Placing(
        thread_id=_number(values, "thread_id") if values.get("thread_id") else None,
        reply_to=replied,
    )
    message = people.write(world, _user(world, values), chat, content, placing)
    return _answer(views.message_info(message))


def _is_form(request: web.Request) -> bool:
    return request.content_type == "multipart/form-data"


@routes.post("/chat/chats/{chat_id}/messages/{message_id}/press")
async def press(request: web.Request) -> web.Response:
    """Press a button that the message shows, named by `data` or `text`."""
    world, body = request.app[WORLD], await _body(request)
    callback = people.press(
        world,
        _user(world, body),
        _message(request),
        data=body.get("data"),
        text=body.get("text"),
        old=bool(body.get("old")),
    )
    return _answer(views.answer_info(callback))


@routes.get("/chat/presses/{id}")
async def answer(request: web.Request) -> web.Response:
    """Tell what the bot answered to a press."""
    callback = request.app[WORLD].callbacks.get(request.match_info["id"])
    if callback is None:
        raise Refused(404, "there is no such press")
    return _answer(views.answer_info(callback))


@routes.get("/chat/photos/{id}")
async def photo(request: web.Request) -> web.Response:
    """Give a photo as JPEG; it never changes under its id."""
    content = await request.app[WORLD].pictures.draw(request.match_info["id"])
    if content is None:
        raise Refused(404, "there is no such photo")
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return web.Response(body=content, content_type="image/jpeg", headers=headers)


@routes.get("/chat/calls")
async def calls(request: web.Request) -> web.Response:
    """List the calls of the bot, oldest first, from one method or in one chat if named."""
    method, chat_id = request.query.get("method"), request.query.get("chat_id")
    listed = [
        asdict(call)
        for call in request.app[WORLD].calls.all
        if method in {None, call.method} and chat_id in {None, str(call.chat_id)}
    ]
    return web.json_response(listed)


@routes.get("/chat/commands")
async def commands(request: web.Request) -> web.Response:
    """List the menus that the bot has set: scope, language, commands."""
    kept = request.app[WORLD].commands
    return web.json_response(
        [{"scope": json.loads(s), "language": lang, "commands": c} for (s, lang), c in kept.items()]
    )


@routes.post("/chat/faults")
async def add_fault(request: web.Request) -> web.Response:
    """Order a fault for the next calls."""
    body = await _body(request)
    try:
        fault = Fault(**body | {"kind": FaultKind(str(body.get("kind")))})
    except (TypeError, ValueError) as error:
        raise Refused(422, str(error)) from error
    request.app[WORLD].faults.add(fault)
    return _answer(fault)


@routes.get("/chat/faults")
async def list_faults(request: web.Request) -> web.Response:
    """List the orders that are not used up."""
    return web.json_response([asdict(fault) for fault in request.app[WORLD].faults.waiting])


@routes.delete("/chat/faults")
async def clear_faults(request: web.Request) -> web.Response:
    """Forget all orders."""
    request.app[WORLD].faults.waiting.clear()
    return web.Response(status=204)


@routes.get("/chat/wait")
async def wait(request: web.Request) -> web.Response:
    """Return as soon as something changed after `since`, at the latest after `timeout` seconds."""
    changes = request.app[WORLD].changes
    since = _number(request.query, "since", 0)
    loop = asyncio.get_running_loop()
    end = loop.time() + min(float(request.query.get("timeout", "10")), MAX_WAIT_S)
    while changes.revision <= since and (left := end - loop.time()) > 0 and not changes.bell.closed:
        await changes.bell.wait(left)
    return web.json_response({"revision": changes.revision})


@routes.get("/chat/events")
async def events(request: web.Request) -> web.StreamResponse:
    """Send every change as a server-sent event; its id is the number to go on from."""
    world = request.app[WORLD]
    given = request.headers.get("Last-Event-ID") or request.query.get("since")
    since = int(given) if given and given.isdigit() else world.changes.revision
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    async for event in _stream(world, since):
        await response.write(event.encode())
    return response


async def _stream(world: World, since: int) -> AsyncIterator[str]:
    """Yield changes after `since`, each batch drawn up at once so that none slips between."""
    yield "retry: 500\n\n"
    while not world.changes.bell.closed:
        batch = [_event(world, record) for record in world.changes.since(since)]
        since = world.changes.revision
        for event in batch:
            yield event
        if world.changes.revision == since:
            await world.changes.bell.wait(SSE_HEARTBEAT_S)
        if world.changes.revision == since:
            yield ": still here\n\n"


def _event(world: World, record: Changed) -> str:
    kind, shown = _named(world, record)
    return f"id: {record.revision}\nevent: {kind}\ndata: {json.dumps(shown)}\n\n"


def _named(world: World, record: Changed) -> tuple[str, dict[str, Any]]:
    match record:
        case Message():
            return "message", asdict(views.message_info(record))
        case Callback():
            return "press", asdict(views.answer_info(record))
        case Chat():
            return "conversation", asdict(views.chat_info(world, record))
        case User():
            return "user", asdict(views.user_info(record))
