"""Measure how far matches may go: `python -m evaluation.thresholds --data FOLDER`.

FOLDER is laid out like LFW (NAME/NAME_0001.jpg, with or without pairs.txt). The choices made with
these tables stand in docs/decisions/thresholds.md and, as numbers, in recognition/yardsticks.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from evaluation import lfw, online, verification
from recognition.engine import Engine
from recognition.packs import DEFAULT

BATCH = 16
ENOUGH_IMAGES = 5
BAD_DRAW = (0.99, 0.93)
"""Precision and recall below which a draw of people counts as gone wrong."""

Embeddings = dict[str, NDArray[np.float32]]


def main(
    data: Annotated[Path, typer.Option(help="folder of NAME/NAME_0001.jpg")],
    people: Annotated[list[int] | None, typer.Option(help="people in a simulation")] = None,
    pack: Annotated[str, typer.Option(help="the models")] = DEFAULT,
    draws: Annotated[int, typer.Option(help="simulations for each threshold")] = 40,
    threads: Annotated[int, typer.Option(help="threads of a model")] = 1,
) -> None:
    """Measure verification and grouping without names."""
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


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f} %"


if __name__ == "__main__":
    typer.run(main)
