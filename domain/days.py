"""Days as people write them: tomorrow, Friday, 30 Nov, 30.11., 2026-11-30."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

from babel import localedata
from babel.dates import get_day_names, get_month_names

from domain.errors import InvalidError

ENGLISH = "en"
# The longest a day lies ahead that is written without its year.
YEAR = timedelta(days=366)
SHORTEST_NAME = 3
WIDTHS: tuple[Literal["wide", "abbreviated"], ...] = ("wide", "abbreviated")
_NEAR = {"today": 0, "tomorrow": 1, "heute": 0, "morgen": 1, "übermorgen": 2}
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_DOTTED = re.compile(r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\.? ?(?P<year>\d{4})?")
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?:\.|st|nd|rd|th)? (?P<name>[^\W\d]+)\.?,?(?: (?P<year>\d{4}))?"
)
_MONTH_FIRST = re.compile(
    r"(?P<name>[^\W\d]+)\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,?(?: (?P<year>\d{4}))?"
)


def read_day(text: str, *, today: date, language: str = ENGLISH) -> date:
    """Return the day that a text means: the next one, where it leaves a choice.

    Names of days and months are read in English and in one more language, as Babel knows it. Raises
    InvalidError when it is no day, one gone by, or one more than a year ahead.
    """
    found = _read(" ".join(text.casefold().split()), today, language)
    if found is None:
        raise InvalidError(
            "“{text}” is no day I can read. Write today, tomorrow, Friday, 30 Nov or 2026-11-30.",
            text=text.strip()[:40],
        )
    if found < today:
        raise InvalidError("That day is over already.")
    if found - today > YEAR:
        raise InvalidError("That is more than a year ahead.")
    return found


def _read(text: str, today: date, language: str) -> date | None:
    if text in _NEAR:
        return today + timedelta(days=_NEAR[text])
    weekday = _named(text, _days(language))
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday()) % 7)
    for form in (_ISO, _DOTTED, _DAY_FIRST, _MONTH_FIRST):
        if found := form.fullmatch(text):
            return _dated(found.groupdict(), today, language)
    return None


def _dated(parts: Mapping[str, str | None], today: date, language: str) -> date | None:
    """Return the day of this number, month (by number or name) and year, if there is one."""
    name = parts.get("name")
    month = _named(name, _months(language)) if name else int(parts["month"] or 0)
    if month is None:
        return None
    years = [int(parts["year"])] if parts["year"] else [today.year, today.year + 1]
    days: list[date] = []
    for year in years:
        with suppress(ValueError):  # there is no such day that year
            days.append(date(year, month, int(parts["day"] or 0)))
    return next((day for day in days if day >= today), days[-1] if days else None)


def _days(language: str) -> list[Mapping[int, str]]:
    """Return how the days of the week are called, by number."""
    return [get_day_names(w, locale=k) for k in _languages(language) for w in WIDTHS]


def _months(language: str) -> list[Mapping[int, str]]:
    """Return how the months are called, by number."""
    return [get_month_names(w, locale=k) for k in _languages(language) for w in WIDTHS]


def _languages(language: str) -> list[str]:
    """Return in which languages names are read; one that Babel does not know is left out."""
    return [ENGLISH, language] if localedata.exists(language) else [ENGLISH]


def _named(text: str, names: list[Mapping[int, str]]) -> int | None:
    """Return the number of what is called so, in full or by its first letters."""
    text = text.rstrip(".")
    for called in names:
        for number, name in called.items():
            whole = name.casefold().rstrip(".")
            if text == whole or (len(text) >= SHORTEST_NAME and whole.startswith(text)):
                return number
    return None


def end_of_day(now: datetime, zone: tzinfo, *, days: int = 0) -> datetime:
    """Return the midnight that ends today in a zone, or the day so many days from now."""
    after = now.astimezone(zone).date() + timedelta(days=days + 1)
    return datetime.combine(after, time(0), zone)
