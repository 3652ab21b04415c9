"""Texts as they fit and are safe on a phone. Pure functions."""

import html
import re

from markupsafe import Markup

ELLIPSIS = "…"


def ordinal(number: int) -> str:
    """Return "1st", "2nd", "3rd", "4th"..."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in {11, 12, 13} else ending}"


def short(text: str, units: int) -> str:
    """Return a text of at most so many UTF-16 units, the measure Telegram counts in."""
    if _units(text) <= units:
        return text
    while text and _units(text) >= units:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def safe(text: str, units: int = 60) -> Markup:
    """Return somebody's text, shortened and harmless inside HTML."""
    return Markup(html.escape(short(text, units), quote=False))  # noqa: S704 - it is escaped


def bold(text: str) -> Markup:
    """Return somebody's text in bold."""
    return Markup("<b>{}</b>").format(safe(text))


def lines(*parts: Markup | str) -> Markup:
    """Return texts one below the other, without those that are empty."""
    return Markup("\n").join(part for part in parts if part)


def plain(text: str) -> str:
    """Return what HTML says, without its marks."""
    return html.unescape(re.sub(r"</?[a-z]+>", "", text))
