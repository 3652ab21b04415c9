"""Not speaking faster than Telegram allows. Times are seconds of one monotonic clock."""

from dataclasses import dataclass

from bot.options import Pacing

# Two chats told to wait within this time mean that the bot as a whole is too fast.
ALL_WITHIN_S = 5.0


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
class _Chat:
    sends: Bucket
    edits: Bucket
    paused_until: float = 0.0


class Pace:
    """When the next message or edit may go to a chat."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing
        self._chats: dict[int, _Chat] = {}
        self._all = Bucket(pacing.all_per_s, pacing.all_burst, pacing.all_burst, 0.0)
        self._all_paused_until = 0.0
        self._told: tuple[int, float] | None = None

    def wait_s(self, chat_id: int, now: float, *, edit: bool) -> float:
        """Return how long to wait before speaking."""
        chat = self._chat(chat_id, now)
        pause = max(chat.paused_until, self._all_paused_until) - now
        return max(0.0, pause, *(b.wait_s(now) for b in self._buckets(chat_id, chat, edit=edit)))

    def spend(self, chat_id: int, now: float, *, edit: bool) -> None:
        """Note that something is being said now."""
        chat = self._chat(chat_id, now)
        for bucket in self._buckets(chat_id, chat, edit=edit):
            bucket.take(now)

    def pause(self, chat_id: int, now: float, seconds: float) -> None:
        """Be silent for a while, as Telegram asked: in this chat, or everywhere.

        Telegram does not say which it means. A second chat told so soon after means everywhere.
        """
        until = now + seconds
        chat = self._chat(chat_id, now)
        chat.paused_until = max(chat.paused_until, until)
        for bucket in (chat.sends, chat.edits):
            bucket.spend_until(now, until)
        told, self._told = self._told, (chat_id, now)
        if told and told[0] != chat_id and now - told[1] <= ALL_WITHIN_S:
            self._all_paused_until = max(self._all_paused_until, until)

    def _buckets(self, chat_id: int, chat: _Chat, *, edit: bool) -> tuple[Bucket, ...]:
        """Return what a message counts against; in a group edits count as messages too."""
        if not edit:
            return (chat.sends, self._all)
        return (chat.edits, self._all) if chat_id > 0 else (chat.edits, chat.sends, self._all)

    def _chat(self, chat_id: int, now: float) -> _Chat:
        if chat_id not in self._chats:
            p = self._pacing
            rate, burst = (
                (p.chat_per_s, p.chat_burst) if chat_id > 0 else (p.group_per_s, p.group_burst)
            )
            self._chats[chat_id] = _Chat(
                sends=Bucket(rate, burst, burst, now), edits=Bucket(p.edits_per_s, 1, 1, now)
            )
        return self._chats[chat_id]
