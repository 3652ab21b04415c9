"""The table of methods, and those that are not about messages."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from demo.botapi import editing, errors, sending
from demo.botapi.api_json import chat_json, membership_json, user_json
from demo.botapi.errors import bad_request
from demo.botapi.params import Params
from demo.botapi.records import ChatKind, Json
from demo.botapi.targets import known_chat, open_chat
from demo.botapi.updates import Webhook
from demo.botapi.world import World

Method = Callable[[World, Params], Awaitable[Any]]

# After this many seconds Telegram takes no answer to a press any more.
CALLBACK_LIFETIME_S = 60.0
MAX_ANSWER = 200
MAX_POLL_S = 50
MAX_UPDATES = 100
MAX_COMMANDS = 100


async def get_me(world: World, _: Params) -> Json:
    """Say who the bot is."""
    return user_json(world.bot) | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


async def get_updates(world: World, params: Params) -> list[Json]:
    """Wait for updates."""
    _allow(world, params)
    limit = min(max(params.integer("limit") or MAX_UPDATES, 1), MAX_UPDATES)
    timeout_s = min(max(params.integer("timeout") or 0, 0), MAX_POLL_S)
    offset = params.integer("offset") or 0
    return await world.updates.poll(offset=offset, limit=limit, timeout_s=timeout_s)


async def set_webhook(world: World, params: Params) -> bool:
    """Post updates from now on; an empty URL means no longer."""
    secret = params.text("secret_token")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    url = params.text("url")
    if url and not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    _allow(world, params)
    if params.flag("drop_pending_updates"):
        world.updates.pending.clear()
    connections = params.integer("max_connections") or 40
    world.updates.set_webhook(Webhook(url, secret, connections) if url else None)
    return True


async def delete_webhook(world: World, params: Params) -> bool:
    """Keep updates for polling."""
    if params.flag("drop_pending_updates"):
        world.updates.pending.clear()
    world.updates.set_webhook(None)
    return True


async def get_webhook_info(world: World, _: Params) -> Json:
    """Say where updates go and how many wait."""
    hook = world.updates.webhook
    answer: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.pending),
    }
    if hook:
        answer["max_connections"] = hook.max_connections
    if hook and hook.last_error_at:
        answer |= {"last_error_date": hook.last_error_at, "last_error_message": hook.last_error}
    if world.updates.allowed:
        answer["allowed_updates"] = sorted(world.updates.allowed)
    return answer


def _allow(world: World, params: Params) -> None:
    """Remember which kinds of updates the bot wants; not sent means as before."""
    kinds = params.json("allowed_updates")
    if kinds is not None:
        world.updates.allowed = frozenset(kinds)


async def answer_callback_query(world: World, params: Params) -> bool:
    """Answer a press, once and in time."""
    text = params.text("text")
    if len(text) > MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    callback = world.callbacks.get(params.text("callback_query_id"))
    now = world.clock()
    if (
        callback is None
        or callback.answered_at is not None
        or now - callback.pressed_at > CALLBACK_LIFETIME_S
    ):
        raise bad_request(errors.QUERY_TOO_OLD)
    callback.answered_at, callback.text = now, text
    callback.show_alert = params.flag("show_alert")
    world.touch(callback)
    return True


async def get_file(world: World, params: Params) -> Json:
    """Say where a file is downloaded."""
    found = world.pictures.by_file_id(params.text("file_id"))
    if found is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    size = found[1]
    content = await world.pictures.draw(size.unique_id) or b""
    return {
        "file_id": size.file_id,
        "file_unique_id": size.unique_id,
        "file_size": len(content),
        "file_path": size.path,
    }


def _command_key(params: Params) -> tuple[str, str]:
    scope = params.json("scope") or {"type": "default"}
    return json.dumps(scope, sort_keys=True), params.text("language_code")


async def set_my_commands(world: World, params: Params) -> bool:
    """Keep the menu of a scope and language."""
    commands = params.json("commands") or []
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for item in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", item["command"].removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not item["description"]:
            raise bad_request("command description must be non-empty")
    world.commands[_command_key(params)] = commands
    return True


async def get_my_commands(world: World, params: Params) -> list[Json]:
    """Return the menu of exactly this scope and language."""
    return world.commands.get(_command_key(params), [])


async def delete_my_commands(world: World, params: Params) -> bool:
    """Forget the menu of this scope and language."""
    world.commands.pop(_command_key(params), None)
    return True


async def send_chat_action(world: World, params: Params) -> bool:
    """Show that the bot is busy; here it is only checked and listed among the calls."""
    open_chat(world, params)
    if not params.text("action"):
        raise bad_request("wrong parameter action in request")
    return True


async def leave_chat(world: World, params: Params) -> bool:
    """Go out of a group."""
    chat = open_chat(world, params)
    if chat.kind is ChatKind.PRIVATE:
        raise bad_request("can't leave private chats")
    chat.left = True
    world.touch(chat)
    actor = world.bot
    world.updates.add(
        "my_chat_member", membership_json(chat, world.users, actor, world.bot, world.clock())
    )
    return True


async def get_chat(world: World, params: Params) -> Json:
    """Return what is known of a chat."""
    chat = known_chat(world, params)
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
    return chat_json(chat, world.users) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys((*gifts, "gifts_from_channels"), False),
    }


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendMediaGroup": sending.send_media_group,
    "editMessageText": editing.edit_text,
    "editMessageCaption": editing.edit_caption,
    "editMessageMedia": editing.edit_media,
    "editMessageReplyMarkup": editing.edit_reply_markup,
    "deleteMessage": editing.delete_message,
    "answerCallbackQuery": answer_callback_query,
    "getFile": get_file,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "sendChatAction": send_chat_action,
    "getChat": get_chat,
    "leaveChat": leave_chat,
}
# The official server reads names without regard to case.
BY_LOWER_NAME = {name.lower(): name for name in METHODS}
LIMITED = frozenset(name for name in METHODS if name.startswith(("sendM", "sendP", "edit")))
