"""Slowing down who guesses passwords, without locking out anybody else.

Failed tries are counted for each pair of account name and client address, where every process sees
them. After FREE_TRIES the wait doubles with each failure, from FIRST_WAIT to LONGEST_WAIT. Somebody
else at another address signs in to the same account undisturbed, as does whoever has another
account at this one.
"""

from datetime import datetime, timedelta

from domain.ids import hash_secret
from domain.records import Id, Tries
from domain.store import Store

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
# Tries at the very same moment get in each other's way; whoever does so this often waits.
MOST_ROUNDS = 10


async def begin_try(store: Store, *, name: str, address: str, now: datetime) -> timedelta:
    """Return how long this pair must wait: zero when it may try now.

    The try that may be made counts as failed until `forget_tries` says otherwise, so that racing
    tries count too.
    """
    id_ = _id(name, address)
    for _ in range(MOST_ROUNDS):
        before = await store.tries.get(id_)
        if before and before.wait_until > now:
            return before.wait_until - now
        count = 1 + (before.count if before else 0)
        after = Tries(id=id_, count=count, wait_until=now + _pause(count))
        if await store.tries.swap(before, after):
            return timedelta()
    return FIRST_WAIT


async def forget_tries(store: Store, *, name: str, address: str) -> None:
    """Forget the failures of this pair."""
    await store.tries.forget(_id(name, address))


def _id(name: str, address: str) -> Id:
    told = " ".join(name.split()).casefold()[:100]
    return Id(hash_secret(f"{told}\n{address}")[:24])


def _pause(count: int) -> timedelta:
    if count < FREE_TRIES:
        return timedelta()
    doubled: int = 2 ** min(count - FREE_TRIES, 10)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)
