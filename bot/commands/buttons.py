"""Buttons of the answers to commands: `v1:verb:word...`, at most 64 bytes.

They share the form of the cards' buttons (bot/buttons.py), and no verb.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from markupsafe import Markup

from bot.buttons import MAX_BYTES, VERSION, Button
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.records import Id


class Do(StrEnum):
    """What a press asks for."""

    DAY = "day"
    PEOPLE = "people"
    PERSON = "person"
    PHOTOS = "photos"
    VISITS = "visits"
    PENDING = "pending"
    AT = "at"
    TO = "to"
    ANOTHER = "another"
    TOLD = "told"
    DONE = "done"
    SET = "set"
    RENAME = "rename"
    ALSO = "another-so"
    MERGE = "merge"
    WHOM = "whom"
    INTO = "into"
    ONE = "one"
    FORGET = "forget"
    FORGOTTEN = "forgotten"
    CLOSE = "close"
    MUTE = "mute"
    QUIET = "quiet"
    ALERTS = "alerts"
    UNWATCH = "unwatch"
    LANGUAGE = "language"
    LEAVE = "leave"
    GUEST_AT = "guest-at"
    CALL_OFF = "call-off"
    BACK = "back"


def _page(word: str) -> str:
    """Check where a list goes on: an id, or nothing at its start."""
    return parse_id(word) if word else word


def _day(word: str) -> str:
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError:
        raise InvalidError("This button is not valid.") from None


def _word(word: str) -> str:
    """Take a word whose meaning whoever acts on it checks."""
    return word


def _among(*words: str) -> Callable[[str], str]:
    """Return a check for one of these words."""

    def check(word: str) -> str:
        if word not in words:
            raise InvalidError("This button is not valid.")
        return word

    return check


_FORM: dict[Do, tuple[Callable[[str], str], ...]] = {
    Do.DAY: (_day,),
    Do.PEOPLE: (_page,),
    Do.PERSON: (parse_id,),
    Do.PHOTOS: (parse_id,),
    Do.VISITS: (parse_id,),
    Do.PENDING: (),
    Do.AT: (parse_id, parse_id),
    Do.TO: (parse_id, parse_id),
    Do.ANOTHER: (parse_id,),
    Do.TOLD: (parse_id, _among("yes", "no", "out")),
    Do.DONE: (parse_id,),
    Do.SET: (parse_id, _among("block", "known", "dismiss")),
    Do.RENAME: (parse_id,),
    Do.ALSO: (parse_id,),
    Do.MERGE: (parse_id,),
    Do.WHOM: (parse_id,),
    Do.INTO: (parse_id, parse_id),
    Do.ONE: (parse_id, parse_id),
    Do.FORGET: (parse_id,),
    Do.FORGOTTEN: (parse_id,),
    Do.CLOSE: (),
    Do.MUTE: (_word,),
    Do.QUIET: (_among("digest", "off", "house"),),
    Do.ALERTS: (_among("strangers", "blocked", "nobody"),),
    Do.UNWATCH: (parse_id,),
    Do.LANGUAGE: (_word,),
    Do.LEAVE: (),
    Do.GUEST_AT: (parse_id, parse_id),
    Do.CALL_OFF: (parse_id,),
    Do.BACK: (parse_id,),
}
PATTERN = re.compile(rf"^{VERSION}:({'|'.join(Do)})(:|$)")


@dataclass(frozen=True, slots=True)
class Tap:
    """A press of one of these buttons: what it asks for, and of whom or what."""

    do: Do
    words: tuple[str, ...] = ()

    @property
    def data(self) -> str:
        """Return the callback data."""
        return ":".join((VERSION, self.do, *self.words))

    @property
    def id(self) -> Id:
        """Whom or what it is about first."""
        return Id(self.words[0])


def read_tap(data: str) -> Tap:
    """Return what callback data asks for; raise InvalidError when it is none of ours."""
    version, _, rest = data.partition(":")
    verb, *words = rest.split(":")
    if version != VERSION or len(data.encode()) > MAX_BYTES or verb not in set(Do):
        raise InvalidError("This button is not valid.")
    form = _FORM[Do(verb)]
    if len(words) != len(form):
        raise InvalidError("This button is not valid.")
    return Tap(Do(verb), tuple(check(word) for check, word in zip(form, words, strict=True)))


def button(html: Markup, do: Do, *words: str) -> Button:
    """Return a button."""
    return Button(html, Tap(do, words))
