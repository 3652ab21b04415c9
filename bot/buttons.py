"""What the buttons say to the bot: `v1:verb:question[:person[:mark]]`, at most 64 bytes.

A person is named by id and never by place: a card may have changed since it was drawn.
"""

import hashlib
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


class Verb(StrEnum):
    """What a press means. IS and NOT concern somebody suggested, SAME and ALSO a namesake."""

    NAME = "name"
    IS = "is"
    NOT = "not"
    ELSE = "else"
    VISITOR = "visitor"
    BLOCK = "block"
    DISMISS = "dismiss"
    SAME = "same"
    ALSO = "also"


_ABOUT_SOMEBODY = {Verb.IS, Verb.NOT, Verb.ELSE, Verb.SAME, Verb.ALSO}


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button: the verb, the question, whom it is about, and a mark of the name in play."""

    verb: Verb
    question_id: Id
    person_id: Id | None = None
    mark: str = ""

    @property
    def data(self) -> str:
        """Return the callback data."""
        parts = [VERSION, self.verb, self.question_id]
        if self.person_id:
            parts.append(self.person_id)
        if self.mark:
            parts.append(self.mark)
        return ":".join(parts)


class Pressable(Protocol):
    """What a button says to the bot."""

    @property
    def data(self) -> str:
        """The callback data."""


@dataclass(frozen=True, slots=True)
class Button:
    """One button of a card, or of an answer (bot/commands/buttons.py)."""

    html: Markup
    press: Pressable

    @property
    def text(self) -> str:
        """What stands on it: Telegram takes no marks there."""
        return plain(self.html)


Rows = tuple[tuple[Button, ...], ...]


def read_press(data: str) -> Press:
    """Return what callback data means; raise InvalidError when it is none of ours."""
    version, _, rest = data.partition(":")
    parts = rest.split(":")
    if version != VERSION or len(data.encode()) > MAX_BYTES or parts[0] not in set(Verb):
        raise InvalidError("This button is not valid.")
    verb = Verb(parts[0])
    if len(parts) != _expected_parts(verb):
        raise InvalidError("This button is not valid.")
    return Press(
        verb=verb,
        question_id=parse_id(parts[1]),
        person_id=parse_id(parts[2]) if verb in _ABOUT_SOMEBODY else None,
        mark=parts[3] if verb is Verb.ALSO else "",
    )


def _expected_parts(verb: Verb) -> int:
    return 2 + (verb in _ABOUT_SOMEBODY) + (verb is Verb.ALSO)


def name_mark(name: str) -> str:
    """Return a short mark of a name, so that a button can tell whether it is still the one."""
    return hashlib.sha256(name.casefold().encode()).hexdigest()[:MARK_DIGITS]
