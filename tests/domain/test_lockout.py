"""Slowing down who guesses passwords, in whichever process they try."""

import asyncio
from collections import Counter
from datetime import timedelta

from domain.lockout import FIRST_WAIT, FREE_TRIES, LONGEST_WAIT, begin_try, forget_tries
from storage.store import MongoStore
from tests.domain.world import NOON

NONE = timedelta()


async def attempt(
    store: MongoStore, name: str = "Maria", address: str = "192.0.2.7", at: timedelta = NONE
) -> timedelta:
    """Try a password that is wrong; return the wait."""
    return await begin_try(store, name=name, address=address, now=NOON + at)


async def test_the_wait_doubles(store: MongoStore) -> None:
    """Some tries are free, then each failure costs twice as long, up to a limit."""
    at, waits = NONE, []
    for _ in range(FREE_TRIES):
        assert await attempt(store, at=at) == NONE
    for _ in range(8):
        waits.append(await attempt(store, at=at))
        at += waits[-1]
        assert await attempt(store, at=at) == NONE
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT


async def test_only_the_guesser_waits(store: MongoStore) -> None:
    """However the name is written; another address, or another name, is undisturbed."""
    for _ in range(FREE_TRIES):
        await attempt(store)
    assert await attempt(store, name="  MARIA ") == FIRST_WAIT
    assert await attempt(store, address="192.0.2.8") == NONE
    assert await attempt(store, name="Otto") == NONE


async def test_being_right_clears_the_count(store: MongoStore) -> None:
    """The next failures begin anew."""
    for _ in range(FREE_TRIES):
        await attempt(store)
    await forget_tries(store, name="Maria", address="192.0.2.7")
    assert await attempt(store) == NONE


async def test_racing_tries_all_count(store: MongoStore, mongo_uri: str) -> None:
    """Two processes that are tried at the same moment give no more free tries than one."""
    other = await MongoStore.open(mongo_uri, "test")
    try:
        waits = await asyncio.gather(
            *(attempt(one) for one in (store, other) for _ in range(FREE_TRIES))
        )
    finally:
        other.close()
    assert Counter(wait > NONE for wait in waits)[False] <= FREE_TRIES
    assert await attempt(store) > NONE


async def test_neither_name_nor_address_is_kept(store: MongoStore) -> None:
    """What is kept tells nobody who tried, and forgets itself."""
    await attempt(store)
    [kept] = await store._database["tries"].find().to_list(None)
    assert kept.keys() == {"_id", "count", "wait_until", "touched_at"}
    indexes = await store._database["tries"].index_information()
    assert indexes["touched_at_1"]["expireAfterSeconds"] >= LONGEST_WAIT.total_seconds()
