"""Hours of the week mean what they say, in the zone, also overnight and when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidError
from domain.hours import DAY_MINUTES, parse_hours, within, write_hours
from domain.records import Hours

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WEEK = 7 * DAY_MINUTES
written = st.builds(
    Hours,
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    start=st.integers(0, DAY_MINUTES - 1),
    end=st.integers(0, DAY_MINUTES),
)


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("mon-fri 07:00-19:00", (0, 1, 2, 3, 4), 420, 1140),
        ("Sat,Sun  9:30-13:00", (5, 6), 570, 780),
        ("fri-mon 22:00-06:00", (0, 4, 5, 6), 1320, 360),
        ("wed 00:00-24:00", (2,), 0, 1440),
        ("mon-sun,tue 00:00-00:00", (0, 1, 2, 3, 4, 5, 6), 0, 0),
    ],
)
def test_hours_are_read(text: str, days: tuple[int, ...], start: int, end: int) -> None:
    """Days by their names, alone or from one to another; times of 24 hours."""
    assert parse_hours(text) == Hours(days=days, start=start, end=end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "always",
        "mon-fri",
        "07:00-19:00",
        "mon 7-19",
        "mon 07:00-25:00",
        "mon 07:60-08:00",
        "mon 24:00-08:00",
        "mo 07:00-08:00",
        "mon- 07:00-08:00",
        "-mon 07:00-08:00",
        "mon--fri 07:00-08:00",
        ",mon 07:00-08:00",
        "mon 07:00 - 19:00 tue",
    ],
)
def test_what_is_unclear_is_refused(text: str) -> None:
    """Rather than understood as something."""
    with pytest.raises(InvalidError, match="written as in"):
        parse_hours(text)


@given(written)
def test_hours_are_written_as_they_are_read(hours: Hours) -> None:
    """What `usher door list` shows can be given to `usher door add`."""
    assert parse_hours(write_hours(hours)) == hours


@given(written, st.integers(0, WEEK - 1))
def test_a_minute_is_within_if_a_span_covers_it(hours: Hours, minute: int) -> None:
    """Each day's span, laid out on the minutes of the week, round and round."""
    length = hours.end - hours.start
    if length <= 0:
        length += DAY_MINUTES
    covered = {
        (day * DAY_MINUTES + hours.start + n) % WEEK for day in hours.days for n in range(length)
    }
    assert within([hours], MONDAY + minute * MINUTE, UTC) is (minute in covered)


@given(st.lists(written, max_size=3), st.integers(0, WEEK - 1))
def test_any_of_several_is_enough(hours: list[Hours], minute: int) -> None:
    """And none at all is always."""
    at = MONDAY + minute * MINUTE
    assert within(hours, at, UTC) is (not hours or any(within([one], at, UTC) for one in hours))


def test_the_clock_on_the_wall_counts() -> None:
    """Seven in Berlin is six in UTC in winter and five in summer."""
    hours = [parse_hours("mon-sun 07:00-08:00")]
    winter, summer = (
        datetime(2026, 1, 5, 6, 30, tzinfo=UTC),
        datetime(2026, 7, 6, 5, 30, tzinfo=UTC),
    )
    assert within(hours, winter, BERLIN)
    assert within(hours, summer, BERLIN)
    assert not within(hours, winter, UTC)


def test_nights_in_which_the_clock_is_changed() -> None:
    """The hour that comes twice is within twice; the one that is left out is missed by nobody."""
    hours = [parse_hours("sun 02:00-03:00")]
    first, second = (datetime(2026, 10, 25, h, 30, tzinfo=UTC) for h in (0, 1))
    assert within(hours, first, BERLIN)
    assert within(hours, second, BERLIN)
    spring = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert not any(within(hours, spring + n * MINUTE, BERLIN) for n in range(180))
