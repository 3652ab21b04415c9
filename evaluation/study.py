"""What every evaluation works with: people, models, embeddings already made, and progress."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from evaluation.embedding_cache import EmbeddingCache, Read
from evaluation.lfw import Pair, People
from evaluation.pipeline import CENTER_SHARE, Pipeline, Reading
from evaluation.verification import NO_FACE, Scores

ALIGNED = "aligned"
CENTER_CROP = f"center crop {CENTER_SHARE}"

Readings = dict[str, Reading]


@dataclass(frozen=True, slots=True)
class Study:
    """One evaluation at work. `command` is what was typed, `day` when, as it is printed."""

    people: People
    pipeline: Pipeline
    cache: EmbeddingCache
    console: Console
    command: str
    day: str

    def aligned(self, names: Iterable[str]) -> Readings:
        """Read images, by their paths below the folder, as the product does."""
        return self.read(names, ALIGNED, self.pipeline.read)

    def center_crops(self, names: Iterable[str]) -> Readings:
        """Read the middle of images, without looking for a face."""
        return self.read(names, CENTER_CROP, self.pipeline.read_center)

    def read(self, names: Iterable[str], way: str, reader: Read) -> Readings:
        """Read images in a way of one's own; what was read before is taken from the cache."""
        paths = self.people.paths
        wanted = {name: paths[name] for name in dict.fromkeys(names)}
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns,
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as progress:
            task = progress.add_task(way, total=len(wanted))
            return self.cache.read(wanted, way, reader, lambda n: progress.advance(task, n))

    def facts(self, readings: Readings) -> dict[str, Any]:
        """Give what a program wants to know about the data and the models."""
        engine = self.pipeline.engine
        return {
            "data": str(self.people.folder),
            "images": len(readings),
            "people": len({name.partition("/")[0] for name in readings}),
            "without_face": without_face(readings),
            "unusable": sum(bool(reading.reasons) for reading in readings.values()),
            "model": engine.model,
            "provider": engine.provider,
            "licence": engine.licence,
            "day": self.day,
            "command": self.command,
        }

    def about(self, readings: Readings) -> dict[str, str]:
        """Give the same for people."""
        facts = self.facts(readings)
        missing = f"{facts['without_face']} without a face, {facts['unusable']} unusable"
        return {
            "Pictures": f"{facts['images']} of {facts['people']} people, {missing}",
            "Folder": facts["data"],
            "Model": f"{facts['model']} by {facts['provider']}",
            "Licence of the models": facts["licence"],
            "Day": self.day,
        }


def without_face(readings: Readings) -> int:
    """Count the images that gave no embedding."""
    return sum(reading.embedding is None for reading in readings.values())


def vectors(readings: Readings, names: Sequence[str], dimensions: int) -> NDArray[np.float32]:
    """Give the embeddings of images (n, d); a row of zeros where there is none."""
    found = np.zeros((len(names), dimensions), dtype=np.float32)
    for row, name in enumerate(names):
        if (embedding := readings[name].embedding) is not None:
            found[row] = embedding
    return found


def scores(readings: Readings, pairs: Sequence[Pair]) -> tuple[Scores, Scores]:
    """Give the similarity of the same pairs and of the different ones, -1 without a face."""
    found = {kind: [_score(readings, pair) for pair in pairs if pair.same is kind]
             for kind in (True, False)}  # fmt: skip
    return np.array(found[True], dtype=np.float32), np.array(found[False], dtype=np.float32)


def _score(readings: Readings, pair: Pair) -> float:
    first, second = readings[pair.first].embedding, readings[pair.second].embedding
    return NO_FACE if first is None or second is None else float(first @ second)
