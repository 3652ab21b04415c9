"""Telegram's limits, with a clock that the test moves."""

import pytest

from bot.backoff import Backoff
from bot.options import Pacing
from bot.pace import Pace

CHAT, OTHER, GROUP = 1, 2, -3


def _sent(pace: Pace, chat: int, seconds: int, *, edit: bool = False) -> int:
    """Return how many messages go out when there is always one more to send."""
    sent, tick = 0, 0
    while tick < seconds * 100:
        while pace.wait_s(chat, tick / 100, edit=edit) == 0:
            pace.spend(chat, tick / 100, edit=edit)
            sent += 1
        tick += 1
    return sent


def test_a_private_chat_has_a_burst_and_then_one_a_second() -> None:
    """Twenty at once, then one each second."""
    assert _sent(Pace(Pacing()), CHAT, 30) == pytest.approx(20 + 29, abs=1)


def test_a_group_has_twenty_a_minute() -> None:
    """Edits count too in a group."""
    pace = Pace(Pacing())
    assert _sent(pace, GROUP, 60) == pytest.approx(20 + 19, abs=1)
    pace.spend(GROUP, 60.0, edit=False)
    assert pace.wait_s(GROUP, 60.0, edit=True) > 1


def test_edits_are_one_a_second_and_leave_messages_alone() -> None:
    """A chat being edited can still be written to."""
    pace = Pace(Pacing())
    assert _sent(pace, CHAT, 10, edit=True) == 10
    assert pace.wait_s(CHAT, 10.0, edit=False) == 0


def test_all_chats_together_have_a_limit() -> None:
    """Thirty in a moment, whatever the chat."""
    pace = Pace(Pacing())
    for chat in range(1, 31):
        assert pace.wait_s(chat, 0.0, edit=False) == 0
        pace.spend(chat, 0.0, edit=False)
    assert pace.wait_s(31, 0.0, edit=False) == pytest.approx(1 / 30)


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
