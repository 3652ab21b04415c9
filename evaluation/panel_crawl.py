"""What can be asked of the panel: every door, and what its own pages lead to and search for.

Nothing is named here: a page that is new is found because there is a door to it, and a filter
because a page has it in a form.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np

_PLACE = re.compile(r"\{(\w+)\}")
# Both begin with a time: in seconds, and in milliseconds.
_ID = re.compile(r"\b[0-9a-f]{8}([0-9a-f]{16})\b")
_PLACE_IN_LOG = re.compile(r"^[0-9a-f]{10,12}-")
# Of the ways to ask one page at most so many are kept, and so many addresses of each way.
MOST_WAYS, MOST_EACH = 24, 24
_CURSORS = {"after", "before"}
_TYPED, _CHOSEN = {"text", "search", ""}, {"select", "checkbox", "radio"}


@dataclass(slots=True)
class Field:
    """A field of a form: its kind, and the values it offers."""

    kind: str
    values: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Form:
    """A form that searches: where it asks, and its fields by name."""

    action: str
    fields: dict[str, Field] = field(default_factory=dict)


class Found(HTMLParser):
    """The addresses that a page leads to, and the forms by which it can be searched."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses = list[str]()
        self.forms = list[Form]()
        self._form: Form | None = None
        self._select: Field | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links and fields."""
        has = {name: value or "" for name, value in attrs}
        self.addresses += [has[name] for name in ("href", "src", "hx-get") if has.get(name)]
        if tag == "form":
            reads = has.get("method", "get").lower() == "get"
            self._form = Form(has.get("action", "")) if reads else None
            self.forms += [self._form] if self._form else []
        elif self._form is not None:
            self._note(self._form, tag, has)

    def _note(self, form: Form, tag: str, has: Mapping[str, str]) -> None:
        name = has.get("name", "")
        if tag == "select":
            self._select = form.fields.setdefault(name, Field("select"))
        elif tag == "option" and self._select and has.get("value"):
            self._select.values.append(has["value"])
        elif tag == "input" and name:
            known = form.fields.setdefault(name, Field(has.get("type", "")))
            known.values.append(has.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave a form, or a field of it."""
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What there is: names to type, times within all of it, and ids by the doors they open."""

    names: Sequence[str]
    times: Sequence[float]
    ids: Mapping[str, Sequence[str]]


class Ways:
    """The ways in which one account can ask each door, and addresses of each way."""

    def __init__(self, doors: Sequence[str], hints: Hints, *, seed: int) -> None:
        self._doors = {path: re.compile(_PLACE.sub(r"[^/?#]+", path) + "$") for path in doors}
        self._hints = hints
        self._chance = np.random.default_rng(seed)
        self.addresses = defaultdict[str, list[str]](list)
        for door in doors:
            places = _PLACE.findall(door)
            for id_ in hints.ids.get(door.split("/")[1], ()) if len(places) == 1 else ():
                self.add(_PLACE.sub(id_, door))
            if not places:
                self.add(door)

    def read(self, at: str, html: str) -> None:
        """Note where a page leads, and what its forms can ask."""
        found = Found(html)
        for address in found.addresses:
            self.add(address)
        for form in found.forms:
            for asked in self._asked(form):
                self.add(f"{form.action or urlsplit(at).path}?{urlencode(asked)}")

    def add(self, address: str) -> None:
        """Note an address; of a list that goes on, one in the midst of it."""
        split = urlsplit(address)
        door = self.door(split.path)
        if split.netloc or door is None:
            return
        query = {name: self._deep(name, value) for name, value in parse_qsl(split.query)}
        way = f"{door}?{'&'.join(f'{name}=' for name in sorted(query))}" if query else door
        ways = sum(other.partition("?")[0] == door for other in self.addresses)
        whole = f"{split.path}?{urlencode(query)}" if query else split.path
        if way not in self.addresses and ways >= MOST_WAYS:
            return
        there = self.addresses[way]
        if len(there) < MOST_EACH and whole not in there:
            there.append(whole)

    def door(self, path: str) -> str | None:
        """Return the door that an address is behind; one without a placeholder goes first."""
        if path in self._doors:
            return path
        return next((door for door, shape in self._doors.items() if shape.match(path)), None)

    def unasked(self) -> list[str]:
        """Return the doors to which nothing leads."""
        asked = {way.partition("?")[0] for way in self.addresses}
        return [door for door in self._doors if door not in asked]

    def _asked(self, form: Form) -> Iterator[dict[str, str]]:
        """Fill a form in: each of its fields alone, and all of them."""
        for name, one in form.fields.items():
            offered = one.values if one.kind in _CHOSEN else [self._typed(one.kind)]
            yield from ({name: value} for value in offered if value)
        whole = {name: self._filled(one) for name, one in form.fields.items()}
        several = {name: value for name, value in whole.items() if value}
        if len(several) > 1:
            yield several

    def _filled(self, one: Field) -> str:
        if one.kind in _CHOSEN:
            return str(self._chance.choice(one.values)) if one.values else ""
        return self._typed(one.kind)

    def _typed(self, kind: str) -> str:
        """Return something to type into a field of this kind; nothing where nobody types."""
        at = np.datetime64(int(self._chance.choice(self._hints.times)), "s")
        match kind:
            case "date":
                return str(at.astype("datetime64[D]"))
            case "datetime-local":
                return str(at.astype("datetime64[m]"))
            case _ if kind in _TYPED:
                return str(self._chance.choice(self._hints.names))
            case _:
                return ""

    def _deep(self, name: str, value: str) -> str:
        """Let a list go on somewhere in the midst of it: cursors begin with a time or an id."""
        at = float(self._chance.choice(self._hints.times))
        if name not in _CURSORS:
            return value
        return _PLACE_IN_LOG.sub(f"{int(1000 * at):x}-", _ID.sub(f"{int(at):08x}" + r"\1", value))
