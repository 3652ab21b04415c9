"""Hours of the week, as people write them: "mon-fri 07:00-19:00". Pure functions."""

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo

from domain.errors import InvalidError
from domain.records import Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WRITTEN = re.compile(r"([a-z,-]+) +(\d\d?):(\d\d)-(\d\d?):(\d\d)")
DAY_MINUTES = 24 * 60


def parse_hours(text: str) -> Hours:
    """Return the hours that a text means; raise InvalidError when it means none."""
    found = _WRITTEN.fullmatch(" ".join(text.lower().split()))
    if found is None:
        raise _unclear(text)
    start, end = _minutes(found[2], found[3], text), _minutes(found[4], found[5], text)
    if start == DAY_MINUTES:
        raise _unclear(text)
    days = {day for part in found[1].split(",") for day in _days(part, text)}
    return Hours(days=tuple(sorted(days)), start=start, end=end)


def _unclear(text: str) -> InvalidError:
    return InvalidError(
        "Hours are written as in mon-fri 07:00-19:00 or sat,sun 22:00-06:00, not as in {text}.",
        text=text,
    )


def _minutes(hours: str, minutes: str, text: str) -> int:
    total = int(hours) * 60 + int(minutes)
    if int(minutes) >= 60 or total > DAY_MINUTES:  # noqa: PLR2004 - minutes of an hour
        raise _unclear(text)
    return total


def _days(part: str, text: str) -> list[int]:
    """Return the days of "mon" or "fri-mon"."""
    first, dash, last = part.partition("-")
    last = last if dash else first
    if first not in DAYS or last not in DAYS:
        raise _unclear(text)
    start = DAYS.index(first)
    length = (DAYS.index(last) - start) % len(DAYS) + 1
    return [(start + n) % len(DAYS) for n in range(length)]


def write_hours(hours: Hours) -> str:
    """Return hours as `parse_hours` reads them."""
    days = ",".join(DAYS[day] for day in hours.days)
    return f"{days} {_clock(hours.start)}-{_clock(hours.end)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def within(hours: Sequence[Hours], at: datetime, zone: tzinfo | None) -> bool:
    """Tell whether a moment is within any of the hours; without any it always is.

    What counts is what the clock on the wall says in the zone (None: this machine's), also in the
    nights when it is changed.
    """
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return not hours or any(_holds(one, local.weekday(), minute) for one in hours)


def _holds(hours: Hours, day: int, minute: int) -> bool:
    if hours.start < hours.end:
        return day in hours.days and hours.start <= minute < hours.end
    yesterday = (day - 1) % len(DAYS)
    return (day in hours.days and minute >= hours.start) or (
        yesterday in hours.days and minute < hours.end
    )
