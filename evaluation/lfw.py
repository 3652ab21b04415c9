"""Labeled Faces in the Wild, and any folder that is laid out like it: NAME/NAME_0001.jpg."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

PAIRS = "pairs.txt"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})

DRAWN_FOLDS = 10
DRAWN_PAIRS = 300
"""Of each kind in a fold, as LFW has them."""
MOST_PAIRED = 200
ROUNDS = 500
SEED = 1


class NotLaidOut(Exception):  # noqa: N818 - it is said as it is meant
    """The folder is not one of people with pictures; the message says what was expected."""


class Pair(NamedTuple):
    """Two images, by their paths below the folder, and whether they show one person."""

    first: str
    second: str
    same: bool


@dataclass(frozen=True, slots=True)
class People:
    """A folder of people: the paths of their images below it, both in order of name."""

    folder: Path
    images: Mapping[str, Sequence[str]]

    @property
    def paths(self) -> dict[str, Path]:
        """Give the file of every image by its path below the folder."""
        return {name: self.folder / name for names in self.images.values() for name in names}

    def with_at_least(self, count: int) -> dict[str, Sequence[str]]:
        """Give the people who have so many images."""
        return {name: images for name, images in self.images.items() if len(images) >= count}


class Protocol(NamedTuple):
    """Pairs in folds. `drawn` is true where they were drawn because there is no pairs.txt."""

    folds: list[list[Pair]]
    drawn: bool

    @property
    def pairs(self) -> list[Pair]:
        """Give all the pairs, fold after fold."""
        return [pair for fold in self.folds for pair in fold]


def images(folder: Path) -> dict[str, list[Path]]:
    """Give the images of each person, both in order of name. Raises FileNotFoundError."""
    found = {
        person.name: sorted(path for path in person.iterdir() if path.suffix.lower() in SUFFIXES)
        for person in sorted(folder.iterdir())
        if person.is_dir()
    }
    return {name: paths for name, paths in found.items() if paths}


def people(folder: Path) -> People:
    """Read the folder. Raises NotLaidOut where it holds no people."""
    found = images(folder) if folder.is_dir() else {}
    if not found:
        raise NotLaidOut(
            f"{folder} has no people in it: a folder for each person is expected, "
            "with their pictures inside, as NAME/NAME_0001.jpg."
        )
    return People(
        folder,
        {
            name: [path.relative_to(folder).as_posix() for path in paths]
            for name, paths in found.items()
        },
    )


def pairs(folder: Path) -> list[Pair]:
    """Read the protocol's pairs (pairs.txt); none where the folder has no such file."""
    path = folder / PAIRS
    return list(_pairs(path.read_text(encoding="utf-8"))) if path.is_file() else []


def protocol(known: People) -> Protocol:
    """Give the pairs in their folds: those of pairs.txt, or drawn ones where there is none.

    Raises NotLaidOut where pairs.txt cannot be read, names an image that is not there, or where
    nobody has two images or there is but one person.
    """
    path = known.folder / PAIRS
    if not path.is_file():
        return Protocol(draw(known), drawn=True)
    try:
        read = pairs(known.folder)
        folds = _in_folds(read, path)
    except ValueError as error:
        raise NotLaidOut(f"{path} is not LFW's list of pairs: {error}.") from error
    there = {_stem(name): name for name in known.paths}
    missing = [name for pair in read for name in pair[:2] if _stem(name) not in there]
    if missing:
        raise NotLaidOut(f"{path} names {missing[0]}, which is not in the folder.")
    return Protocol([[_found(pair, there) for pair in fold] for fold in folds], drawn=False)


def _found(pair: Pair, there: Mapping[str, str]) -> Pair:
    return Pair(there[_stem(pair.first)], there[_stem(pair.second)], pair.same)


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def draw(known: People, *, seed: int = SEED) -> list[list[Pair]]:
    """Draw folds that share no person, each with up to 300 pairs of one person and as many of two.

    The same seed draws the same pairs. Raises NotLaidOut where there is nothing to pair.
    """
    chance = np.random.default_rng(seed)
    several = sorted(known.with_at_least(2))
    others = sorted(set(known.images) - set(several))
    if not several or len(known.images) < 2:  # noqa: PLR2004 - nobody to compare with
        raise NotLaidOut(
            f"{known.folder} has nothing to compare: two people are needed, one with two pictures."
        )
    count = max(1, min(DRAWN_FOLDS, len(several) // 2))
    dealt = [*chance.permutation(several), *chance.permutation(others)]
    return [_fold(known, [str(name) for name in dealt[at::count]], chance) for at in range(count)]


def _fold(known: People, names: Sequence[str], chance: np.random.Generator) -> list[Pair]:
    same = [
        Pair(first, second, same=True)
        for name in names
        for first, second in combinations(known.images[name], 2)
    ]
    if len(same) > DRAWN_PAIRS:
        same = [same[row] for row in sorted(chance.permutation(len(same))[:DRAWN_PAIRS])]
    return same + list(islice(_different(known, names, chance), len(same)))


def _different(known: People, names: Sequence[str], chance: np.random.Generator) -> Iterator[Pair]:
    """Draw pairs of two people; no two people a second time until all have been paired."""
    some = [str(name) for name in chance.permutation(list(names))[:MOST_PAIRED]]
    couples = list(combinations(some, 2))
    seen: set[Pair] = set()
    for _ in range(ROUNDS):
        for row in chance.permutation(len(couples)):
            first, second = (_any(known.images[name], chance) for name in couples[row])
            pair = Pair(first, second, same=False)
            if pair not in seen:
                seen.add(pair)
                yield pair


def _any(names: Sequence[str], chance: np.random.Generator) -> str:
    return names[int(chance.integers(len(names)))]


def _in_folds(read: Sequence[Pair], path: Path) -> list[list[Pair]]:
    """Cut the list by its first line: folds and pairs of each kind, or the latter alone."""
    head = path.read_text(encoding="utf-8").partition("\n")[0].split()
    if not (1 <= len(head) <= 2 and all(word.isdigit() for word in head)):  # noqa: PLR2004
        raise ValueError("its first line must say how many folds and pairs there are")
    count, each = int(head[0]) if len(head) > 1 else 1, int(head[-1])
    size = 2 * each
    if len(read) != count * size:
        raise ValueError(f"its first line promises {count * size} pairs, it has {len(read)}")
    return [list(read[start : start + size]) for start in range(0, len(read), size)]


def _pairs(text: str) -> Iterator[Pair]:
    for line in text.splitlines()[1:]:  # the first line counts folds and pairs
        match line.split():
            case [name, first, second] if first.isdigit() and second.isdigit():
                yield Pair(_file(name, first), _file(name, second), same=True)
            case [name, first, other, second] if first.isdigit() and second.isdigit():
                yield Pair(_file(name, first), _file(other, second), same=False)
            case _:
                raise ValueError(f"not a pair of LFW: {line!r}")


def _file(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"
