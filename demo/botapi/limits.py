"""Telegram's limits on sending, as its FAQ for bots states them."""

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

# "avoid sending more than one message per second" in a chat; short bursts are let through
CHAT_PER_S, CHAT_BURST = 1.0, 3
# "not more than 20 messages per minute" in a group
GROUP_PER_MINUTE, MINUTE_S = 20, 60.0
# "about 30 messages per second" in all
ALL_PER_S, ALL_BURST = 30.0, 30


@dataclass
class _Bucket:
    """Fills with `per_s` tokens a second up to `burst`."""

    per_s: float
    burst: float
    tokens: float
    filled_at: float

    def wait_s(self, now: float) -> float:
        """Fill up and return how long until a token is there; 0 when there is one."""
        self.tokens = min(self.burst, self.tokens + (now - self.filled_at) * self.per_s)
        self.filled_at = now
        return max(0.0, (1.0 - self.tokens) / self.per_s)


@dataclass
class Limits:
    """Counts messages sent and edited; says how long a bot must wait.

    `clock` gives seconds. A refused call costs nothing, but is counted in `violations`.
    """

    clock: Callable[[], float]
    violations: int = 0
    _chats: dict[int, _Bucket] = field(default_factory=dict)
    _groups: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _all: _Bucket | None = None

    def retry_after_s(self, chat_id: int) -> int:
        """Return whole seconds to wait, or 0 after counting the message."""
        wait_s = self.wait_s(chat_id)
        if wait_s > 0:
            self.violations += 1
            return math.ceil(wait_s)
        self.count(chat_id)
        return 0

    def wait_s(self, chat_id: int) -> float:
        """Return how long a message has to wait now; groups have ids below 0."""
        now = self.clock()
        chat, all_ = self._buckets(chat_id, now)
        return max(chat.wait_s(now), all_.wait_s(now), self._group_wait_s(chat_id, now))

    def count(self, chat_id: int) -> None:
        """Count a message sent or edited now."""
        now = self.clock()
        for bucket in self._buckets(chat_id, now):
            bucket.wait_s(now)
            bucket.tokens -= 1
        if chat_id < 0:
            self._groups[chat_id].append(now)

    def _buckets(self, chat_id: int, now: float) -> tuple[_Bucket, _Bucket]:
        full = _Bucket(CHAT_PER_S, CHAT_BURST, CHAT_BURST, now)
        self._all = self._all or _Bucket(ALL_PER_S, ALL_BURST, ALL_BURST, now)
        return self._chats.setdefault(chat_id, full), self._all

    def _group_wait_s(self, chat_id: int, now: float) -> float:
        recent = self._groups[chat_id]
        while recent and recent[0] <= now - MINUTE_S:
            recent.popleft()
        return recent[0] + MINUTE_S - now if len(recent) >= GROUP_PER_MINUTE else 0.0
