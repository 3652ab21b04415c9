"""What the routes of the person's side share: reading requests, refusing, answering."""

import json
from dataclasses import asdict
from typing import Any

from aiohttp import web

from demo.botapi import people
from demo.botapi.errors import ApiError
from demo.botapi.people import Refused
from demo.botapi.records import Chat, Message, User
from demo.botapi.world import WORLD, World


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


async def body_of(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request; Refused when it is none."""
    try:
        body = await request.json()
    except json.JSONDecodeError as error:
        raise Refused(400, "the body must be JSON") from error
    if not isinstance(body, dict):
        raise Refused(400, "the body must be a JSON object")
    return body


def number_of(values: Any, name: str, default: int | None = None) -> int:
    """Return a whole number out of a path, a query or a body."""
    try:
        return int(values.get(name, default))
    except (TypeError, ValueError) as error:
        raise Refused(422, f"{name} must be a whole number") from error


def user_of(world: World, values: Any) -> User:
    """Return the user that `user_id` names."""
    return people.find_user(world, number_of(values, "user_id"))


def chat_of(request: web.Request) -> Chat:
    """Return the chat that the path names."""
    return people.find_chat(request.app[WORLD], number_of(request.match_info, "chat_id"))


def message_of(request: web.Request) -> Message:
    """Return the message that the path names."""
    chat = chat_of(request)
    return people.find_message(
        request.app[WORLD], chat.id, number_of(request.match_info, "message_id")
    )


def answer_with(view: Any) -> web.Response:
    """Answer with a view as JSON."""
    return web.json_response(asdict(view))
