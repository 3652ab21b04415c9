"""What each further look at a face brings: `python -m evaluation.looks --data FOLDER`.

FOLDER is laid out like LFW. Every picture is compared with every other one, which tells small
differences far better than the protocol's pairs do. The choices made with this table stand in
docs/decisions/looks.md.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from evaluation import lfw
from evaluation.pipeline import subjects
from recognition.alignment import align
from recognition.engine import MIRROR_BELOW, Engine
from recognition.images import decode
from recognition.landmarks import refine
from recognition.packs import DEFAULT

FALSE_RATES = (1e-3, 1e-4, 1e-5)
BATCH = 64
ROWS = 512
BINS = 20_000

Vectors = NDArray[np.float32]

VARIANTS = {
    "once": "landmarks found once, one view",
    "again": "landmarks looked at again, one view",
    "product": f"... and poor faces (quality under {MIRROR_BELOW}) in a mirror too: the product",
    "mirror": "... and every face in a mirror too",
}


def main(
    data: Annotated[Path, typer.Option(help="folder of NAME/NAME_0001.jpg")],
    pack: Annotated[str, typer.Option(help="the models")] = DEFAULT,
    threads: Annotated[int, typer.Option(help="threads of the models")] = 2,
) -> None:
    """Measure, over all pairs of pictures, what further looks at a face bring."""
    console = Console(width=100)
    engine = Engine.load(pack, threads=threads)
    people = lfw.images(data)
    paths = [path for images in people.values() for path in images]
    truth = np.repeat(np.arange(len(people)), [len(images) for images in people.values()])
    parts = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    seen = [look(engine, part) for part in track(parts, "looking", console=console, transient=True)]
    table = Table("looks", *(f"TAR at FAR {rate:.3%}" for rate in FALSE_RATES), title=engine.model)
    for name, said in VARIANTS.items():
        vectors = np.concatenate([part[name] for part in seen])
        table.add_row(said, *(f"{rate:.2%}" for rate in true_rates(vectors, truth)))
    console.print(table)


def look(engine: Engine, paths: list[Path]) -> dict[str, Vectors]:
    """Give the embeddings (n, d) of each variant; a picture without a face is a row of zeros."""
    pictures = [path.read_bytes() for path in paths]
    images = [decode(data) for data in pictures]
    faces = engine.detector.find(images)
    there = [row for row, found in enumerate(faces) if len(found.scores)]
    shown, boxes, first = subjects(images, faces)
    again = refine(engine.detector.proposer, shown, boxes, first)
    once, twice = (
        [align(*pair) for pair in zip(shown, points, strict=True)] for points in (first, again)
    )
    product = np.zeros((len(paths), engine.dimensions), np.float32)
    for row, analysis in enumerate(engine.analyse(pictures)):
        if analysis.face:
            product[row] = analysis.face.embedding
    result = {name: np.zeros_like(product) for name in VARIANTS} | {"product": product}
    result["once"][there] = engine.embedder.embed(once)
    result["again"][there] = engine.embedder.embed(twice)
    result["mirror"][there] = engine.embedder.embed(twice, twice=range(len(twice)))
    return result


def true_rates(vectors: Vectors, truth: NDArray[np.intp]) -> list[float]:
    """Give the share of all pairs of one person that is accepted, at each of FALSE_RATES.

    `vectors` (n, d) of unit length; `truth` (n,) says who each is. Similarities of different people
    are counted in bins of 0.0001.
    """
    blocks = list(_scores(vectors, truth))
    same = np.concatenate([alike for alike, _ in blocks])
    counts = np.sum([others for _, others in blocks], axis=0)
    passed = np.cumsum(counts[::-1]) / counts.sum()
    edges = np.linspace(-1, 1, BINS + 1)[:-1][::-1]
    return [
        float((same > edges[np.searchsorted(passed, rate, "right")]).mean()) for rate in FALSE_RATES
    ]


def _scores(
    vectors: Vectors, truth: NDArray[np.intp]
) -> Iterator[tuple[Vectors, NDArray[np.int64]]]:
    """Yield, block by block, similarities of same pairs, and how many of others are in each bin."""
    for start in range(0, len(vectors), ROWS):
        part = slice(start, start + ROWS)
        scores = vectors[part] @ vectors.T
        after = np.arange(start, start + len(scores))[:, None] < np.arange(len(vectors))
        alike = truth[part, None] == truth
        others = np.clip(scores[after & ~alike], -1, 1)
        yield scores[after & alike], np.histogram(others, BINS, (-1, 1))[0]


if __name__ == "__main__":
    typer.run(main)
