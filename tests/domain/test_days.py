"""Days are read as people write them, and refused with a sentence that helps."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.days import end_of_day, read_day
from domain.errors import InvalidError
from domain.guests import read_guest

TUESDAY = date(2026, 11, 24)
FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", TUESDAY),
        (" Tomorrow ", date(2026, 11, 25)),
        ("heute", TUESDAY),
        ("übermorgen", date(2026, 11, 26)),
        ("Friday", FRIDAY),
        ("fri", FRIDAY),
        ("Freitag", FRIDAY),
        ("Fr.", FRIDAY),
        ("tuesday", TUESDAY),
        ("2026-11-30", MONDAY),
        ("30.11.", MONDAY),
        ("30.11", MONDAY),
        ("30. 11. 2026", MONDAY),
        ("30 Nov", MONDAY),
        ("30th November", MONDAY),
        ("November 30, 2026", MONDAY),
        ("30. Nov.", MONDAY),
        ("3 März", date(2027, 3, 3)),
        ("24.11.", TUESDAY),
        ("23.11.", date(2027, 11, 23)),
        ("23 nov 2027", date(2027, 11, 23)),
    ],
)
def test_a_day_is_read(text: str, day: date) -> None:
    """The next of that name or number, today included; in English and in one's own language."""
    assert read_day(text, today=TUESDAY, language="de") == day


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("someday", "Write today, tomorrow, Friday, 30 Nov or 2026-11-30"),
        ("", "no day I can read"),
        ("5", "no day I can read"),
        ("31 Feb", "no day I can read"),
        ("32.13.", "no day I can read"),
        ("11/30/2026", "no day I can read"),
        ("30 Xyz", "no day I can read"),
        ("23.11.2026", "over already"),
        ("2027-11-26", "more than a year"),
        ("9999-12-31", "more than a year"),
    ],
)
def test_what_is_no_day_is_refused(text: str, said: str) -> None:
    """With what can be read instead."""
    with pytest.raises(InvalidError, match=said):
        read_day(text, today=TUESDAY)


@given(st.dates(TUESDAY, TUESDAY + timedelta(days=360)))
def test_every_day_is_read_however_it_is_written(day: date) -> None:
    """Of the year to come, with its year or without."""
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.", "%d %B", "%b %d", "%d %b %Y"):
        assert read_day(day.strftime(form), today=TUESDAY) == day


@given(st.text(max_size=30))
def test_any_text_is_a_day_or_refused(text: str) -> None:
    """Never anything else."""
    with suppress(InvalidError):
        assert read_day(text, today=TUESDAY, language="xx") >= TUESDAY


def test_a_language_that_nobody_knows_leaves_english() -> None:
    """A client may say anything of its language."""
    assert read_day("Friday", today=TUESDAY, language="../../x") == FRIDAY


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bob on Friday", "Bob"),
        ("Bob Miller on 27 Nov", "Bob Miller"),
        ("Bob am 27.11.", "Bob"),
        ("Bob   friday", "Bob"),
        ("Bob Miller 27 Nov 2026", "Bob Miller"),
        ("Jean on the Hill on fri", "Jean on the Hill"),
    ],
)
def test_a_guest_is_read(text: str, name: str) -> None:
    """A name and a day, with "on" between them or without."""
    assert read_guest(text, today=TUESDAY) == (name, FRIDAY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "who comes, and when"),
        ("Bob", "who comes, and when"),
        ("Friday", "who comes, and when"),
        ("Bob on someday", "no day I can read"),
        (f"{'x' * 81} on Friday", "80 characters"),
    ],
)
def test_a_guest_without_a_name_or_a_day_is_refused(text: str, said: str) -> None:
    """With an example, or with what is wrong."""
    with pytest.raises(InvalidError, match=said):
        read_guest(text, today=TUESDAY)


def test_a_day_ends_at_midnight_where_people_are() -> None:
    """Also on the long day when the clocks go back, and so many days from now."""
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    assert end_of_day(evening, berlin) == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert end_of_day(evening, UTC) == datetime(2026, 10, 25, tzinfo=UTC)
    assert end_of_day(evening, berlin, days=7) == datetime(2026, 11, 1, 23, tzinfo=UTC)
