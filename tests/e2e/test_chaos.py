"""Sudden death at random moments: nothing acknowledged is lost, nothing happens twice."""

from collections import Counter

import pytest

from evaluation.chaos import ChaosOptions, Telling, run_chaos
from evaluation.killer import Kill
from evaluation.processes import Role


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled() -> None:
    """150 posts while every part is killed at least once: all classified once, each card once."""
    kills: list[Kill] = []
    telling = Telling(post=lambda: None, kill=kills.append, wait=lambda _: None, log=print)
    # With this seed the bot dies early: what it had in hand waits for a minute.
    options = ChaosOptions(posts=150, per_s=12, kill_every_s=1.0, seed=211)
    found = await run_chaos(options, telling)
    assert found.problems == []
    assert (found.acknowledged, found.classified) == (150, 150)
    assert (found.lost, found.doubled_persons, found.doubled_cards) == (0, 0, 0)
    died = Counter(kill.role for kill in kills)
    assert died.keys() == {Role.WORKER, Role.API, Role.MONGOD, Role.BOT, Role.KEEPER}
