"""Measure what thresholds to use: `python -m evaluation.thresholds --data FOLDER`.

FOLDER is laid out like LFW (NAME/NAME_0001.jpg, with or without pairs.txt). The choices made with
these tables stand in docs/decisions/thresholds.md and, as numbers, in recognition/packs.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from evaluation import lfw, online, reliability, verification
from recognition.calibration import Calibration
from recognition.engine import Engine
from recognition.packs import DEFAULT

BATCH = 16
ENOUGH_IMAGES = 5
BAD_DRAW = (0.99, 0.93)
"""Precision and recall below which a draw of people counts as gone wrong."""

GALLERIES = (10, 40, 100, 300)
BANDS = (0.0, 0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 1.0)

Embeddings = dict[str, NDArray[np.float32]]


def main(
    data: Annotated[Path, typer.Option(help="folder of NAME/NAME_0001.jpg")],
    people: Annotated[list[int] | None, typer.Option(help="people in a simulation")] = None,
    pack: Annotated[str, typer.Option(help="the models")] = DEFAULT,
    draws: Annotated[int, typer.Option(help="simulations for each threshold")] = 40,
    threads: Annotated[int, typer.Option(help="threads of a model")] = 1,
) -> None:
    """Measure verification, grouping without names, and how far percentages can be trusted."""
    console = Console(width=100)
    engine = Engine.load(pack, threads=threads)
    console.print(f"{engine.model} by {engine.provider} ({engine.licence})")
    faces = embed(engine, data, console)
    table = verify(faces, lfw.pairs(data))
    if table:
        console.print(table)
    named = by_person(faces)
    match = engine.thresholds.match
    thresholds = [round(match + step / 100, 2) for step in range(-4, 6)]
    for count in people or (40, 100):
        for bridge in (0.0, engine.thresholds.bridge):
            console.print(group(named, count, thresholds, draws, bridge=bridge))
    console.print(*calibrate(named, draws), sep="\n")


def embed(engine: Engine, folder: Path, console: Console) -> Embeddings:
    """Give the embedding of every usable image, by its path below the folder."""
    paths = [path for images in lfw.images(folder).values() for path in images]
    faces: Embeddings = {}
    parts = range(0, len(paths), BATCH)
    for start in track(parts, description="embedding", console=console, transient=True):
        part = paths[start : start + BATCH]
        for path, found in zip(part, engine.analyse([p.read_bytes() for p in part]), strict=True):
            if found.face is not None and found.usable:
                faces[path.relative_to(folder).as_posix()] = found.face.embedding
    console.print(f"{len(paths)} images, {len(paths) - len(faces)} unusable")
    return faces


def by_person(faces: Mapping[str, NDArray[np.float32]]) -> dict[str, list[NDArray[np.float32]]]:
    """Sort embeddings by the folder that their image is in."""
    people: dict[str, list[NDArray[np.float32]]] = {}
    for name, embedding in faces.items():
        people.setdefault(name.partition("/")[0], []).append(embedding)
    return people


def verify(faces: Embeddings, pairs: Sequence[lfw.Pair]) -> Table | None:
    """Score the protocol's pairs of which both faces are usable."""
    scored = [
        (float(faces[pair.first] @ faces[pair.second]), pair.same)
        for pair in pairs
        if pair.first in faces and pair.second in faces
    ]
    if not scored:
        return None
    scores = np.array([score for score, _ in scored], dtype=np.float32)
    same = np.array([is_same for _, is_same in scored])
    return _verification_table(scores[same], scores[~same])


def _verification_table(same: NDArray[np.float32], different: NDArray[np.float32]) -> Table:
    table = Table("pairs", "EER", "similarity", "TAR at FAR 1 %", "0.1 %", title="Verification")
    rate, at = verification.equal_error_rate(same, different)
    accepted = [verification.true_rate(same, different, limit) for limit in (0.01, 0.001)]
    count = f"{len(same)} + {len(different)}"
    table.add_row(count, _percent(rate), f"{at:.3f}", *map(_percent, accepted))
    return table


def group(
    people: online.Embeddings,
    count: int,
    thresholds: Iterable[float],
    draws: int,
    *,
    bridge: float = 0.0,
) -> Table:
    """Simulate a stream of crops of people whom nobody has named, for each threshold."""
    title = f"{count} people, bridge {bridge:.2f}, mean of {draws} draws (the worst)"
    table = Table("distance", "precision", "recall", "gone wrong", "named", "groups", title=title)
    several = sorted(name for name, faces in people.items() if len(faces) >= ENOUGH_IMAGES)
    for threshold in thresholds:
        rules = online.Rules(match=threshold, bridge=bridge)
        outcomes = [_simulate(people, several, count, rules, seed) for seed in range(draws)]
        table.add_row(f"{threshold:.2f}", *_summary(np.array(outcomes)))
    return table


def _simulate(
    people: online.Embeddings, several: Sequence[str], count: int, rules: online.Rules, seed: int
) -> online.Outcome:
    drawn = np.random.default_rng(seed).permutation(several)[:count]
    return online.simulate({name: people[name] for name in drawn}, rules, seed=seed)


def _summary(outcomes: NDArray[np.float64]) -> list[str]:
    mean, worst = outcomes.mean(axis=0), outcomes.min(axis=0)
    wrong = (outcomes[:, :2] < BAD_DRAW).any(axis=1).sum()
    rates = [f"{mean[column]:.4f} ({worst[column]:.4f})" for column in range(3)]
    return [*rates[:2], str(wrong), rates[2], f"{mean[3]:.0f}"]


def calibrate(people: online.Embeddings, draws: int) -> tuple[Table | str, ...]:
    """Fit the percentages on half of the people, check them on the others, then fit on all."""
    names = sorted(people)
    halves = [{name: people[name] for name in names[start::2]} for start in (0, 1)]
    most = min(_searchable(half) for half in halves)
    sizes = [size for size in GALLERIES if size <= most]
    if not sizes:
        return (f"percentages need {GALLERIES[0]} people with two images in each half",)
    first, second = (reliability.search(half, sizes, draws=draws, seed=1) for half in halves)
    table = _reliability_table(Calibration(*reliability.fit(first), source=""), second, sizes)
    slope, intercept = reliability.fit(reliability.search(people, sizes, draws=draws, seed=2))
    return table, f"slope {slope:.2f}, intercept {intercept:.2f}"


def _searchable(people: online.Embeddings) -> int:
    """Give how many can be known, with another image to search by, and as many be strangers."""
    return min(sum(len(faces) > 1 for faces in people.values()), len(people) // 2)


def _reliability_table(
    calibration: Calibration, trials: reliability.Trials, sizes: Sequence[int]
) -> Table:
    bands = list(pairwise(BANDS))
    heads = [f"{low:.0%}-{high:.0%}" for low, high in bands]
    table = Table("gallery", *heads, title="Said so many percent, right so often (searches)")
    for size in sizes:
        here = trials.of(size)
        said = np.array([calibration.confidence(distance, size) for distance in here.distance])
        table.add_row(str(size), *(_band(said, here.right, *band) for band in bands))
    return table


def _band(said: NDArray[np.float64], right: NDArray[np.bool_], low: float, high: float) -> str:
    inside = (said >= low) & (said < high)
    return f"{right[inside].mean():.1%} ({inside.sum()})" if inside.any() else ""


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f} %"


if __name__ == "__main__":
    typer.run(main)
