"""Not speaking faster than Telegram allows. Times are seconds of one monotonic clock."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.options import Pacing

# Two chats told to wait within this time mean that the bot as a whole is too fast.
ALL_WITHIN_S = 5.0
# What can wait lets this share of a group's messages be for what cannot.
ROOM = 0.5
# So long cards wait where somebody is about to be answered.
GIVE_WAY_S = 0.1


@dataclass(slots=True)
class Bucket:
    """Tokens that come back at a rate, up to a burst."""

    per_s: float
    burst: float
    tokens: float
    at: float

    def wait_s(self, now: float) -> float:
        """Return how long until a token is there."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_s)
        self.at = now
        return max(0.0, (1.0 - self.tokens) / self.per_s)

    def take(self, now: float) -> None:
        """Use a token, if need be one that is still to come."""
        self.wait_s(now)
        self.tokens -= 1.0

    def spend_until(self, now: float, until: float) -> None:
        """Give up the burst: at a later time there is one token, and no more."""
        self.wait_s(now)
        self.tokens = min(self.tokens, 1.0 - (until - now) * self.per_s)


@dataclass(slots=True)
class Window:
    """At most so many within every span of time, wherever it begins."""

    most: int
    span_s: float
    times: deque[float] = field(default_factory=deque)

    def wait_s(self, now: float, *, room: int = 0) -> float:
        """Return how long until one more fits, with room for some after it."""
        while self.times and self.times[0] <= now - self.span_s:
            self.times.popleft()
        over = len(self.times) - max(1, self.most - room)
        return max(0.0, self.times[over] + self.span_s - now) if over >= 0 else 0.0

    def take(self, now: float) -> None:
        """Count one."""
        self.times.append(now)


@dataclass(slots=True)
class _Chat:
    messages: Bucket
    edits: Bucket
    minute: Window | None
    paused_until: float = 0.0
    answering: int = 0


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


class Pace:
    """When the next message or edit may go to a chat."""

    def __init__(self, pacing: Pacing, clock: Callable[[], float] = _loop_time) -> None:
        self._pacing = pacing
        self._clock = clock
        self._chats: dict[int, _Chat] = {}
        self._all = Bucket(pacing.all_per_s, pacing.all_burst, pacing.all_burst, 0.0)
        self._all_paused_until = 0.0
        self._told: tuple[int, float] | None = None

    def wait_s(self, chat_id: int, now: float, *, edit: bool, urgent: bool = True) -> float:
        """Return how long to wait before speaking.

        What is not urgent leaves room in a group for what is.
        """
        chat = self._chat(chat_id, now)
        room = 0 if urgent or chat.minute is None else int(chat.minute.most * ROOM)
        limits = self._limits_s(chat, now, edit=edit, room=room)
        return max(limits, GIVE_WAY_S) if chat.answering else limits

    def _limits_s(self, chat: _Chat, now: float, *, edit: bool, room: int = 0) -> float:
        waits = [chat.paused_until - now, self._all_paused_until - now]
        waits += [self._all.wait_s(now), chat.messages.wait_s(now)]
        if edit:
            waits.append(chat.edits.wait_s(now))
        if chat.minute:
            waits.append(chat.minute.wait_s(now, room=room))
        return max(0.0, *waits)

    def spend(self, chat_id: int, now: float, *, edit: bool) -> None:
        """Note that something is being said now."""
        chat = self._chat(chat_id, now)
        self._all.take(now)
        chat.messages.take(now)
        if edit:
            chat.edits.take(now)
        if chat.minute:
            chat.minute.take(now)

    def take(self, chat_id: int, *, edit: bool) -> bool:
        """Note that something is being said, if it may be now; return whether it may."""
        now = self._clock()
        if self.wait_s(chat_id, now, edit=edit) > 0:
            return False
        self.spend(chat_id, now, edit=edit)
        return True

    async def turn(self, chat_id: int, *, edit: bool) -> None:
        """Wait until something may be said, and note that it is."""
        while not self.take(chat_id, edit=edit):  # noqa: ASYNC110 - the wait is known
            await asyncio.sleep(self.wait_s(chat_id, self._clock(), edit=edit))

    async def answer(self, chat_id: int, *, edit: bool = False, count: int = 1) -> None:
        """Wait until somebody may be answered, before any card, and note that they are.

        An album counts as so many messages.
        """
        chat = self._chat(chat_id, self._clock())
        chat.answering += 1
        try:
            while (wait := self._limits_s(chat, self._clock(), edit=edit)) > 0:  # noqa: ASYNC110 - the wait is known
                await asyncio.sleep(wait)
            for _ in range(count):
                self.spend(chat_id, self._clock(), edit=edit)
        finally:
            chat.answering -= 1

    def pause(self, chat_id: int, now: float, seconds: float) -> None:
        """Be silent for a while, as Telegram asked: in this chat, or everywhere.

        Telegram does not say which it means. A second chat told so soon after means everywhere.
        """
        until = now + seconds
        chat = self._chat(chat_id, now)
        chat.paused_until = max(chat.paused_until, until)
        for bucket in (chat.messages, chat.edits):
            bucket.spend_until(now, until)
        told, self._told = self._told, (chat_id, now)
        if told and told[0] != chat_id and now - told[1] <= ALL_WITHIN_S:
            self._all_paused_until = max(self._all_paused_until, until)

    def _chat(self, chat_id: int, now: float) -> _Chat:
        if chat_id not in self._chats:
            p = self._pacing
            self._chats[chat_id] = _Chat(
                messages=Bucket(p.chat_per_s, p.chat_burst, p.chat_burst, now),
                edits=Bucket(p.edits_per_s, 1, 1, now),
                minute=Window(p.group_per_minute, p.minute_s) if chat_id < 0 else None,
            )
        return self._chats[chat_id]
