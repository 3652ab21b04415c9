"""The person's side over HTTP, typed: what tests, demo and benchmarks use."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self, TypeVar

import cattrs
import httpx

from demo.botapi.calls import Call
from demo.botapi.faults import Fault
from demo.botapi.views import Answer, ChatInfo, ChatMessage, UserInfo

T = TypeVar("T")

WAIT_S = 10.0
PAUSE_OF_SERVER_MS = 5000
REQUEST_TIMEOUT_S = 30.0
CALLS_PAUSE_S = 0.02
HTTP_ERROR = 400


class ChatError(Exception):
    """The server refused what the person wanted; the text says why."""


class ChatClient:
    """People in a chat with the bot. Times are seconds; every method can raise ChatError."""

    def __init__(self, url: str) -> None:
        # The server speaks plain HTTP on loopback: loading certificates would only take time.
        unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._http = httpx.AsyncClient(
            base_url=url, timeout=REQUEST_TIMEOUT_S, trust_env=False, verify=unused
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def user(
        self,
        user_id: int,
        first_name: str,
        *,
        last_name: str | None = None,
        username: str | None = None,
    ) -> UserInfo:
        """Make a user, who has not started the bot yet."""
        body = {
            "id": user_id,
            "first_name": first_name,
            "last_name": last_name,
            "username": username,
        }
        return await self._ask(UserInfo, "POST", "/chat/users", json=body)

    async def start(self, user_id: int, payload: str = "") -> ChatMessage:
        """Open the private chat and send /start with the payload of a deep link."""
        body = {"payload": payload}
        return await self._ask(ChatMessage, "POST", f"/chat/users/{user_id}/start", json=body)

    async def block(self, user_id: int, *, blocked: bool = True) -> UserInfo:
        """Block the bot, or unblock it."""
        path, body = f"/chat/users/{user_id}/blocked", {"blocked": blocked}
        return await self._ask(UserInfo, "PUT", path, json=body)

    async def unblock(self, user_id: int) -> UserInfo:
        """Take a block back."""
        return await self.block(user_id, blocked=False)

    async def group(
        self,
        title: str,
        members: Iterable[int],
        *,
        topics: Mapping[int, str] | None = None,
        basic: bool = False,
        privacy: bool = True,
    ) -> ChatInfo:
        """Make a supergroup with the bot in it; `basic` makes a group that can be migrated.

        With `privacy` the bot sees only commands and replies to it, as is Telegram's default.
        """
        body = {
            "title": title,
            "members": list(members),
            "topics": {str(number): name for number, name in (topics or {}).items()},
            "basic": basic,
            "privacy": privacy,
        }
        return await self._ask(ChatInfo, "POST", "/chat/groups", json=body)

    async def set_topics(self, chat_id: int, topics: Mapping[int, str]) -> ChatInfo:
        """Say which topics a group has; one left out is gone."""
        body = {"topics": {str(number): name for number, name in topics.items()}}
        return await self._ask(ChatInfo, "PUT", f"/chat/chats/{chat_id}/topics", json=body)

    async def kick(self, chat_id: int, *, kicked: bool = True) -> ChatInfo:
        """Throw the bot out of a group, or let it in again."""
        path, body = f"/chat/chats/{chat_id}/kicked", {"kicked": kicked}
        return await self._ask(ChatInfo, "PUT", path, json=body)

    async def migrate(self, chat_id: int) -> ChatInfo:
        """Turn a basic group into a supergroup and return that."""
        return await self._ask(ChatInfo, "POST", f"/chat/chats/{chat_id}/migrate")

    async def send_text(
        self,
        user_id: int,
        text: str,
        *,
        chat_id: int | None = None,
        reply_to: ChatMessage | None = None,
        thread_id: int | None = None,
    ) -> ChatMessage:
        """Write text, into the private chat unless another is named."""
        body = {
            "user_id": user_id,
            "text": text,
            "reply_to": reply_to.id if reply_to else None,
            "thread_id": thread_id,
        }
        path = f"/chat/chats/{chat_id or user_id}/messages"
        return await self._ask(ChatMessage, "POST", path, json=body)

    async def send_photo(
        self,
        user_id: int,
        content: bytes,
        *,
        text: str = "",
        chat_id: int | None = None,
        reply_to: ChatMessage | None = None,
        thread_id: int | None = None,
    ) -> ChatMessage:
        """Send a picture with a caption."""
        fields = {
            "user_id": str(user_id),
            "text": text,
            "reply_to": str(reply_to.id) if reply_to else "",
            "thread_id": str(thread_id or ""),
        }
        path, files = f"/chat/chats/{chat_id or user_id}/messages", {"photo": content}
        return await self._ask(ChatMessage, "POST", path, data=fields, files=files)

    async def delete(self, message: ChatMessage) -> ChatMessage:
        """Delete a message for everybody; the bot is not told."""
        path = f"/chat/chats/{message.chat_id}/messages/{message.id}"
        return await self._ask(ChatMessage, "DELETE", path)

    async def press(
        self,
        user_id: int,
        message: ChatMessage,
        *,
        text: str | None = None,
        data: str | None = None,
        old: bool = False,
    ) -> Answer:
        """Press a button that the message shows now, by its whole text or its data.

        `old` makes the message inaccessible to the bot. The bot's answer: see `answer`.
        """
        path = f"/chat/chats/{message.chat_id}/messages/{message.id}/press"
        body = {"user_id": user_id, "text": text, "data": data, "old": old}
        return await self._ask(Answer, "POST", path, json=body)

    async def answer(self, press: Answer, *, timeout: float = WAIT_S) -> Answer:  # noqa: ASYNC109
        """Wait until the bot has answered a press; TimeoutError when it does not."""
        async with asyncio.timeout(timeout):
            revision = 0
            while True:
                now = await self._ask(Answer, "GET", f"/chat/presses/{press.id}")
                if now.answered_at is not None:
                    return now
                revision = await self.changed(revision)

    async def messages(
        self, chat_id: int, *, since: int = 0, deleted: bool = False
    ) -> list[ChatMessage]:
        """List the messages of a chat, oldest first; `since` a revision, only those changed."""
        found, _ = await self._messages(chat_id, since)
        return [message for message in found if deleted or not message.deleted]

    async def wait_for(
        self,
        chat_id: int,
        predicate: Callable[[ChatMessage], bool],
        *,
        timeout: float = WAIT_S,  # noqa: ASYNC109
        since: int = 0,
        deleted: bool = False,
    ) -> ChatMessage:
        """Return the first message that fits, now or as soon as one does; else TimeoutError.

        A message fits by what it shows now, so this also waits for an edit. Deleted ones are
        looked at only with `deleted`. In a long chat, `since` (a revision) saves listing it all.
        """
        async with asyncio.timeout(timeout), aclosing(self.watch(chat_id, since=since)) as seen:
            async for message in seen:
                if (deleted or not message.deleted) and predicate(message):
                    return message
        raise AssertionError("a watch never ends by itself")

    async def watch(self, chat_id: int, *, since: int = 0) -> AsyncGenerator[ChatMessage, None]:
        """Yield every message of a chat, then each one that is new, edited or deleted, for ever.

        Only the last state of a message is yielded when it changed several times meanwhile.
        """
        while True:
            found, since = await self._messages(chat_id, since)
            for message in found:
                yield message
            await self.changed(since)

    async def changed(self, since: int) -> int:
        """Wait until anything changes after the revision `since`, a while at most."""
        params = {"since": since, "timeout_ms": PAUSE_OF_SERVER_MS}
        answer = await self._ask(dict[str, int], "GET", "/chat/wait", params=params)
        return answer["revision"]

    async def photo(self, message: ChatMessage) -> bytes:
        """Return the JPEG that a message shows, in its largest size."""
        if message.photo is None:
            raise ChatError(f"message {message.id} has no photo")
        return (await self._send("GET", f"/chat/photos/{message.photo.id}")).content

    async def calls(self, method: str | None = None, *, chat_id: int | None = None) -> list[Call]:
        """List what the bot called, oldest first."""
        wanted = {"method": method, "chat_id": chat_id}
        params = {name: value for name, value in wanted.items() if value is not None}
        return await self._ask(list[Call], "GET", "/chat/calls", params=params)

    async def wait_for_call(
        self,
        predicate: Callable[[Call], bool],
        *,
        method: str | None = None,
        chat_id: int | None = None,
        timeout: float = WAIT_S,  # noqa: ASYNC109
    ) -> Call:
        """Return the first call of the bot that fits, now or soon; else TimeoutError."""
        async with asyncio.timeout(timeout):
            while True:
                for call in await self.calls(method, chat_id=chat_id):
                    if predicate(call):
                        return call
                await asyncio.sleep(CALLS_PAUSE_S)

    async def commands(self) -> list[dict[str, Any]]:
        """List the menus the bot has set: scope, language, commands."""
        return await self._ask(list[dict[str, Any]], "GET", "/chat/commands")

    async def inject(self, fault: Fault) -> None:
        """Order a fault for the next calls that fit it."""
        await self._send("POST", "/chat/faults", json=asdict(fault))

    async def faults(self) -> list[Fault]:
        """List the orders that are not used up."""
        return await self._ask(list[Fault], "GET", "/chat/faults")

    async def clear_faults(self) -> None:
        """Forget all orders."""
        await self._send("DELETE", "/chat/faults")

    async def state(self) -> dict[str, Any]:
        """Return bot, users, chats, revision, violations of limits, updates that wait."""
        return await self._ask(dict[str, Any], "GET", "/chat/state")

    async def _messages(self, chat_id: int, since: int) -> tuple[list[ChatMessage], int]:
        path = f"/chat/chats/{chat_id}/messages"
        answer = await self._ask(dict[str, Any], "GET", path, params={"since": since})
        return cattrs.structure(answer["messages"], list[ChatMessage]), int(answer["revision"])

    async def _ask(self, kind: type[T], verb: str, path: str, **request: Any) -> T:
        response = await self._send(verb, path, **request)
        return cattrs.structure(response.json(), kind)

    async def _send(self, verb: str, path: str, **request: Any) -> httpx.Response:
        response = await self._http.request(verb, path, **request)
        if response.status_code >= HTTP_ERROR:
            raise ChatError(response.json()["title"])
        return response
