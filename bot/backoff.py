"""How long to wait before trying again."""

import secrets
from dataclasses import dataclass

_DICE = secrets.SystemRandom()


@dataclass(slots=True)
class Backoff:
    """Pauses that double up to a limit, with jitter so that many do not come back at once."""

    first_s: float
    limit_s: float
    tries: int = 0

    def next_s(self) -> float:
        """Return the next pause: between half and the whole of the doubled one. Seconds."""
        whole = min(self.limit_s, self.first_s * 2.0 ** min(self.tries, 30))
        self.tries += 1
        return whole * _DICE.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Start small again: it went well."""
        self.tries = 0
