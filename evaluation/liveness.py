"""Measure how often living faces are called spoofs: `python -m evaluation.liveness --data FOLDER`.

Every picture below FOLDER shows living faces. Each is judged as it is, and cut to the face with the
margins that cameras leave. The figures stand in docs/decisions/liveness.md.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from recognition.detection import Detector
from recognition.engine import Engine
from recognition.images import decode
from recognition.liveness import LEAST_SCALE, Liveness

BATCH = 16
MARGINS = (None, 0.6, 0.4, 0.2)
"""Of the face's longer side, on each side of it; None: the picture as it is."""
THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.35, 0.5)

Shown = tuple[NDArray[np.uint8], NDArray[np.float32]]


def main(
    data: Annotated[Path, typer.Option(help="folder of pictures of living faces")],
    models: Annotated[Path, typer.Option(help="folder of the models")],
    every: Annotated[int, typer.Option(min=1, help="take one picture in so many")] = 1,
    least: Annotated[float, typer.Option(help="times the box to be seen")] = LEAST_SCALE,
) -> None:
    """Say what share of living faces is below each threshold, by how much is seen around them."""
    console = Console(width=100)
    cv2.setNumThreads(1)
    judge = Liveness.load(models, least=least)
    faces = list(_faces(sorted(data.rglob("*.jpg"))[::every], Engine.load().detector, console))
    heads = [f"< {threshold}" for threshold in THRESHOLDS]
    table = Table("margin", "faces", "not judged", *heads, title="Living faces taken for spoofs")
    for margin in MARGINS:
        shown = [face if margin is None else cut(*face, margin) for face in faces]
        table.add_row("as it is" if margin is None else str(margin), *_row(judge, shown))
    console.print(table)


def _faces(paths: Sequence[Path], detector: Detector, console: Console) -> Iterator[Shown]:
    for start in track(range(0, len(paths), BATCH), console=console, description="detecting"):
        pictures = [decode(path.read_bytes()) for path in paths[start : start + BATCH]]
        for picture, found in zip(pictures, detector.find(pictures), strict=True):
            yield from ((picture, box) for box in found.boxes)


def cut(picture: NDArray[np.uint8], box: NDArray[np.float32], margin: float) -> Shown:
    """Cut a face (4,) out of a picture with a margin around it, as far as the picture goes."""
    around = margin * float((box[2:] - box[:2]).max())
    low = np.maximum(np.floor(box[:2] - around), 0).astype(int)
    high = np.ceil(box[2:] + around).astype(int)
    return picture[low[1] : high[1], low[0] : high[0]], box - np.tile(low, 2).astype(np.float32)


def _row(judge: Liveness, shown: Sequence[Shown]) -> list[str]:
    pictures, boxes = zip(*shown, strict=True)
    said = judge.judge(pictures, boxes)
    known = np.array([chance for chance in said if chance is not None])
    below = [f"{(known < threshold).mean():.1%}" if known.size else "" for threshold in THRESHOLDS]
    return [str(len(shown)), str(len(said) - len(known)), *below]


if __name__ == "__main__":
    typer.run(main)
