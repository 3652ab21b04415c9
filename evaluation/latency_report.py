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

FLOOR_REPEATS = 4
STAGES = ("read structure", "decode", "detect", "look again", "align", "embed", "match")
SEED = 1

Millis = dict[str, float]


def report(study: Study, *, pictures: int, rounds: int, gallery: int) -> Report:
    """Time every stage on pictures of the folder, and the models alone on empty input."""
    names = [name for images in study.people.images.values() for name in images][:pictures]
    if not names:
        raise NotLaidOut(f"{study.people.folder} has no pictures.")
    data = [study.people.paths[name].read_bytes() for name in names]
    stages, alone = _measured(study.pipeline, data, rounds, gallery)
    floor, batch = _floor(alone)
    ratio = stages["all"] / floor["all"]
    figures = {
        "evaluation": "latency",
        "ms_a_crop": stages["all"],
        "floor_ms": floor["all"],
        "floor_ratio": ratio,
        "floor_batch": batch,
        "stages_ms": {name: stages[name] for name in STAGES},
        "floor_stages_ms": {name: floor[name] for name in ("detect", "embed")},
        "alone_ms": alone,
        "pictures": len(data),
        "gallery": gallery,
        "threads": study.pipeline.engine.threads,
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
        tables=[_table(figures), _batches(alone)],
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
) -> tuple[Millis, dict[str, dict[int, float]]]:
    """Take stages and floors in turn, so that a busy machine slows both; the fastest counts."""
    people = _gallery(pipeline.engine.dimensions, gallery)
    pipeline.stages(data, people)  # the first time is slower than any other
    stages: list[Millis] = []
    floors: list[dict[str, dict[int, float]]] = []
    for _ in range(rounds):
        taken = pipeline.stages(data, people)
        stages.append({name: 1000 * took / len(data) for name, took in taken.items()})
        floors.append(pipeline.alone(FLOOR_REPEATS))
    fastest = {name: min(one[name] for one in stages) for name in stages[0]}
    alone = {
        name: {batch: 1000 * min(one[name][batch] for one in floors) for batch in sizes}
        for name, sizes in floors[0].items()
    }
    return fastest, alone


def _floor(alone: Mapping[str, Mapping[int, float]]) -> tuple[Millis, dict[str, int]]:
    """Give each model's time a crop at its best batch, and which that is."""
    best = {name: min(sizes, key=lambda batch: sizes[batch]) for name, sizes in alone.items()}
    floor = {name: alone[name][batch] for name, batch in best.items()}
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


def _batches(alone: Mapping[str, Mapping[int, float]]) -> Table:
    rows = [
        [f"{batch} at a time", *(f"{sizes[batch]:.2f}" for sizes in alone.values())]
        for batch in alone["embed"]
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
            f"{figures['pictures']} pictures, {figures['threads']} threads, "
            f"{figures['gallery']:,} references. Of {rounds} rounds the fastest counts, stage by "
            "stage."
        ),
        (
            "The floor is each model on an empty canvas of the size that the engine first looks "
            "at, at the batch that is fastest. It was measured between the rounds, so that "
            "whatever else the machine did slowed both."
        ),
    ]
