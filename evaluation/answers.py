"""Measure what to promise: `python -m evaluation.answers --data FOLDER [--kin FOLDER]`.

How many strangers are named, whether percentages come true, and what a site's own data add; each
fitted on half of the people and checked on the others, both ways. FOLDER is laid out like LFW. At
the end stand the numbers for recognition/yardsticks.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from evaluation import kin, reliability, sites, strangers, thresholds
from evaluation.online import Embeddings
from recognition import calibration, impostors
from recognition.engine import Engine
from recognition.packs import DEFAULT
from recognition.yardsticks import Yardstick

GALLERIES = (10, 40, 100, 300)
CROWDS = ((10, 1), (100, 1), (500, 1), (1500, 1), (100, 12), (1500, 12))
"""People known, and references kept of each at most."""

MANY = ((10, 5), (30, 5), (30, 12))
"""The same, of people who have at least MANY_IMAGES."""

MANY_IMAGES = 5
FEWEST_PEOPLE = 300
"""Of half of them 11,000 pairs can be made: enough in the tail."""

SHARES = (0.003, 0.01, 0.03, 0.1)
BANDS = (0.0, 0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 1.0)
SURE = 0.9
SITES = 20

CROWDING = 0.75
"""From one to twelve references of a person, strangers come as near as to R ** 0.4 to R ** 0.78
people with one: measured on people with so many images, for galleries of 100 and fewer."""

WORTH = 500
"""Searches that a published curve counts for. Not one in twenty of them is in doubt, so that some
twenty answers of a site's own weigh as much; and the two halves of LFW differ by as much."""


def main(
    data: Annotated[Path, typer.Option(help="folder of NAME/NAME_0001.jpg")],
    kindred: Annotated[
        Path | None, typer.Option("--kin", help="folder of Family1-Dad1.jpg and so on")
    ] = None,
    pack: Annotated[str, typer.Option(help="the models")] = DEFAULT,
    draws: Annotated[int, typer.Option(help="galleries drawn for each figure")] = 10,
    threads: Annotated[int, typer.Option(help="threads of a model")] = 1,
) -> None:
    """Measure how many strangers are named and how far percentages can be trusted."""
    console = Console(width=110)
    engine = Engine.load(pack, threads=threads)
    console.print(f"{engine.model} by {engine.provider} ({engine.licence})")
    people = thresholds.by_person(thresholds.embed(engine, data, console))
    if kindred:
        limits = engine.thresholds
        console.print(kin.table(kin.read(engine, kindred), limits.match, limits.unsure))
    for part in report(people, engine.yardstick, draws=draws):
        console.print(part)


def report(people: Embeddings, published: Yardstick, *, draws: int) -> Iterator[Table | str]:
    """Give every table; a sentence instead where people are too few."""
    sizes = [size for size in GALLERIES if size <= _searchable_half(people)]
    if len(people) < FEWEST_PEOPLE or not sizes:
        yield f"they need {FEWEST_PEOPLE} people, {GALLERIES[0]} of each half with two images"
        return
    yield promises(people, draws=draws)
    yield percentages(people, sizes, draws=draws)
    fitted = fit(people, published, sizes, draws=draws)
    yield consequences(people, fitted, sizes, draws=draws)
    yield alike(people, fitted)
    yield f"{fitted.impostors}\n{fitted.calibration}"


def _searchable_half(people: Embeddings) -> int:
    return min(reliability.searchable(half) for half in strangers.halves(people))


def fit(people: Embeddings, published: Yardstick, sizes: Sequence[int], *, draws: int) -> Yardstick:
    """Fit a model's tail and curve to these people; thresholds stay as published."""
    trials = reliability.search(people, sizes, draws=draws, seed=2)
    tail = impostors.fit(strangers.pairs(people, seed=2), crowding=CROWDING, source="this run")
    curve = calibration.fit(trials, worth=WORTH, source="this run")
    return replace(published, impostors=tail, calibration=curve)


def promises(people: Embeddings, *, draws: int) -> Table:
    """Show the share of strangers named where so many were promised: of one half, by the other."""
    heads = [f"promised {share:.1%}" for share in SHARES]
    table = Table("known", "references", "strangers", *heads, title="Strangers named (+- 1 s.e.)")
    first, second = strangers.halves(people)
    for shown, others in ((first, second), (second, first)):
        model = impostors.fit(strangers.pairs(shown, seed=1), crowding=CROWDING, source="")
        for found in crowds(shown, others, draws=draws):
            kept = [strangers.promise(model, found, share) for share in SHARES]
            cells = [f"{one.mistaken:.2%} +- {one.error:.2%}" for one in kept]
            table.add_row(str(found.persons), str(found.references), str(found.strangers), *cells)
    return table


def crowds(shown: Embeddings, others: Embeddings, *, draws: int) -> Iterator[strangers.Crowd]:
    """Search the people of one half as strangers among those of it; with the others when too few.

    No pair of people whose likeness the model was fitted to is among them.
    """
    probes, known = strangers.halves(others)
    for persons, references in CROWDS:
        there = known if persons <= len(known) else {**known, **shown}
        if persons <= len(there):
            yield strangers.crowd(probes, there, persons, references, draws=draws, seed=3)
    many = {name: faces for name, faces in known.items() if len(faces) >= MANY_IMAGES}
    for persons, references in MANY:
        if many:
            few = min(persons, len(many))
            yield strangers.crowd(probes, many, few, references, draws=draws, seed=3)


def percentages(people: Embeddings, sizes: Sequence[int], *, draws: int) -> Table:
    """Show whether percentages come true: of one half, by the curve of the other, both ways."""
    heads = [f"{low:.0%}-{high:.0%}" for low, high in pairwise(BANDS)]
    title = "Said so many percent, right so often (searches); half of them were of strangers"
    table = Table("known", "error", "sure of a stranger", *heads, title=title)
    searches = [
        reliability.search(half, sizes, draws=draws, seed=1) for half in strangers.halves(people)
    ]
    for shown, others in (searches, searches[::-1]):
        curve = calibration.fit(shown, worth=WORTH, source="")
        for size in sizes:
            here = others.of(size)
            said = reliability.said(curve, here)
            table.add_row(str(size), *_reliable(said, here.right))
    return table


def _reliable(said: NDArray[np.float64], right: NDArray[np.bool_]) -> list[str]:
    fooled = (said >= SURE) & ~right
    return [
        f"{reliability.calibration_error(said, right):.3f}",
        f"{fooled.sum() / max((~right).sum(), 1):.2%}",
        *(_band(said, right, *band) for band in pairwise(BANDS)),
    ]


def _band(said: NDArray[np.float64], right: NDArray[np.bool_], low: float, high: float) -> str:
    inside = (said >= low) & (said < high)
    return f"{right[inside].mean():.0%} ({inside.sum()})" if inside.any() else ""


def consequences(
    people: Embeddings, yardstick: Yardstick, sizes: Sequence[int], *, draws: int
) -> Table:
    """Show up to what distance is matched for a promise, and how many of those known are named."""
    heads = [f"promised {share:.1%}" for share in SHARES]
    table = Table("known", "references", *heads, title="Distance matched: known people named by it")
    several = [len(faces) for faces in people.values() if len(faces) > 1]
    each = np.mean(np.minimum(np.array(several) - 1, reliability.MAX_REFERENCES))
    for size in (*sizes, len(several)):
        trials = reliability.search(people, (size,), draws=draws, seed=4)
        limits = [yardstick.match(share, size, round(size * each)) for share in SHARES]
        named = [2 * (trials.right & (trials.distance <= limit)).mean() for limit in limits]
        cells = [f"{limit:.3f}: {share:.1%}" for limit, share in zip(limits, named, strict=True)]
        table.add_row(str(size), str(round(size * each)), *cells)
    return table


def alike(people: Embeddings, yardstick: Yardstick) -> Table:
    """Show what a refit adds at sites whose people resemble one another more than people do."""
    told = np.array([sites.tell(people, yardstick, seed=seed) for seed in range(SITES)])
    title = f"{SITES} sites of people who are alike: mean (worst); promised {sites.PROMISED:.0%}"
    table = Table("", "strangers named", "calibration error", title=title)
    for row, name in enumerate(("as published", "refitted on others of the site")):
        named, error = told[:, row], told[:, row + 2]
        table.add_row(
            name,
            f"{named.mean():.2%} ({named.max():.2%})",
            f"{error.mean():.3f} ({error.max():.3f})",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
