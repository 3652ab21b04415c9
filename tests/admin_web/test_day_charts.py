"""Where the parts of the charts of what happened stand."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_web.day_charts import columns, interval, truth, week

DAYS = [date(2026, 11, 23), date(2026, 11, 24)]


def test_columns_stand_upon_one_another() -> None:
    """The first kind at the bottom; a day without anything has no part, but a row."""
    chart = columns(DAYS, (("tone-1", [6, 0]), ("tone-2", [4, 0])))
    (low, one), (high, two) = chart.shapes
    assert (low, high) == ("tone-1", "tone-2")
    assert one.count("M") == two.count("M") == 1
    top, height = float(two.split()[1].split("h")[0]), float(two.split("v")[1].split("h")[0])
    assert top + height == pytest.approx(float(one.split()[1].split("h")[0]), abs=0.02)
    assert chart.rows == (("Mon 23 Nov", (6, 4)), ("Tue 24 Nov", (0, 0)))
    assert [day.said for day in chart.days] == ["Mon 23 Nov: 4 + 6", "Tue 24 Nov: 0 + 0"]
    assert chart.levels[-1].text == "10"


def test_ninety_days_have_few_labels() -> None:
    """The last day has one, and they do not run into one another."""
    days = [date.fromordinal(738_000 + n) for n in range(90)]
    chart = columns(days, (("tone-1", [1] * 90),))
    assert len(chart.ticks) <= 7
    last = days[-1]
    assert chart.ticks[-1].text == f"{last.day} {last:%b}"


def test_hours_of_the_week_are_darker_for_more() -> None:
    """A single arrival can be told from none; every hour is there, and in the table."""
    hours = [[0] * 24 for _ in range(7)]
    hours[0][9], hours[6][23] = 100, 1
    chart = week(hours)
    kinds = {cell.said: cell.kind for cell in chart.cells}
    assert len(kinds) == 7 * 24
    assert kinds["Mon 09:00: 100"] == "level-5"
    assert kinds["Sun 23:00: 1"] == "level-1"
    assert kinds["Mon 10:00: 0"] == "level-0"
    assert dict(chart.rows)["Sun"][23] == 1


def test_a_percentage_that_is_true_stands_on_the_diagonal() -> None:
    """Tenths that nobody has said anything of are left out; more answers, larger dots."""
    chart = truth((0, 0, 0, 0, 0, 11, 0, 0, 0, 190), (0, 0, 0, 0, 0, 9, 0, 0, 0, 10))
    half, sure = chart.bands
    assert (half.said, half.total, sure.total) == ("50 to 60 %", 20, 200)
    assert half.share == pytest.approx(0.55)
    middle = chart.bottom - (half.x - chart.left) / (chart.right - chart.left) * (
        chart.bottom - chart.top
    )
    assert half.y == pytest.approx(middle, abs=0.1)
    assert sure.radius > half.radius
    assert sure.bottom - sure.top < half.bottom - half.top
    assert truth((), ()).bands == ()


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_an_interval_holds_its_share(total: int, right: int) -> None:
    """And is one of shares."""
    right = min(right, total)
    low, high = interval(right, total)
    assert 0 <= low <= right / total + 1e-9
    assert right / total - 1e-9 <= high <= 1
