"""Records as the Bot API shows them to the bot."""

from demo.botapi.records import Callback, Chat, ChatKind, Json, Message, User


def user_json(user: User) -> Json:
    """Return a User."""
    optional = {"last_name": user.last_name, "username": user.username}
    return {"id": user.id, "is_bot": user.is_bot, "first_name": user.first_name} | {
        key: value for key, value in optional.items() if value
    }


def chat_json(chat: Chat, users: dict[int, User]) -> Json:
    """Return a Chat; a private one carries the names of its user."""
    answer: Json = {"id": chat.id, "type": chat.kind.value}
    if chat.kind is ChatKind.PRIVATE:
        named = user_json(users[chat.id])
        return answer | {key: value for key, value in named.items() if key not in {"id", "is_bot"}}
    return answer | {"title": chat.title} | ({"is_forum": True} if chat.forum else {})


def message_json(message: Message, users: dict[int, User], *, nested: bool = False) -> Json:
    """Return a Message; the one it replies to is given too, but no deeper."""
    answer: Json = {
        "message_id": message.id,
        "from": user_json(message.sender),
        "chat": chat_json(message.chat, users),
        "date": int(message.sent_at),
        **_placed(message),
        **_shown(message),
        **message.service,
    }
    if message.reply_to is not None and not message.reply_to.deleted and not nested:
        answer["reply_to_message"] = message_json(message.reply_to, users, nested=True)
    return answer


def _placed(message: Message) -> Json:
    optional: Json = {
        "edit_date": int(message.edited_at) if message.edited_at else None,
        "message_thread_id": message.thread_id,
        "is_topic_message": bool(message.thread_id),
        "media_group_id": message.media_group_id,
        "has_protected_content": message.protected,
    }
    return {key: value for key, value in optional.items() if value}


def _shown(message: Message) -> Json:
    """Return text or photo with caption, and inline buttons; a ForceReply is not echoed."""
    content = message.content
    prefix = "caption" if content.picture else "text"
    entities = "caption_entities" if content.picture else "entities"
    answer: Json = {}
    if content.picture:
        answer["photo"] = [size.to_api() for size in content.picture.sizes]
    if content.body.text:
        answer[prefix] = content.body.text
    if content.body.entities:
        answer[entities] = list(content.body.entities)
    if content.rows:
        answer["reply_markup"] = {"inline_keyboard": content.rows}
    return answer


def callback_json(callback: Callback, users: dict[int, User], *, inaccessible: bool) -> Json:
    """Return a CallbackQuery; an inaccessible message has the date 0 and nothing to show."""
    message = callback.message
    shown = (
        {"chat": chat_json(message.chat, users), "message_id": message.id, "date": 0}
        if inaccessible
        else message_json(message, users)
    )
    return {
        "id": callback.id,
        "from": user_json(callback.user),
        "message": shown,
        "chat_instance": f"instance{message.chat.id}",
        "data": callback.data,
    }


def membership_json(chat: Chat, users: dict[int, User], actor: User, bot: User, at: float) -> Json:
    """Return the ChatMemberUpdated that tells a bot it was blocked, let in or thrown out."""
    barred = users[chat.id].blocked if chat.kind is ChatKind.PRIVATE else chat.kicked
    out = "left" if chat.left else "kicked"
    states = ("member", out) if barred or chat.left else ("kicked", "member")
    before, after = (_member(bot, state) for state in states)
    return {
        "chat": chat_json(chat, users),
        "from": user_json(actor),
        "date": int(at),
        "old_chat_member": before,
        "new_chat_member": after,
    }


def _member(bot: User, status: str) -> Json:
    until = {"until_date": 0} if status == "kicked" else {}
    return {"user": user_json(bot), "status": status} | until
