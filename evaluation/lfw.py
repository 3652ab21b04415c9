"""Labeled Faces in the Wild, and any folder that is laid out like it: NAME/NAME_0001.jpg."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PAIRS = "pairs.txt"


class Pair(NamedTuple):
    """Two images, by their paths below the folder, and whether they show one person."""

    first: str
    second: str
    same: bool


def images(folder: Path) -> dict[str, list[Path]]:
    """Give the images of each person, both in order of name. Raises FileNotFoundError."""
    found = {
        person.name: sorted(person.glob("*.jpg"))
        for person in sorted(folder.iterdir())
        if person.is_dir()
    }
    return {name: paths for name, paths in found.items() if paths}


def pairs(folder: Path) -> list[Pair]:
    """Read the protocol's pairs (pairs.txt); none where the folder has no such file."""
    path = folder / PAIRS
    return list(_pairs(path.read_text(encoding="utf-8"))) if path.is_file() else []


def _pairs(text: str) -> Iterator[Pair]:
    for line in text.splitlines()[1:]:  # the first line counts folds and pairs
        match line.split():
            case [name, first, second]:
                yield Pair(_file(name, first), _file(name, second), same=True)
            case [name, first, other, second]:
                yield Pair(_file(name, first), _file(other, second), same=False)
            case _:
                raise ValueError(f"not a pair of LFW: {line!r}")


def _file(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"
