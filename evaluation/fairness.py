"""Groups of people, by labels that somebody gave, and how often each is mistaken."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation import verification
from evaluation.lfw import NotLaidOut, People
from evaluation.verification import NO_FACE

FEWEST_PEOPLE = 30
_ROWS_AT_ONCE = 1024
_BINS = np.linspace(-1.0, 1.0, 20_001)  # a ten-thousandth apart

Labels = dict[str, dict[str, str]]
"""For each way of grouping, the group of each image."""


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs within one group: how many, and how many of them are mistaken."""

    name: str
    people: int
    same: int
    missed: int
    different: int
    passed: int

    @property
    def fnmr(self) -> float | None:
        """Give the share of pairs of one person that are not accepted."""
        return self.missed / self.same if self.same else None

    @property
    def fmr(self) -> float | None:
        """Give the share of pairs of two people that are."""
        return self.passed / self.different if self.different else None

    def is_small(self, false_rate: float) -> bool:
        """Say whether the group is too small for its rates to be trusted.

        With fewer than 3 / rate pairs, none mistaken does not even show that the rate holds (the
        rule of three).
        """
        return self.people < FEWEST_PEOPLE or self.different < 3 / false_rate


def read_labels(path: Path, people: People) -> Labels:
    """Read the CSV file of labels. Raises NotLaidOut, with a sentence, where it does not fit."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotLaidOut(f"{path} is not a CSV file in UTF-8: {error}.") from error
    columns = list(rows[0]) if rows else []
    key = next((name for name in ("image", "name") if name in columns), None)
    if key is None or len(columns) < 2:  # noqa: PLR2004 - whose, and a group
        raise NotLaidOut(
            f"{path} needs a first line with `name` or `image`, and a column for each grouping."
        )
    given = {row[key]: row for row in rows}
    images = [image for images in people.images.values() for image in images]
    labelled = {image: given.get(image if key == "image" else image.partition("/")[0])
                for image in images}  # fmt: skip
    if not any(labelled.values()):
        raise NotLaidOut(f"{path} names nobody who is in {people.folder}.")
    return {
        column: {image: row[column] for image, row in labelled.items() if row and row.get(column)}
        for column in columns
        if column not in ("image", "name")
    }


def threshold(vectors: NDArray[np.float32], owners: NDArray[np.int64], false_rate: float) -> float:
    """Give the similarity that this share of all pairs of two people exceeds, to 0.0001.

    `vectors` (n, d), a row of zeros where there is no face; `owners` (n,) are numbers of people.
    """
    counts = np.zeros(len(_BINS) - 1, dtype=np.int64)
    for similar, same in _blocks(vectors, owners):
        counts += np.histogram(similar[~same], _BINS)[0]
    above = np.cumsum(counts[::-1])
    row = int(np.searchsorted(above, int(false_rate * counts.sum() + 1e-9), side="right"))
    return float(_BINS[len(counts) - min(row, len(counts) - 1)])


def group(name: str, vectors: NDArray[np.float32], owners: NDArray[np.int64], at: float) -> Group:
    """Count all pairs of images within a group, and the mistakes a threshold makes on them."""
    same_count = missed = different_count = passed = 0
    for similar, same in _blocks(vectors, owners):
        accepted = similar > at
        same_count += int(same.sum())
        missed += int((same & ~accepted).sum())
        different_count += int((~same).sum())
        passed += int((~same & accepted).sum())
    return Group(name, len(np.unique(owners)), same_count, missed, different_count, passed)


def _blocks(
    vectors: NDArray[np.float32], owners: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
    """Give similarity, and whether of one person, of every pair of rows once, part by part."""
    there = np.linalg.norm(vectors, axis=1) > 0
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        similar = vectors[rows] @ vectors[start:].T
        similar[~(there[rows, None] & there[None, start:])] = NO_FACE
        upper = np.triu(np.ones(similar.shape, dtype=bool), 1)
        difference = owners[rows].reshape(-1, 1) - owners[start:]
        yield similar[upper], difference[upper] == 0


def worst_to_best(rates: Sequence[float | None]) -> float | None:
    """Give how many times as high the worst rate is as the best; None where the best is nought."""
    known = [rate for rate in rates if rate is not None]
    return max(known) / min(known) if known and min(known) > 0 else None


def interval(mistakes: int, pairs: int) -> tuple[float, float]:
    """Give where the rate lies 19 times in 20, were the pairs independent."""
    return verification.wilson(mistakes, pairs)


def members(labels: Mapping[str, str]) -> dict[str, list[str]]:
    """Give the images of each group, groups in order of name."""
    found: dict[str, list[str]] = {}
    for image, name in labels.items():
        found.setdefault(name, []).append(image)
    return dict(sorted(found.items()))
