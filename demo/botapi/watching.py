"""The HTTP routes by which people look: chats, messages, presses, calls, changes; and faults."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from aiohttp import web

from demo.botapi import views
from demo.botapi.changes import Changed
from demo.botapi.faults import Fault, FaultKind
from demo.botapi.people import Refused
from demo.botapi.records import Callback, Chat, Message, User
from demo.botapi.user_requests import answer_with, body_of, chat_of, number_of
from demo.botapi.world import WORLD, World

MAX_WAIT_S = 30.0
SSE_HEARTBEAT_S = 15.0

routes = web.RouteTableDef()
INTRO: web.AppKey[str] = web.AppKey("intro", str)


@routes.get("/chat/state")
async def state(request: web.Request) -> web.Response:
    """Give users, chats and the number of the last change."""
    world = request.app[WORLD]
    return web.json_response(
        {
            "bot": asdict(views.user_info(world.bot)),
            "intro": request.app[INTRO],
            "instance": world.instance,
            "users": [asdict(views.user_info(user)) for user in world.users.values()],
            "chats": [asdict(views.chat_info(world, chat)) for chat in world.chats.values()],
            "revision": world.changes.revision,
            "violations": world.limits.violations if world.limits else 0,
            "pending_updates": len(world.updates.pending),
        }
    )


@routes.get("/chat/chats/{chat_id}/messages")
async def messages(request: web.Request) -> web.Response:
    """List the messages of a chat that changed after `since`, oldest first, deleted ones too."""
    world, chat = request.app[WORLD], chat_of(request)
    since = number_of(request.query, "since", 0)
    shown = [m for m in world.timeline(chat.id) if m.revision > since]
    return web.json_response(
        {
            "revision": world.changes.revision,
            "messages": [asdict(views.message_info(message)) for message in shown],
        }
    )


@routes.get("/chat/presses/{id}")
async def answer(request: web.Request) -> web.Response:
    """Tell what the bot answered to a press."""
    callback = request.app[WORLD].callbacks.get(request.match_info["id"])
    if callback is None:
        raise Refused(404, "there is no such press")
    return answer_with(views.answer_info(callback))


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
    body = await body_of(request)
    try:
        fault = Fault(**body | {"kind": FaultKind(str(body.get("kind")))})
    except (TypeError, ValueError) as error:
        raise Refused(422, str(error)) from error
    request.app[WORLD].faults.add(fault)
    return answer_with(fault)


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
    """Return as soon as something changed after `since`, at the latest after `timeout_ms`."""
    changes = request.app[WORLD].changes
    since = number_of(request.query, "since", 0)
    loop = asyncio.get_running_loop()
    end = loop.time() + min(number_of(request.query, "timeout_ms", 10_000) / 1000, MAX_WAIT_S)
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
    with suppress(ConnectionError):  # the page was closed
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
