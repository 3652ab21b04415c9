"""Whether confidence is true: of searches said to be 90 % sure, nine in ten must be right."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation import plots, reliability
from evaluation.online import Embeddings
from evaluation.pipeline import Pipeline
from evaluation.reports import Plot, Table, percent
from recognition import calibration
from recognition.calibration import Trials

BINS = 10
FOLDS = 5
DRAWS = 20
GALLERIES = (10, 40, 100, 300)
SEED = 1

Confidence = Callable[[float, int], float]


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Searches by the confidence that was said: the mean of it, the share right, how many."""

    said: NDArray[np.float64]
    right: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def error(self) -> float:
        """Give the expected calibration error: the mean distance of the two, over all searches.

        Guo et al., ICML 2017, with ten bins of equal width.
        """
        return float((np.abs(self.said - self.right) * self.counts).sum() / self.counts.sum())


@dataclass(frozen=True, slots=True)
class Truth:
    """Confidence on people it was not fitted to, and that of the pack as it comes."""

    held_back: Bins
    as_shipped: Bins
    source: str

    def figures(self) -> dict[str, Any]:
        """Give the figures as report.json has them."""
        return {
            "ece": self.held_back.error,
            "ece_as_shipped": self.as_shipped.error,
            "searches": int(self.held_back.counts.sum()),
            "bins": [
                {"said": said, "right": right, "searches": count}
                for said, right, count in zip(
                    self.held_back.said.tolist(),
                    self.held_back.right.tolist(),
                    self.held_back.counts.tolist(),
                    strict=True,
                )
            ],
        }

    def table(self) -> Table:
        """Give the bins as a table."""
        rows = [
            [percent(one["said"], 1), percent(one["right"], 1), f"{one['searches']:,}"]
            for one in self.figures()["bins"]
        ]
        note = (
            f"Expected calibration error {self.held_back.error:.4f} on held-back people; "
            f"{self.as_shipped.error:.4f} by the pack's own curve, fitted to: {self.source}."
        )
        return Table("Confidence", ["Said, on average", "Right", "Searches"], rows, note)

    def plot(self) -> Plot:
        """Draw the bins."""
        reading = (
            "A dot on the dotted line is a percentage that held; below it, too much was promised. "
            "Large dots are many searches."
        )
        figure = plots.reliability(self.held_back.said, self.held_back.right, self.held_back.counts)
        return Plot("reliability", "Is the confidence true?", reading, figure)

    def note(self) -> str:
        """Say how it was measured."""
        return (
            f"Confidence is fitted to four fifths of the people and tried on the rest, {FOLDS} "
            "times over, in galleries drawn by chance; half of all searches are for strangers."
        )


def confidence_truth(pipeline: Pipeline, people: Embeddings) -> Truth | None:
    """Measure confidence on held-back people; None where there are too few to fit and try."""
    parts = _parts(people)
    sizes = [size for size in GALLERIES if size <= min(map(_searchable, parts))]
    if not sizes:
        return None
    shown = [reliability.search(part, sizes, draws=DRAWS, seed=SEED) for part in parts]
    said = [
        _said(_refitted(joined(shown[:row] + shown[row + 1 :])), trials)
        for row, trials in enumerate(shown)
    ]
    trials = joined(shown)
    return Truth(
        held_back=bins(np.concatenate(said), trials.right),
        as_shipped=bins(_said(pipeline.confidence, trials), trials.right),
        source=pipeline.engine.calibration.source,
    )


def bins(said: NDArray[np.float64], right: NDArray[np.bool_]) -> Bins:
    """Sort searches by what was said (n,), with whether it was right (n,); empty bins go."""
    number = np.minimum((said * BINS).astype(int), BINS - 1)
    counts = np.bincount(number, minlength=BINS)
    there = counts > 0
    return Bins(
        np.bincount(number, said, BINS)[there] / counts[there],
        np.bincount(number, right.astype(np.float64), BINS)[there] / counts[there],
        counts[there],
    )


def joined(parts: list[Trials]) -> Trials:
    """Put the trials of several parts together."""
    distance, right, persons = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Trials(distance, right, persons)


def _parts(people: Embeddings) -> list[Embeddings]:
    names = sorted(people)
    return [{name: people[name] for name in names[start::FOLDS]} for start in range(FOLDS)]


def _searchable(people: Embeddings) -> int:
    """Give how many can be known, with another image to search by, and as many be strangers."""
    return min(sum(len(faces) > 1 for faces in people.values()), len(people) // 2)


def _refitted(trials: Trials) -> Confidence:
    return calibration.fit(trials, worth=len(trials.distance), source="").confidence


def _said(confidence: Confidence, trials: Trials) -> NDArray[np.float64]:
    pairs = zip(trials.distance.tolist(), trials.persons.tolist(), strict=True)
    return np.array([confidence(distance, persons) for distance, persons in pairs])
