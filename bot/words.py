"""Times, shares and names as people read them. Pure functions."""

import html
from datetime import datetime, tzinfo

ELLIPSIS = "…"


def clock_time(at: datetime, *, day: datetime, zone: tzinfo | None) -> str:
    """Return a time as read on a day: "14:32", or "21 Nov 14:32" on another one.

    `day` is when the message was sent, which the chat shows beside it.
    """
    local, shown = at.astimezone(zone), day.astimezone(zone)
    if local.date() == shown.date():
        return f"{local:%H:%M}"
    return f"{local.day} {local:%b %H:%M}"


def percent(share: float) -> str:
    """Return a share of 0 to 1 as "71 %", never rounded up to certainty."""
    return f"{min(99, round(share * 100))} %"


def ordinal(number: int) -> str:
    """Return "1st", "2nd", "3rd", "4th"..."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in {11, 12, 13} else ending}"


def counted(number: int, noun: str) -> str:
    """Return "1 crop", "2 crops"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def short(text: str, units: int) -> str:
    """Return a text of at most so many UTF-16 units, the measure Telegram counts in."""
    if _units(text) <= units:
        return text
    while text and _units(text) >= units:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def safe(text: str, units: int = 60) -> str:
    """Return somebody's text, shortened and harmless inside HTML."""
    return html.escape(short(text, units), quote=False)


def bold(text: str) -> str:
    """Return somebody's text in bold."""
    return f"<b>{safe(text)}</b>"
