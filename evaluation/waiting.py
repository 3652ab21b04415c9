"""How long a card takes: from the first byte of a post to the message in a manager's chat."""

import asyncio
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus

from evaluation.cast import Actor
from evaluation.system import System

# Telegram takes one message a second in a chat; a system that is asked more often is not idle.
APART_SECONDS = 1.1
# Less than that, so that somebody who comes back opens a visit and is asked about again.
VISIT_GAP = "1s"
LONGEST_SECONDS = 30.0
# The first posts find caches cold and connections not yet made.
WARM_UP = 3


async def time_cards(
    system: System, actors: Sequence[Actor], number: int, tick: Callable[[], None]
) -> list[float]:
    """Post a crop now and then, each the first of a visit; return the milliseconds of each card.

    `system` must run with VISIT_GAP. With as many actors as cards everybody is a stranger; with
    fewer they come back. `WARM_UP` posts more are made first. TimeoutError: no card came.
    """
    millis, last = list[float](), 0
    for turn in range(number + WARM_UP):
        crop = await asyncio.to_thread(actors[turn % len(actors)].crop, turn)
        await asyncio.sleep(APART_SECONDS)
        taken, last = await _one(system, crop, last)
        if turn >= WARM_UP:
            millis.append(taken)
            tick()
    return millis


async def _one(system: System, crop: bytes, last: int) -> tuple[float, int]:
    """Return the milliseconds until the card, by the clock of the Bot API server, and its id.

    That server runs in this process, so both times are of one clock.
    """
    begun = time.time()
    answer = await system.post(crop)
    if answer.status_code != HTTPStatus.ACCEPTED:
        raise RuntimeError(f"The post was answered {answer.status_code}: {answer.text}")
    card = await system.chat.wait_for(
        system.manager,
        lambda message: message.id > last and message.photo is not None,
        timeout=LONGEST_SECONDS,
    )
    return 1000 * (card.sent_at - begun), card.id
