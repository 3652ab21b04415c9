"""What managers can say, of a person or in answer to a question."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from domain.days import end_of_day
from domain.errors import InvalidError
from domain.naming import one_line
from domain.records import Decision, Id, Person

NAME_LENGTH = 80
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Name:
    """This is somebody called so. `another` allows a second person of a name already known."""

    name: str
    another: bool = False


@dataclass(frozen=True, slots=True)
class ItIs:
    """This is a person Usher has met; `offered` if only while the question still suggests them."""

    person_id: Id
    offered: bool = False


class Term(StrEnum):
    """How long a visitor is let in."""

    TODAY = "today"
    WEEK = "week"
    ALWAYS = "always"

    def until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return until when that is: days end at midnight in a zone; None is for good."""
        if self is Term.ALWAYS:
            return None
        return end_of_day(now, zone, days=WEEK_DAYS if self is Term.WEEK else 0)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Let in, without a name, until a time; None is always."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Alert every time."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Never ask again."""


@dataclass(frozen=True, slots=True)
class NoFace:
    """A poster or a statue: never ask again, and it is nobody."""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody to let in again, who was blocked or dismissed."""


@dataclass(frozen=True, slots=True)
class IsNot:
    """Not the one asked about; who it is stays open. Counts while the question suggests them."""

    person_id: Id


Verdict = Name | ItIs | Visitor | Block | Dismiss | NoFace | Known
Answer = Verdict | IsNot


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A decision, and who the person is after it.

    `corrected` is how many earlier detections are theirs by this answer.
    """

    decision: Decision
    person: Person
    corrected: int = 0


def clean_name(text: str) -> str:
    """Return a name as it is kept: one line, no doubled or outer spaces, no control characters.

    Raises InvalidError when nothing is left or it is longer than NAME_LENGTH.
    """
    name = one_line(text)
    if not name:
        raise InvalidError("A name needs at least one letter.")
    if len(name) > NAME_LENGTH:
        raise InvalidError("A name has at most {n} characters.", n=NAME_LENGTH)
    return name
