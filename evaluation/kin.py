"""Relatives and children, who are alike more often than strangers are, by file names.

`Family1-Dad2.jpg` is the second picture of the father of the first family. Other files are left
out, for they may show the same people again.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from recognition.engine import Engine

_NAME = re.compile(r"(Family\d+)-([A-Za-z]+)\d+")
_CHILDREN = {"daughter", "son"}


class Member(NamedTuple):
    """A face: its family, who of it, and the unit embedding (d,)."""

    family: str
    who: str
    face: NDArray[np.float32]

    @property
    def child(self) -> bool:
        """Whether it is a child's."""
        return self.who in _CHILDREN


class FalseRate(NamedTuple):
    """Pairs of different people of one kind: how many, the nearest, and how many were as near."""

    kind: str
    pairs: int
    nearest: float
    matched: int
    doubted: int


def read(engine: Engine, folder: Path) -> list[Member]:
    """Find the faces of the labelled pictures below a folder."""
    paths = sorted(path for path in folder.glob("*.jpg") if _label(path.stem))
    found = engine.analyse([path.read_bytes() for path in paths])
    return [
        Member(*label, analysis.face.embedding)
        for path, analysis in zip(paths, found, strict=True)
        if analysis.face is not None and analysis.usable and (label := _label(path.stem))
    ]


def _label(stem: str) -> tuple[str, str] | None:
    found = _NAME.fullmatch(stem)
    return (found[1], found[2].lower()) if found else None


def kinds(one: Member, other: Member) -> Iterator[str]:
    """Give what a pair of different people is an example of."""
    yield "all"
    if one.child and other.child:
        yield "two children"
    if one.family == other.family:
        yield "relatives by blood" if one.child or other.child else "couples"
    elif not (one.child or other.child):
        yield "unrelated adults"


def false_rates(members: Sequence[Member], match: float, unsure: float) -> list[FalseRate]:
    """Count, by kind, the pairs of faces of different people that are taken for one person."""
    distances: dict[str, list[float]] = {}
    for one, other in combinations(members, 2):
        if one[:2] != other[:2]:
            for kind in kinds(one, other):
                distances.setdefault(kind, []).append(1 - float(one.face @ other.face))
    return [
        FalseRate(
            kind=kind,
            pairs=len(found),
            nearest=min(found),
            matched=sum(distance <= match for distance in found),
            doubted=sum(match < distance <= unsure for distance in found),
        )
        for kind, found in distances.items()
    ]


def table(members: Sequence[Member], match: float, unsure: float) -> Table:
    """Show the rates by kind; with so few people they are examples, not shares to rely on."""
    people = len({member[:2] for member in members})
    made = Table(
        "pairs of different people",
        "pairs",
        "nearest",
        f"within {match}",
        f"within {unsure}",
        title=f"{len(members)} faces of {people} people: examples, too few for shares",
    )
    for rate in false_rates(members, match, unsure):
        made.add_row(
            rate.kind,
            str(rate.pairs),
            f"{rate.nearest:.2f}",
            f"{rate.matched} ({rate.matched / rate.pairs:.0%})",
            f"{rate.doubted} ({rate.doubted / rate.pairs:.0%})",
        )
    return made
