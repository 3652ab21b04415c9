"""What the documents say, taken apart."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: its language and its text."""

    language: str
    text: str


def read(name: str) -> str:
    """Return the text of a page, by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [Block(*found) for found in _BLOCK.findall(text)]


def spans(text: str) -> list[str]:
    """Return what stands between single backticks."""
    return _SPAN.findall(_BLOCK.sub("", text))


def code(text: str) -> list[str]:
    """Return every line that is code: of blocks, of spans, and indented ones."""
    fenced = [line for block in blocks(text) for line in block.text.splitlines()]
    indented = re.findall(r"^ {4}(\S.*)$", _BLOCK.sub("", text), re.MULTILINE)
    return [*fenced, *spans(text), *indented]
