"""Slowing down who guesses passwords, without locking out anybody else."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
# Pairs remembered at once; the oldest is forgotten first, so that memory stays bounded.
MOST_PAIRS = 10_000


@dataclass(frozen=True, slots=True)
class _Tries:
    count: int
    wait_until: datetime


class Lockout:
    """Counts failed tries for each pair of account name and client address.

    After FREE_TRIES the wait doubles with each failure, from FIRST_WAIT to LONGEST_WAIT. Somebody
    else at another address signs in to the same account undisturbed.
    """

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()

    def wait(self, name: str, address: str, now: datetime) -> timedelta:
        """Return how long this pair must wait before it may try: zero when it may now."""
        tries = self._tries.get(_pair(name, address))
        return max(tries.wait_until - now, timedelta()) if tries else timedelta()

    def begin(self, name: str, address: str, now: datetime) -> None:
        """Count a try as failed until `succeed` says otherwise, so that racing tries count too."""
        pair = _pair(name, address)
        old = self._tries.pop(pair, None)
        count = 1 + (old.count if old else 0)
        self._tries[pair] = _Tries(count, now + _pause(count))
        while len(self._tries) > MOST_PAIRS:
            self._tries.popitem(last=False)

    def succeed(self, name: str, address: str) -> None:
        """Forget the failures of this pair."""
        self._tries.pop(_pair(name, address), None)


def _pair(name: str, address: str) -> tuple[str, str]:
    return (" ".join(name.split()).casefold()[:100], address)


def _pause(count: int) -> timedelta:
    if count < FREE_TRIES:
        return timedelta()
    doubled: int = 2 ** min(count - FREE_TRIES, 10)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)
