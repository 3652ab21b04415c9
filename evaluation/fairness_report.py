"""`usher evaluate fairness`: whether some groups are mistaken more often than others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from evaluation import fairness, plots
from evaluation.fairness import FEWEST_PEOPLE, Group, interval, worst_to_best
from evaluation.reports import Headline, Plot, Report, Table, percent
from evaluation.study import Readings, Study, vectors

FALSE_RATE = 0.001
NEEDED = (
    "Groups are not guessed from faces: say who belongs to which. A CSV file is needed with a "
    "column `name` (a person's folder) or `image` (a path below the folder), and a column for each "
    "way of grouping: name,age,glasses."
)

Grouped = dict[str, list[Group]]


def report(study: Study, *, labels: Path) -> Report:
    """Compare all pairs within each group, at one threshold for all."""
    given = fairness.read_labels(labels, study.people)
    readings = study.aligned(name for images in study.people.images.values() for name in images)
    at = fairness.threshold(*_numbers(study, readings, list(readings)), FALSE_RATE)
    grouped = {
        column: [
            fairness.group(name, *_numbers(study, readings, images), at)
            for name, images in fairness.members(of).items()
        ]
        for column, of in given.items()
    }
    figures = {
        "evaluation": "fairness",
        "far": FALSE_RATE,
        "similarity": at,
        "groups": {column: _column(groups) for column, groups in grouped.items()},
        **study.facts(readings),
    }
    return Report(
        name="fairness",
        title="Fairness",
        lead="One threshold for everybody: how often is each group mistaken?",
        command=study.command,
        figures=figures,
        headlines=_headlines(figures),
        tables=[_table(column, groups) for column, groups in grouped.items()],
        plots=_plots(grouped),
        notes=_notes(at, grouped),
        about=study.about(readings),
    )


def _numbers(study: Study, readings: Readings, names: list[str]) -> tuple[Any, Any]:
    owners = np.unique([name.partition("/")[0] for name in names], return_inverse=True)[1]
    return vectors(readings, names, study.pipeline.engine.dimensions), owners


def _column(groups: list[Group]) -> dict[str, Any]:
    return {
        "fmr_ratio": worst_to_best([group.fmr for group in groups]),
        "fnmr_ratio": worst_to_best([group.fnmr for group in groups]),
        "by_group": {
            group.name: {
                "people": group.people,
                "same": group.same,
                "different": group.different,
                "fnmr": group.fnmr,
                "fnmr_interval": interval(group.missed, group.same),
                "fmr": group.fmr,
                "fmr_interval": interval(group.passed, group.different),
                "small": group.is_small(FALSE_RATE),
            }
            for group in groups
        },
    }


def _headlines(figures: Mapping[str, Any]) -> list[Headline]:
    return [
        Headline(
            _times(found[key]),
            f"{words} by {column}",
            "The worst group's rate to the best's; 1 is fair.",
        )
        for column, found in figures["groups"].items()
        for key, words in (("fmr_ratio", "mistaken for another"), ("fnmr_ratio", "missed"))
    ]


def _times(ratio: float | None) -> str:
    return "not known" if ratio is None else f"{ratio:.1f} times"


def _table(column: str, groups: list[Group]) -> Table:
    heads = [column, "People", "Missed (FNMR)", "19 times in 20", "of pairs",
             "Mistaken (FMR)", "19 times in 20", "of pairs", ""]  # fmt: skip
    rows = [
        [
            group.name,
            str(group.people),
            percent(group.fnmr),
            _range(group.missed, group.same),
            f"{group.same:,}",
            percent(group.fmr, 3),
            _range(group.passed, group.different),
            f"{group.different:,}",
            "small: do not rely on it" if group.is_small(FALSE_RATE) else "",
        ]
        for group in groups
    ]
    return Table(f"By {column}", heads, rows)


def _range(mistakes: int, pairs: int) -> str:
    return " to ".join(percent(limit, 3) for limit in interval(mistakes, pairs)) if pairs else "-"


def _plots(grouped: Grouped) -> list[Plot]:
    return [
        Plot(f"{key}-{number}", f"{title}, by {column}", "Bars as long as one another are fair; "
             "where the lines at their ends overlap, the difference may be chance.",
             plots.bars([group.name for group in groups],
                        [getattr(group, key) or 0.0 for group in groups], axis,
                        intervals=[_interval(group, key) for group in groups]))
        for number, (column, groups) in enumerate(grouped.items(), 1)
        for key, title, axis in (
            ("fnmr", "Missed", "Pairs of one person not accepted (FNMR)"),
            ("fmr", "Mistaken for another", "Pairs of two people accepted (FMR)"),
        )
    ]  # fmt: skip


def _interval(group: Group, key: str) -> tuple[float, float]:
    if key == "fnmr":
        return interval(group.missed, group.same) if group.same else (0.0, 0.0)
    return interval(group.passed, group.different) if group.different else (0.0, 0.0)


def _notes(at: float, grouped: Grouped) -> list[str]:
    small = [
        f"{group.name} ({column})"
        for column, groups in grouped.items()
        for group in groups
        if group.is_small(FALSE_RATE)
    ]
    notes = [
        (
            "Every pair of labelled pictures within a group is compared. The threshold is a "
            f"similarity of {at:.3f}: 0.1 % of all pairs of two people in the folder are above it."
        ),
        (
            "The ranges take pairs to be independent. Pairs of one person are not, so in truth "
            "they are wider."
        ),
        "A picture without a face counts as missed with every other of the same person.",
    ]
    if small:
        notes.insert(0, f"Too small to rely on (fewer than {FEWEST_PEOPLE} people, or fewer than "
                     f"3,000 pairs of two): {', '.join(small)}.")  # fmt: skip
    return notes
