"""HTML of messages to text and entities, with offsets in UTF-16 units as Telegram counts them.

The tags and the wording of the refusals are those of Telegram's "HTML style".
"""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from demo.botapi.errors import ApiError, bad_request

Entity = dict[str, Any]

SIMPLE_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "blockquote": "blockquote",
    "a": "text_link",
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s[^<>]*)?)\s*>")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_CHARACTER = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_COMMAND = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w+)?")
_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")
_OPAQUE = ("code", "pre", "text_link")


@dataclass(frozen=True)
class Formatted:
    """Text without markup, and what its parts are."""

    text: str = ""
    entities: tuple[Entity, ...] = ()


@dataclass
class _Open:
    """A start tag that waits for its end tag."""

    name: str
    at_text: int
    at_byte: int
    attributes: dict[str, str]


@dataclass
class _Parse:
    """What was read so far."""

    source: str
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)

    def byte(self, position: int) -> int:
        """Return the byte offset that the refusals speak of."""
        return len(self.source[:position].encode())


def utf16_length(text: str) -> int:
    """Return the length of `text` in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def parse_html(source: str) -> Formatted:
    """Return text and entities; a 400 "can't parse entities" where Telegram refuses the tags."""
    parse = _Parse(source)
    position = 0
    while (start := source.find("<", position)) >= 0:
        parse.text += _characters(source[position:start])
        tag = _TAG.match(source, start)
        if tag is None:
            raise _unreadable_tag(parse, start)
        (_end if tag[1] else _begin)(parse, tag)
        position = tag.end()
    parse.text += _characters(source[position:])
    if parse.stack:
        name = parse.stack[-1].name
        raise _refusal(f'Can\'t find end tag corresponding to start tag "{name}"')
    return trimmed(Formatted(parse.text, tuple(parse.entities)))


def plain(text: str) -> Formatted:
    """Return `text` with the commands and links that Telegram finds by itself."""
    return trimmed(Formatted(text, ()))


def trimmed(formatted: Formatted) -> Formatted:
    """Return it without surrounding white space, entities moved along, links and commands found."""
    text = formatted.text.strip()
    lead = utf16_length(formatted.text[: len(formatted.text) - len(formatted.text.lstrip())])
    length = utf16_length(text)
    entities = [_moved(entity, -lead, length) for entity in formatted.entities]
    kept = [entity for entity in entities if entity["length"] > 0]
    found = [entity for entity in _detected(text) if not _covered(entity, kept)]
    ordered = sorted(kept + found, key=lambda entity: (entity["offset"], -entity["length"]))
    return Formatted(text, tuple(ordered))


def _moved(entity: Entity, by: int, length: int) -> Entity:
    start = max(0, entity["offset"] + by)
    end = min(length, entity["offset"] + by + entity["length"])
    return entity | {"offset": start, "length": end - start}


def _detected(text: str) -> list[Entity]:
    pairs = (("bot_command", _COMMAND), ("url", _LINK))
    return [
        {
            "type": kind,
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match[0]),
        }
        for kind, pattern in pairs
        for match in pattern.finditer(text)
        if kind == "url" or not _inside_link(text, match.start())
    ]


def _inside_link(text: str, position: int) -> bool:
    return any(match.start() < position < match.end() for match in _LINK.finditer(text))


def _covered(entity: Entity, others: list[Entity]) -> bool:
    """Say whether code or a link already stands there: nothing is found inside those."""
    return any(
        other["type"] in _OPAQUE
        and other["offset"] <= entity["offset"] < other["offset"] + other["length"]
        for other in others
    )


def _characters(text: str) -> str:
    """Return `text` with the character references that Telegram knows resolved, others as written.

    `html.unescape` alone would also resolve `&nbsp;` and `&eacute;`, which Telegram leaves alone.
    """
    return _CHARACTER.sub(lambda match: html.unescape(match[0]), text)


def _begin(parse: _Parse, tag: re.Match[str]) -> None:
    name = tag[2].lower()
    attributes = {key.lower(): html.unescape(a or b or c) for key, a, b, c in _attributes(tag[3])}
    spoiler = name != "span" or attributes.get("class") == "tg-spoiler"
    if name not in SIMPLE_TAGS or not spoiler:
        offset = parse.byte(tag.start())
        raise _refusal(f'Unsupported start tag "{name}" at byte offset {offset}')
    parse.stack.append(_Open(name, utf16_length(parse.text), parse.byte(tag.start()), attributes))


def _attributes(text: str) -> list[tuple[str, str, str, str]]:
    return [(m[1], m[2] or "", m[3] or "", m[4] or "") for m in _ATTRIBUTE.finditer(text)]


def _end(parse: _Parse, tag: re.Match[str]) -> None:
    offset = parse.byte(tag.start())
    if not parse.stack:
        raise _refusal(f"Unexpected end tag at byte offset {offset}")
    opened = parse.stack.pop()
    name = tag[2].lower()
    if name != opened.name:
        raise _refusal(
            f"Unmatched end tag at byte offset {offset}, "
            f'expected "</{opened.name}>", found "</{name}>"'
        )
    length = utf16_length(parse.text) - opened.at_text
    entity = {"type": SIMPLE_TAGS[name], "offset": opened.at_text, "length": length}
    if name == "a":
        entity["url"] = opened.attributes.get("href") or parse.text[-length:]
    if name == "blockquote" and "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    if length:
        parse.entities.append(entity)


def _unreadable_tag(parse: _Parse, start: int) -> ApiError:
    offset = parse.byte(start)
    if ">" not in parse.source[start:]:
        return _refusal(f"Unclosed start tag at byte offset {offset}")
    name = re.split(r"[\s>]", parse.source[start + 1 :], maxsplit=1)[0]
    return _refusal(f'Unsupported start tag "{name}" at byte offset {offset}')


def _refusal(text: str) -> ApiError:
    return bad_request(f"can't parse entities: {text}")
