"""The HTTP routes that a bot uses: methods and downloads."""

import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from demo.botapi import errors
from demo.botapi.calls import Call
from demo.botapi.errors import ApiError
from demo.botapi.faults import Fault, FaultKind
from demo.botapi.methods import BY_LOWER_NAME, LIMITED, METHODS
from demo.botapi.params import Params, read_params
from demo.botapi.world import WORLD, World

_log = logging.getLogger(__name__)

RESET_STATUS = -1


def add_bot_routes(app: web.Application) -> None:
    """Serve `/bot<token>/<method>` and `/file/bot<token>/<path>`."""
    app.router.add_route("*", "/bot{token:[^/]+}/{method}", _call)
    app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", _download)


async def _call(request: web.Request) -> web.StreamResponse:
    """Carry out one call, or let it suffer the fault that was ordered for it; list it."""
    world = request.app[WORLD]
    try:
        _check_token(world, request)
        params = await read_params(request)
        method = _method_name(request)
    except ApiError as error:
        return _refused(error)
    chat_id = params.integer("chat_id")
    call = world.calls.begin(method, chat_id, params.logged(), world.clock())
    fault = world.faults.take(method, chat_id)
    call.fault = fault.kind.value if fault else None
    try:
        response = await _carry_out(world, call, params, fault)
    except ApiError as error:
        call.description = error.description
        response = _refused(error)
    except (AttributeError, KeyError, TypeError, ValueError):
        _log.exception("%s with parameters of a shape nobody expected", method)
        call.description = "Bad Request: can't parse parameters"
        response = _refused(ApiError(400, call.description))
    return _ended(request, world, call, response)


def _check_token(world: World, request: web.Request) -> None:
    if request.match_info["token"] != world.token:
        raise ApiError(401, "Unauthorized")


def _method_name(request: web.Request) -> str:
    name = BY_LOWER_NAME.get(request.match_info["method"].lower())
    if name is None:
        raise ApiError(404, "Not Found: method not found")
    return name


async def _carry_out(
    world: World, call: Call, params: Params, fault: Fault | None
) -> web.Response | None:
    """Return the answer; None stands for a connection that shall be reset."""

    async def effect() -> Any:
        result = await _within_limits(world, call, params)
        call.carried_out = True
        call.message_id = _message_id(result)
        return result

    if fault is None:
        return web.json_response({"ok": True, "result": await effect()})
    if fault.kind is FaultKind.SLOW:
        return await _slow(world, fault, effect)
    if fault.after_effect:
        await effect()
    return _spoiled(fault)


async def _within_limits(world: World, call: Call, params: Params) -> Any:
    if world.limits and call.chat_id in world.chats and call.method in LIMITED:
        retry_after_s = world.limits.retry_after_s(call.chat_id)
        if retry_after_s:
            raise errors.too_many_requests(retry_after_s)
    return await METHODS[call.method](world, params)


def _message_id(result: Any) -> int | None:
    first = result[0] if isinstance(result, list) and result else result
    return first.get("message_id") if isinstance(first, dict) else None


async def _slow(world: World, fault: Fault, effect: Callable[[], Awaitable[Any]]) -> web.Response:
    """Wait before or after the effect; it takes place even if the bot has given up by then."""
    result = await effect() if fault.after_effect else None
    await world.changes.bell.sleep(fault.delay_s)
    if not fault.after_effect:
        result = await effect()
    return web.json_response({"ok": True, "result": result})


def _spoiled(fault: Fault) -> web.Response | None:
    if fault.kind is FaultKind.RESET:
        return None
    if fault.kind is FaultKind.BAD_GATEWAY_HTML:
        page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
        return web.Response(status=502, text=page, content_type="text/html")
    refusal = fault.refusal()
    if refusal is None:
        raise AssertionError(f"no answer for {fault.kind}")
    raise refusal


def _refused(error: ApiError) -> web.Response:
    headers = {"Retry-After": str(error.parameters["retry_after"])} if error.code == 429 else None  # noqa: PLR2004
    return web.json_response(error.body(), status=error.code, headers=headers)


def _ended(
    request: web.Request, world: World, call: Call, response: web.Response | None
) -> web.Response:
    call.ended_at = world.clock()
    transport = request.transport
    call.answered = response is not None and transport is not None and not transport.is_closing()
    call.status = response.status if response is not None else RESET_STATUS
    return response if response is not None else _reset(request)


def _reset(request: web.Request) -> web.Response:
    """Break the connection off; a linger time of zero makes the kernel send a reset."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def _download(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    try:
        _check_token(world, request)
    except ApiError as error:
        return _refused(error)
    name = request.match_info["path"].removeprefix("photos/").removesuffix(".jpg")
    content = await world.pictures.draw(name)
    if content is None:
        return _refused(ApiError(404, "Not Found"))
    return web.Response(body=content, content_type="image/jpeg")
