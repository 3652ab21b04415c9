"""The days somebody came, drawn as SVG: a column for each week, a square for each day."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

# So many weeks are drawn; squares of SIDE units stand STEP apart.
WEEKS = 16
SIDE, STEP = 14, 18
# From so many visits a day on a square is as full as it gets.
FULL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A day: where it stands, how many visits it had, and how full it is drawn, 0 to FULL."""

    day: date
    visits: int
    level: int
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The last WEEKS weeks until a day, with the months that begin in them and where."""

    width: int
    height: int
    squares: tuple[Square, ...]
    months: tuple[tuple[int, date], ...]
    days: int
    visits: int


def timeline(days: Iterable[date], last: date) -> Timeline:
    """Return the weeks up to the one of `last`, of a day for each visit; weeks begin on Monday."""
    counted = Counter(days)
    first = last - timedelta(days=last.weekday(), weeks=WEEKS - 1)
    drawn = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    seen = {day: counted[day] for day in drawn if counted[day]}
    return Timeline(
        width=WEEKS * STEP,
        height=7 * STEP,
        squares=tuple(_square(day, counted[day], first) for day in drawn),
        months=tuple(((day - first).days // 7 * STEP, day) for day in drawn if day.day == 1),
        days=len(seen),
        visits=sum(seen.values()),
    )


def _square(day: date, visits: int, first: date) -> Square:
    week, weekday = divmod((day - first).days, 7)
    return Square(day=day, visits=visits, level=min(visits, FULL), x=week * STEP, y=weekday * STEP)
