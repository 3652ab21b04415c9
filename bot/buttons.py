"""What the buttons say to the bot: `v1:verb:id[:person][:word]`, at most 64 bytes.

The id is that of the question, visit or decision that the verb is about. A person is named by id
and never by place: a card may have changed since it was drawn.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from markupsafe import Markup

from bot.words import plain
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.records import Id

VERSION = "v1"
MAX_BYTES = 64
MARK_DIGITS = 6
_WORD = re.compile(r"[a-z0-9]{1,8}")


class Verb(StrEnum):
    """What a press means.

    IS and NOT concern somebody suggested, SAME and ALSO a namesake, EXPECTED a guest who was
    announced. WRONG says that a visit was recognised wrongly. EARLIER asks for pictures of earlier
    visits. MENU opens and closes a card's further buttons. OPEN and SHUT concern a door.
    """

    NAME = "name"
    IS = "is"
    EXPECTED = "expect"
    NOT = "not"
    ELSE = "else"
    VISITOR = "visitor"
    BLOCK = "block"
    DISMISS = "dismiss"
    NO_FACE = "noface"
    LATER = "later"
    SAME = "same"
    ALSO = "also"
    UNDO = "undo"
    WRONG = "wrong"
    EARLIER = "earlier"
    MENU = "menu"
    OPEN = "open"
    SHUT = "shut"
    PAGE = "page"


_ABOUT_SOMEBODY = {Verb.IS, Verb.EXPECTED, Verb.NOT, Verb.ELSE, Verb.SAME, Verb.ALSO}
_KNOWN = [[verb] for verb in Verb]
_WITH_WORD = {Verb.VISITOR, Verb.LATER, Verb.ALSO, Verb.MENU}


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button: the verb, what it is about, who may be meant, and a word: a choice, or a mark.

    `person_id` is that of a guest where one is EXPECTED.
    """

    verb: Verb
    id: Id
    person_id: Id | None = None
    word: str = ""

    @property
    def data(self) -> str:
        """Return the callback data."""
        parts = (VERSION, self.verb, self.id, self.person_id, self.word)
        return ":".join(part for part in parts if part)


class Pressed(Protocol):
    """What a button says to the bot when it is pressed."""

    @property
    def data(self) -> str:
        """The callback data."""


@dataclass(frozen=True, slots=True)
class Button:
    """One button of a card, or of an answer (bot/commands/buttons.py)."""

    html: Markup
    press: Pressed

    @property
    def text(self) -> str:
        """What stands on it: Telegram takes no marks there."""
        return plain(self.html)


Rows = tuple[tuple[Button, ...], ...]


def read_press(data: str) -> Press:
    """Return what callback data means; raise InvalidError when it is none of ours."""
    version, *parts = data.split(":")
    if version != VERSION or len(data.encode()) > MAX_BYTES or parts[:1] not in _KNOWN:
        raise InvalidError("This button is not valid.")
    verb = Verb(parts[0])
    expected = 2 + (verb in _ABOUT_SOMEBODY) + (verb in _WITH_WORD)
    if len(parts) != expected or (verb in _WITH_WORD and not _WORD.fullmatch(parts[-1])):
        raise InvalidError("This button is not valid.")
    return Press(
        verb=verb,
        id=parse_id(parts[1]),
        person_id=parse_id(parts[2]) if verb in _ABOUT_SOMEBODY else None,
        word=parts[-1] if verb in _WITH_WORD else "",
    )


def name_mark(name: str) -> str:
    """Return a short mark of a name, so that a button can tell whether it is still the one."""
    return hashlib.sha256(name.casefold().encode()).hexdigest()[:MARK_DIGITS]
