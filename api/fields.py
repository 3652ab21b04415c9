"""The values that come beside an image or in a query, checked strictly."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from api.problems import ProblemError
from domain.errors import InvalidError
from domain.ids import parse_id
from domain.records import DetectionStatus, Id

T = TypeVar("T")
Box = tuple[int, int, int, int]

LONGEST: Final = 100
POST_FIELDS: Final = frozenset({"captured_at", "track", "frame", "box"})
# RFC 3339, section 5.6. Of ISO 8601, which is wider, nothing else.
_RFC_3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_BOX: Final = re.compile(r"[0-9]{1,6}(,[0-9]{1,6}){3}")
_IDEMPOTENCY_KEY: Final = re.compile(r"[\x20-\x7e]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFields:
    """What a camera says of its crops."""

    captured_at: datetime | None = None
    track: str | None = None
    frame: str | None = None
    box: Box | None = None


def collect(name: str, value: str, into: dict[str, str], allowed: frozenset[str]) -> None:
    """Keep a field under its name; raise ProblemError when it is unknown or came before."""
    if name not in allowed:
        raise unknown(name, allowed)
    if name in into:
        raise ProblemError("field-doubled", f"{name} is given twice.", field=name)
    into[name] = value


def unknown(name: str, allowed: frozenset[str]) -> ProblemError:
    """Return the refusal of a field, which says what may stand there."""
    shown = name[:LONGEST]
    known = ", ".join(sorted(allowed)) or "none"
    return ProblemError(
        "field-unknown", f"There is no field {shown!r} here; there is: {known}.", field=shown
    )


def post_fields(raw: Mapping[str, str]) -> PostFields:
    """Return the fields of a post; raise ProblemError naming the first bad one."""
    return PostFields(
        captured_at=parsed(raw, "captured_at", moment),
        track=parsed(raw, "track", name),
        frame=parsed(raw, "frame", name),
        box=parsed(raw, "box", box),
    )


def parsed(raw: Mapping[str, str], field: str, parse: Callable[[str], T]) -> T | None:
    """Return a field's value, None where it is not given; raise ProblemError naming the field."""
    if field not in raw:
        return None
    try:
        return parse(raw[field])
    except (ValueError, InvalidError) as error:
        raise ProblemError("field-invalid", f"{field}: {error}", field=field) from error


def moment(text: str) -> datetime:
    """Return the time in UTC that an RFC 3339 text means; finer than microseconds is cut off."""
    if not _RFC_3339.fullmatch(text):
        raise ValueError(
            "not a time of RFC 3339 with a zone, such as 2026-11-22T14:32:05.123Z"
            " (in an address, + is written %2B)"
        )
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("there is no such time") from error


def name(text: str) -> str:
    """Return the text if it can name a track or a frame."""
    if not 1 <= len(text) <= LONGEST or not text.isprintable():
        raise ValueError(f"1 to {LONGEST} printable characters are wanted")
    return text


def box(text: str) -> Box:
    """Return x, y, width and height, in pixels of the camera's frame."""
    if not _BOX.fullmatch(text):
        raise ValueError("x,y,w,h is wanted: four whole numbers of pixels, none negative")
    x, y, width, height = map(int, text.split(","))
    return x, y, width, height


def whole(text: str, *, least: int, most: int) -> int:
    """Return a whole number within bounds."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ValueError(f"a whole number from {least} to {most} is wanted")
    return int(text)


def status(text: str) -> DetectionStatus:
    """Return the status of this name."""
    if text not in set(DetectionStatus):
        raise ValueError("one of " + ", ".join(DetectionStatus) + " is wanted")
    return DetectionStatus(text)


def id_of(text: str) -> Id:
    """Return the id that the text is."""
    return parse_id(text)


def idempotency_key(values: list[str]) -> str | None:
    """Return the key of the request, if it has one; raise ProblemError when it is no good."""
    if not values:
        return None
    if len(values) > 1 or not _IDEMPOTENCY_KEY.fullmatch(values[0]):
        raise ProblemError(
            "idempotency-key-invalid", "One Idempotency-Key of 1 to 200 ASCII characters is wanted."
        )
    return values[0]
