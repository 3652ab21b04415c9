"""`usher evaluate latency`: where the time of a crop goes, beside the models alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation import plots
from evaluation.lfw import NotLaidOut
from evaluation.pipeline import Pipeline
from evaluation.reports import Headline, Plot, Report, Table
from evaluation.study import Study
from recognition.gallery import Gallery

BATCH = 16
FLOOR_BATCHES = (1, 4, 16)
STAGES = ("read structure", "decode", "detect", "align", "embed", "match")
SEED = 1

Millis = dict[str, float]


def report(study: Study, *, pictures: int, rounds: int, gallery: int) -> Report:
    """Time every stage on pictures of the folder, and the models alone on empty input."""
    names = [name for images in study.people.images.values() for name in images][:pictures]
    if not names:
        raise NotLaidOut(f"{study.people.folder} has no pictures.")
    data = [study.people.paths[name].read_bytes() for name in names]
    stages, floors = _measured(study.pipeline, data, rounds, gallery)
    floor, batch = _floor(floors)
    ratio = stages["all"] / floor["all"]
    figures = {
        "evaluation": "latency",
        "ms_a_crop": stages["all"],
        "floor_ms": floor["all"],
        "floor_ratio": ratio,
        "floor_batch": batch,
        "stages_ms": {name: stages[name] for name in STAGES},
        "floor_stages_ms": {name: floor[name] for name in ("detect", "embed")},
        "alone_ms": {str(size): some for size, some in floors.items()},
        "pictures": len(data),
        "gallery": gallery,
        "threads": study.pipeline.threads,
        "data": str(study.people.folder),
        "model": study.pipeline.engine.model,
        "provider": study.pipeline.engine.provider,
        "licence": study.pipeline.engine.licence,
        "day": study.day,
        "command": study.command,
    }
    return Report(
        name="latency",
        title="Latency",
        lead="From the bytes of a crop to the person, on this machine.",
        command=study.command,
        figures=figures,
        headlines=_headlines(figures),
        tables=[_table(figures), _batches(floors)],
        plots=[_plot(stages)],
        notes=_notes(figures, rounds),
        about={
            "Pictures": str(len(data)),
            "Folder": str(study.people.folder),
            "Model": f"{figures['model']} by {figures['provider']}, {figures['threads']} threads",
            "Licence of the models": study.pipeline.engine.licence,
            "Day": study.day,
        },
    )


def _measured(
    pipeline: Pipeline, data: Sequence[bytes], rounds: int, gallery: int
) -> tuple[Millis, dict[int, Millis]]:
    """Take stages and floors in turn, so that a busy machine slows both; the fastest counts."""
    people = _gallery(pipeline.engine.dimensions, gallery)
    alone = {batch: pipeline.alone(batch) for batch in FLOOR_BATCHES}
    parts = [data[start : start + BATCH] for start in range(0, len(data), BATCH)]
    pipeline.stages(parts[0], people)  # the first time is slower than any other
    stages: list[Millis] = []
    floors: dict[int, list[Millis]] = {batch: [] for batch in FLOOR_BATCHES}
    for _ in range(rounds):
        for part in parts:
            taken = pipeline.stages(part, people)
            stages.append({name: took / len(part) for name, took in taken.items()})
        for batch, measure in alone.items():
            for _ in parts:  # as often as the stages: a floor must not have had fewer chances
                floors[batch].append({name: took / batch for name, took in measure().items()})
    return _fastest(stages), {batch: _fastest(some) for batch, some in floors.items()}


def _fastest(rounds: Sequence[Millis]) -> Millis:
    """Give the least of each stage, in milliseconds."""
    return {name: 1000 * min(one[name] for one in rounds) for name in rounds[0]}


def _floor(floors: Mapping[int, Millis]) -> tuple[Millis, dict[str, int]]:
    """Give each model's time a crop at its best batch, and which that is."""
    best = {
        name: min(floors, key=lambda batch: floors[batch][name]) for name in ("detect", "embed")
    }
    floor = {name: floors[batch][name] for name, batch in best.items()}
    return {**floor, "all": sum(floor.values())}, best


def _gallery(dimensions: int, count: int) -> Gallery:
    """Fill a gallery with vectors of chance: a search takes as long whatever they are."""
    chance = np.random.default_rng(SEED)
    gallery = Gallery(dimensions)
    for number, vector in enumerate(chance.standard_normal((count, dimensions))):
        gallery.put(f"reference {number}", f"person {number}", vector.astype(np.float32))
    return gallery


def _headlines(figures: Mapping[str, Any]) -> list[Headline]:
    slowest = max(STAGES, key=lambda name: figures["stages_ms"][name])
    share = figures["stages_ms"][slowest] / sum(figures["stages_ms"].values())
    return [
        Headline(f"{figures['ms_a_crop']:.1f} ms", "a crop", "From its bytes to the person."),
        Headline(f"{figures['floor_ms']:.1f} ms", "floor", "The two models alone, at their best."),
        Headline(f"{figures['floor_ratio']:.2f}", "times the floor", "1 would be models only."),
        Headline(f"{100 * share:.0f} %", f"is to {slowest}", "The stage that takes longest."),
    ]


def _table(figures: Mapping[str, Any]) -> Table:
    floor = figures["floor_stages_ms"]
    rows = [
        [name.capitalize(), f"{took:.2f}", f"{floor[name]:.2f}" if name in floor else "-"]
        for name, took in figures["stages_ms"].items()
    ]
    rows.append(["All", f"{figures['ms_a_crop']:.2f}", f"{figures['floor_ms']:.2f}"])
    note = (
        "All is measured by itself, as the product does it, and more than the stages: quality is "
        "measured too. It may also be less, where the engine does stages side by side."
    )
    return Table("Stages, ms a crop", ["", "Engine", "Model alone"], rows, note)


def _batches(floors: Mapping[int, Millis]) -> Table:
    rows = [
        [f"{batch} at a time", f"{took['detect']:.2f}", f"{took['embed']:.2f}"]
        for batch, took in floors.items()
    ]
    return Table("The models alone, ms a crop", ["", "Detector", "Embedder"], rows)


def _plot(stages: Millis) -> Plot:
    names = [name.capitalize() for name in STAGES]
    reading = "The longest bar is where a faster crop has to be won."
    figure = plots.bars(names, [stages[name] for name in STAGES], "ms a crop", percent=False)
    return Plot("stages", "Where the time goes", reading, figure)


def _notes(figures: Mapping[str, Any], rounds: int) -> list[str]:
    return [
        (
            f"{figures['pictures']} pictures in batches of {BATCH}, matched against "
            f"{figures['gallery']:,} references. Of {rounds} rounds the fastest batch counts, "
            "stage by stage."
        ),
        (
            "The floor is each model on an empty canvas of the size that the engine first looks "
            "at, at the batch that is fastest. It was measured between the rounds, so that "
            "whatever else the machine did slowed both."
        ),
    ]
