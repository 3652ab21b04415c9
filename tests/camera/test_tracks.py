"""Of each face only a few good crops are chosen, at the right moments."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from camera.crops import Crop
from camera.faces import Box
from camera.tracks import Chosen, Seen, Thinner

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAIR = 0.3


def seen(box: Box, value: float, now: float) -> Seen:
    """Make a face as it is cut from a frame."""
    crop = Crop(np.zeros((2, 2, 3), np.uint8), (0, 0, 1, 1), value)
    return Seen(box, crop, f"{now:.1f}", NOON + timedelta(seconds=now))


def play(
    seconds: float, *, value: Callable[[float], float], rate: float = 5, speed: float = 0
) -> list[tuple[float, Chosen]]:
    """Show one face for some seconds; return what was chosen and when, the end included."""
    thinner, chosen = Thinner(step=1 / rate), []
    count = int(seconds * rate)
    for index in range(count):
        now = index / rate
        face = seen(Box(100 + speed * now, 100, 80, 100), value(now), now)
        chosen += [(now, one) for one in thinner.look([face], now)]
    return chosen + [(seconds, one) for one in thinner.finish()]


def test_a_still_person_gives_one_crop_a_minute() -> None:
    """Somebody who stands still for 150 s in even light is posted at once and twice more."""
    times = [now for now, _ in play(150, value=lambda _: FAIR)]
    assert times == pytest.approx([0.4, 60.4, 120.4])


def test_a_person_who_comes_nearer_is_posted_at_growing_intervals() -> None:
    """A face that gets better all the time is posted after 1, 4 and 15 s, then every 15 s."""
    times = [now for now, _ in play(60, value=lambda now: FAIR * 1.2 ** (now + 1))]
    assert times[:5] == pytest.approx([0.4, 1.4, 5.4, 20.4, 35.4])
    assert len(times) == 7  # one more within the minute, one at the end


@pytest.mark.parametrize("rate", [1, 2, 5, 25])
def test_the_first_good_crop_goes_within_half_a_second(rate: float) -> None:
    """However many frames there are, the first crop is chosen in the last frame in time."""
    now, first = play(4, value=lambda _: FAIR, rate=rate)[0]
    assert now <= 0.5
    assert first.track == 1


def test_the_best_of_the_first_half_second_is_chosen() -> None:
    """The sharp frame among blurred ones is the one that is posted."""
    _, first = play(4, value=lambda now: 0.8 if now == 0.2 else FAIR)[0]
    assert first.seen.frame == "0.2"


def test_a_poor_face_is_given_time_to_become_good() -> None:
    """A face cut off by the edge waits until it is whole; one that stays poor goes after 3 s."""
    now, chosen = play(10, value=lambda now: FAIR if now >= 1 else 0.01)[0]
    assert chosen.seen.crop.value == FAIR
    assert now == pytest.approx(1.4)
    assert play(10, value=lambda _: 0.01)[0][0] == pytest.approx(3)


def test_a_face_seen_once_is_posted_when_its_track_ends() -> None:
    """One frame is enough; nobody is dropped for walking fast."""
    thinner = Thinner(step=0.2)
    assert thinner.look([seen(Box(0, 0, 80, 80), FAIR, 0)], 0) == []
    late = [one for index in range(1, 12) for one in thinner.look([], index / 5)]
    assert [one.track for one in late] == [1]
    assert thinner.finish() == []


def test_a_walking_face_stays_one_track() -> None:
    """A face that moves three of its widths a second is followed at 5 frames a second."""
    assert {one.track for _, one in play(5, value=lambda _: FAIR, speed=240)} == {1}


def test_two_people_are_two_tracks_through_a_short_gap() -> None:
    """Neighbours keep their tracks while one of them is hidden for a second."""
    thinner, chosen = Thinner(step=0.2), []
    for index in range(50):
        now = index / 5
        left = seen(Box(100, 100, 80, 100), FAIR * 1.1**index, now)
        right = seen(Box(300, 100, 80, 100), FAIR * 1.1**index, now)
        chosen += thinner.look([left] if 15 < index < 20 else [right, left], now)
    assert thinner.started == 2
    assert {one.track for one in chosen} == {1, 2}


def test_somebody_who_comes_back_later_is_a_new_track() -> None:
    """After three seconds without a face its track has ended."""
    thinner = Thinner(step=0.2)
    for index in range(5):
        thinner.look([seen(Box(0, 0, 80, 80), FAIR, index / 5)], index / 5)
    thinner.look([seen(Box(0, 0, 80, 80), FAIR, 4)], 4)
    thinner.look([seen(Box(0, 0, 80, 80), FAIR, 4.2)], 4.2)
    assert thinner.started == 2


def test_a_large_and_a_small_face_side_by_side_are_not_one() -> None:
    """A face does not double its size between two frames."""
    thinner = Thinner(step=0.2)
    thinner.look([seen(Box(0, 0, 40, 40), FAIR, 0)], 0)
    thinner.look([seen(Box(35, 0, 120, 120), FAIR, 0.2)], 0.2)
    assert thinner.started == 2
