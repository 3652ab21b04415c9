"""What the bot called, when, and what became of it."""

from collections import deque
from dataclasses import dataclass, field

MAX_CALLS = 100_000


@dataclass
class Call:
    """One call of a method.

    `status` is the HTTP status, 0 while it runs and -1 for a reset connection. `carried_out` says
    whether it took effect, `answered` whether the bot was still there to hear the answer, `fault`
    which ordered fault it suffered.
    """

    number: int
    method: str
    chat_id: int | None
    at: float
    params: dict[str, str]
    ended_at: float | None = None
    status: int = 0
    description: str = ""
    message_id: int | None = None
    carried_out: bool = False
    answered: bool = False
    fault: str | None = None


@dataclass
class Calls:
    """The last calls, oldest first."""

    all: deque[Call] = field(default_factory=lambda: deque(maxlen=MAX_CALLS))
    count: int = 0

    def begin(self, method: str, chat_id: int | None, params: dict[str, str], at: float) -> Call:
        """Note that a call came in."""
        self.count += 1
        call = Call(number=self.count, method=method, chat_id=chat_id, at=at, params=params)
        self.all.append(call)
        return call
