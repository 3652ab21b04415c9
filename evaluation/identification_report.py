"""`usher evaluate identification`: whether the right person is found, and strangers left alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation import identification, plots, synthetic
from evaluation.identification import Found, OpenSet
from evaluation.lfw import NotLaidOut
from evaluation.online import Embeddings
from evaluation.reports import Headline, Plot, Report, Table, percent
from evaluation.study import Readings, Study, vectors
from evaluation.truth import Truth, confidence_truth

RANKS = (1, 5, 10)
LAST_RANK = 20
FALSE_RATES = (0.001, 0.01, 0.032, 0.1)
GALLERIES = (1_000, 3_000, 10_000)
SEED = 1


@dataclass(frozen=True, slots=True)
class Searched:
    """A gallery, how many of its references are of people who do not exist, and its searches."""

    gallery: OpenSet
    synthetic: int
    known: Found
    strangers: Found

    def figures(self) -> dict[str, Any]:
        """Give the figures as report.json has them."""
        known, strangers = self.known, self.strangers
        return {
            "gallery": {
                "persons": self.gallery.persons,
                "references": len(self.gallery.references),
                "synthetic": self.synthetic,
            },
            "rank": {str(k): identification.rank_rate(known, k) for k in RANKS},
            "tpir_at_fpir": {
                str(rate): identification.rate_at(known, strangers, rate) for rate in FALSE_RATES
            },
            "strangers_named": {
                str(rate): identification.kept_promise(strangers.best, rate) for rate in FALSE_RATES
            },
        }


def report(study: Study, *, references: int, gallery: int | None) -> Report:
    """Search a gallery for everybody known in it and for strangers."""
    known, probes, strangers = identification.split(study.people.images, references)
    _check(study, known, strangers, references)
    readings = study.aligned(name for names in study.people.images.values() for name in names)
    made = _open_set(study, readings, known, probes, strangers)
    real = _one_of_each(study, readings)
    sizes = [0, *(size for size in GALLERIES if size > len(made.references))]
    searched = {size: _searched(made, real, size) for size in {*sizes, gallery or 0}}
    truth = confidence_truth(study.pipeline, _by_person(readings))
    chosen = searched[gallery or 0]
    figures = {
        "evaluation": "identification",
        "references_a_person": references,
        **chosen.figures(),
        "unknown_detection": _at_match(study, chosen),
        "by_gallery": [searched[size].figures() for size in sorted(searched)],
        "likeness": _likeness(real),
        "searches": {"known": len(made.probes), "strangers": len(made.strangers)},
        "confidence": None if truth is None else truth.figures(),
        **study.facts(readings),
    }
    return Report(
        name="identification",
        title="Identification",
        lead=f"Who is this, or is it nobody known? {len(made.probes)} pictures of "
        f"{len(known)} known people and {len(made.strangers)} strangers are searched for.",
        command=study.command,
        figures=figures,
        headlines=_headlines(figures),
        tables=[_table(figures), _promise(figures), *([] if truth is None else [truth.table()])],
        plots=[*_plots([searched[size] for size in sorted(searched)]),
               *([] if truth is None else [truth.plot()])],
        notes=_notes(figures, truth),
        about=study.about(readings),
    )  # fmt: skip


def _check(
    study: Study, known: Mapping[str, Sequence[str]], strangers: Sequence[str], references: int
) -> None:
    if not known:
        raise NotLaidOut(
            f"{study.people.folder} has nobody with {references + 1} pictures: {references} to be "
            "known by and one to be searched for with."
        )
    if len(strangers) < 2:  # noqa: PLR2004 - a half to choose on and a half to count
        raise NotLaidOut(
            f"{study.people.folder} has no strangers: two people with a single picture are needed."
        )


def _open_set(
    study: Study,
    readings: Readings,
    known: Mapping[str, Sequence[str]],
    probes: Sequence[str],
    strangers: Sequence[str],
) -> OpenSet:
    size = study.pipeline.engine.dimensions
    numbers = {name: number for number, name in enumerate(known)}
    held = [(name, image) for name, images in known.items() for image in images]
    return OpenSet(
        references=vectors(readings, [image for _, image in held], size),
        owners=np.array([numbers[name] for name, _ in held]),
        probes=vectors(readings, probes, size),
        truth=np.array([numbers[image.partition("/")[0]] for image in probes]),
        strangers=vectors(readings, strangers, size),
    )


def _one_of_each(study: Study, readings: Readings) -> NDArray[np.float32]:
    firsts = [images[0] for images in study.people.images.values()]
    shown = [name for name in firsts if readings[name].embedding is not None]
    return vectors(readings, shown, study.pipeline.engine.dimensions)


def _by_person(readings: Readings) -> Embeddings:
    people: dict[str, list[NDArray[np.float32]]] = {}
    for name, reading in readings.items():
        if reading.embedding is not None and not reading.reasons:
            people.setdefault(name.partition("/")[0], []).append(reading.embedding)
    return people


def _searched(made: OpenSet, real: NDArray[np.float32], size: int) -> Searched:
    missing = max(0, size - len(made.references))
    gallery = made.filled(synthetic.people(real, missing, seed=SEED)) if missing else made
    return Searched(
        gallery,
        missing,
        identification.search(gallery, made.probes, made.truth),
        identification.search(gallery, made.strangers),
    )


def _likeness(real: NDArray[np.float32]) -> dict[str, Any]:
    """Say how like real people the synthetic ones are, so that anybody can judge the filling."""
    made = synthetic.people(real, len(real), seed=SEED)
    return {
        "real": synthetic.likeness(real)._asdict(),
        "synthetic": synthetic.likeness(made, real)._asdict(),
    }


def _at_match(study: Study, searched: Searched) -> dict[str, float]:
    """Say what the pack's own match threshold does: at it is a match."""
    threshold = 1 - study.pipeline.thresholds.match
    rightly = identification.named_rightly(searched.known)
    return {
        "similarity": threshold,
        "known_named_rightly": float((rightly >= threshold).mean()),
        "strangers_left_unnamed": float((searched.strangers.best < threshold).mean()),
    }


def _headlines(figures: Mapping[str, Any]) -> list[Headline]:
    at, truth = figures["tpir_at_fpir"], figures["confidence"]
    left = figures["unknown_detection"]
    lines = [
        Headline(percent(figures["rank"]["1"]), "right person first", "Rank 1, of those known."),
        Headline(percent(at["0.01"]), "named at FPIR 1 %", "While 1 in 100 strangers is misnamed."),
        Headline(percent(at["0.032"]), "named at FPIR 3.2 %", "While 3 in 100 are."),
        Headline(
            percent(left["strangers_left_unnamed"]),
            "strangers left unnamed",
            f"By the pack's match threshold, with {percent(left['known_named_rightly'])} of the "
            "known named rightly.",
        ),
    ]
    if truth:
        said = "How far confidence is from the truth, on people it was not fitted to."
        lines.append(Headline(f"{truth['ece']:.3f}", "calibration error", said))
    return lines


def _table(figures: Mapping[str, Any]) -> Table:
    heads = ["Gallery", "Synthetic", *(f"Rank {k}" for k in RANKS)]
    heads += [f"at FPIR {100 * rate:g} %" for rate in FALSE_RATES]
    rows = [
        [
            f"{row['gallery']['references']:,} references",
            f"{row['gallery']['synthetic']:,}",
            *(percent(rate, 1) for rate in row["rank"].values()),
            *(percent(rate, 1) for rate in row["tpir_at_fpir"].values()),
        ]
        for row in figures["by_gallery"]
    ]
    real, made = figures["likeness"]["real"], figures["likeness"]["synthetic"]
    note = (
        "Rank k: the right person among the k nearest. At an FPIR: named rightly, while that share "
        "of strangers is misnamed. Where pictures ran out, galleries are filled with synthetic "
        f"people: vectors as similar to real people ({made['mean']:.3f} ± {made['deviation']:.3f}, "
        f"one in 1,000 above {made['highest_thousandth']:.3f}) as those are to one another "
        f"({real['mean']:.3f} ± {real['deviation']:.3f}, {real['highest_thousandth']:.3f})."
    )
    return Table("Galleries", heads, rows, note)


def _promise(figures: Mapping[str, Any]) -> Table:
    rows = [
        [percent(float(promised), 1), percent(named, 2)]
        for promised, named in figures["strangers_named"].items()
    ]
    note = (
        "The threshold is set on every second stranger and counted on the others, then the other "
        "way round."
    )
    return Table("Strangers named", ["Promised at most", "Named"], rows, note)


def _plots(searched: Sequence[Searched]) -> list[Plot]:
    ranks = np.arange(1, LAST_RANK + 1)
    labels = {f"{len(one.gallery.references):,} references": one for one in searched}
    cmc = {
        label: (
            ranks.astype(np.float64),
            np.array([identification.rank_rate(one.known, int(k)) for k in ranks]),
        )
        for label, one in labels.items()
    }
    rates = {label: identification.curve(one.known, one.strangers) for label, one in labels.items()}
    lowest = max(1 / len(searched[0].strangers.best), 1e-4)
    return [
        Plot("cmc", "CMC", "How often the right person is among the first so many: what is missing "
             "at rank 1 was behind somebody else, what is missing at rank 20 is hopeless.",
             plots.steps(cmc, "Among the nearest", "Searches for known people")),
        Plot("tpir", "Known people named, strangers misnamed", "Go along the axis to the share of "
             "strangers you can bear to see misnamed; the line says how many known people are "
             "named rightly then.",
             plots.steps(rates, "Strangers named (FPIR)", "Known people named rightly (TPIR)",
                         lowest=lowest)),
    ]  # fmt: skip


def _notes(figures: Mapping[str, Any], truth: Truth | None) -> list[str]:
    count, searches = figures["references_a_person"], figures["searches"]
    persons = figures["by_gallery"][0]["gallery"]["persons"]
    first = "first picture is" if count == 1 else f"first {count} pictures are"
    return [
        (
            f"Known are the {persons} people with more than {count} pictures: their {first} the "
            f"gallery, the other {searches['known']} are searched for. Strangers are the "
            f"{searches['strangers']} people with one picture. Nothing is left to chance."
        ),
        (
            "A person is as near as the nearest of their references. A search names the nearest "
            "person if they are above the threshold; to be right it must be the right one. Of "
            "people equally near, the right one is counted last."
        ),
        (
            "TPIR at an FPIR is taken at the loosest threshold above which no more than that share "
            "of strangers lies; nothing is interpolated."
        ),
        (
            f"Nothing is left out: {figures['without_face']} pictures without a face count as "
            "never recognised."
        ),
        "Confidence needs more people: 20 with two pictures." if truth is None else truth.note(),
    ]
