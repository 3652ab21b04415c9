"""Telegram's limits, with a clock that the test moves."""

import asyncio
from random import Random

import pytest

from bot.backoff import Backoff
from bot.options import Pacing
from bot.pace import Pace
from demo.botapi.limits import Limits

CHAT, OTHER, GROUP = 1, 2, -3


def _sent(pace: Pace, chat: int, seconds: int, *, edit: bool = False, urgent: bool = True) -> int:
    """Return how many messages go out when there is always one more to send."""
    sent, tick = 0, 0
    while tick < seconds * 100:
        while pace.wait_s(chat, tick / 100, edit=edit, urgent=urgent) == 0:
            pace.spend(chat, tick / 100, edit=edit)
            sent += 1
        tick += 1
    return sent


def test_a_chat_has_one_message_a_second() -> None:
    """Two at once, then one each second."""
    assert _sent(Pace(Pacing()), CHAT, 30) == pytest.approx(2 + 29, abs=1)


def test_a_group_has_twenty_a_minute() -> None:
    """Edits count too in a group, and a minute is any minute."""
    pace = Pace(Pacing())
    assert _sent(pace, GROUP, 60) == 20
    assert pace.wait_s(GROUP, 60.0, edit=True) == pytest.approx(1.0)


def test_what_can_wait_leaves_room_in_a_group() -> None:
    """Growth is shown while half of the minute is left; then it waits, and decisions do not."""
    pace = Pace(Pacing())
    assert _sent(pace, GROUP, 60, edit=True, urgent=False) == 10
    assert pace.wait_s(GROUP, 60.0, edit=True) == 0


def test_edits_are_one_a_second_and_messages_count_too() -> None:
    """A chat being edited once a second has no room for more than a short burst of messages."""
    pace = Pace(Pacing())
    assert _sent(pace, CHAT, 10, edit=True) == 10
    assert pace.wait_s(CHAT, 10.0, edit=False) == 0


def test_all_chats_together_have_a_limit() -> None:
    """Fewer than thirty in a moment, whatever the chat."""
    pace = Pace(Pacing())
    for chat in range(1, 26):
        assert pace.wait_s(chat, 0.0, edit=False) == 0
        pace.spend(chat, 0.0, edit=False)
    assert pace.wait_s(31, 0.0, edit=False) == pytest.approx(1 / 29)


@pytest.mark.parametrize("chat", [CHAT, GROUP])
def test_no_limit_of_telegram_is_exceeded(chat: int) -> None:
    """Whatever is asked for, and however late calls arrive, Telegram's own count stays below."""
    clock = [0.0]
    limits = Limits(lambda: clock[0])
    pace, dice = Pace(Pacing()), Random(7)  # noqa: S311 - nothing secret
    made: list[float] = []
    at = 0.0
    while at < 300:
        edit, urgent = dice.random() < 0.5, dice.random() < 0.5
        if pace.wait_s(chat, at, edit=edit, urgent=urgent) == 0:
            pace.spend(chat, at, edit=edit)
            made.append(at + dice.random() * 0.3)
        at += dice.choice([0.0, 0.1, 0.7, 3.0])
    for clock[0] in sorted(made):
        limits.retry_after_s(chat)
    assert limits.violations == 0
    assert len(made) > 60


async def test_who_is_answered_goes_before_cards() -> None:
    """While somebody waits to be answered no card takes their turn."""
    pace = Pace(Pacing(chat_per_s=5.0, chat_burst=1))
    await pace.answer(CHAT)
    async with asyncio.TaskGroup() as group:
        said = group.create_task(pace.answer(CHAT))
        await asyncio.sleep(0.1)
        card = group.create_task(pace.turn(CHAT, edit=False))
        done, _ = await asyncio.wait([said, card], return_when=asyncio.FIRST_COMPLETED)
        assert done == {said}


def test_a_pause_is_for_the_chat_alone() -> None:
    """One chat told to wait holds up nobody else, and the longer pause counts."""
    pace = Pace(Pacing())
    pace.pause(CHAT, 0.0, 30.0)
    pace.pause(CHAT, 1.0, 5.0)
    assert pace.wait_s(CHAT, 2.0, edit=True) == 28
    assert pace.wait_s(OTHER, 2.0, edit=False) == 0


def test_after_being_told_to_wait_there_is_no_burst() -> None:
    """A chat that was too fast goes on at its rate."""
    pace = Pace(Pacing())
    pace.pause(CHAT, 0.0, 5.0)
    assert pace.wait_s(CHAT, 5.0, edit=False) == 0
    pace.spend(CHAT, 5.0, edit=False)
    assert pace.wait_s(CHAT, 5.0, edit=False) == pytest.approx(1.0)


def test_two_chats_told_to_wait_mean_everybody() -> None:
    """A second chat told so within seconds pauses all; long after, it does not."""
    pace = Pace(Pacing())
    pace.pause(CHAT, 0.0, 30.0)
    pace.pause(OTHER, 1.0, 10.0)
    assert pace.wait_s(99, 2.0, edit=False) == 9
    late = Pace(Pacing())
    late.pause(CHAT, 0.0, 5.0)
    late.pause(OTHER, 100.0, 10.0)
    assert late.wait_s(99, 101.0, edit=False) == 0


def test_pauses_double_up_to_a_limit_with_jitter() -> None:
    """Each pause is between half and the whole of what it may be; a success starts anew."""
    backoff = Backoff(1.0, 8.0)
    pauses = [backoff.next_s() for _ in range(6)]
    for pause, whole in zip(pauses, [1, 2, 4, 8, 8, 8], strict=True):
        assert whole / 2 <= pause <= whole
    backoff.reset()
    assert backoff.next_s() <= 1.0
