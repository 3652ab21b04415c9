"""`usher evaluate verification`: whether two pictures of one person are told from two of others."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation import lfw, plots, verification
from evaluation.reports import Headline, Plot, Report, Table, percent
from evaluation.study import Readings, Study, scores, vectors
from evaluation.verification import NO_FACE, Scores

FALSE_RATES = (0.1, 0.01, 0.001, 0.0001)
MATRIX_PEOPLE = 24
MATRIX_IMAGES = 5
HARDEST = 5

Fold = tuple[Scores, Scores]


def report(study: Study) -> Report:
    """Score all pairs, aligned and as centre crops, and say how well they part."""
    protocol = lfw.protocol(study.people)
    names = [name for pair in protocol.pairs for name in pair[:2]]
    readings = {"aligned": study.aligned(names), "center_crop": study.center_crops(names)}
    folds = {way: [scores(read, fold) for fold in protocol.folds] for way, read in readings.items()}
    measured = {way: measure(some) for way, some in folds.items()}
    same, different = _joined(folds["aligned"])
    figures = {
        "evaluation": "verification",
        **measured["aligned"],
        **measured,
        "margin": margin(measured["aligned"], measured["center_crop"]),
        "at_match_threshold": _at(1 - study.pipeline.thresholds.match, same, different),
        "pairs": {
            "same": len(same),
            "different": len(different),
            "folds": len(protocol.folds),
            "drawn": protocol.drawn,
        },
        **study.facts(readings["aligned"]),
    }
    return Report(
        name="verification",
        title="Verification",
        lead="Two pictures: do they show one person? "
        f"{len(same)} pairs of one person and {len(different)} of two.",
        command=study.command,
        figures=figures,
        headlines=_headlines(figures),
        tables=[_ways(figures), _separation(figures), _worst(readings["aligned"], protocol.pairs)],
        plots=[
            *_curves({way: _joined(some) for way, some in folds.items()}, figures),
            _matrix(study, readings["aligned"]),
        ],
        notes=_notes(figures),
        about=study.about(readings["aligned"]),
    )


def measure(folds: Sequence[Fold]) -> dict[str, Any]:
    """Give every figure of the pairs in these folds, as report.json has them."""
    same, different = _joined(folds)
    eer, at = verification.equal_error_rate(same, different)
    accuracy = verification.accuracy(folds)
    shown = same[same > NO_FACE], different[different > NO_FACE]
    return {
        "auc": verification.area_under_curve(same, different),
        "eer": eer,
        "eer_similarity": at,
        "accuracy": accuracy and accuracy.mean,
        "accuracy_std": accuracy and accuracy.deviation,
        "accuracy_folds": accuracy and accuracy.accuracy.tolist(),
        "tar_at_far": {
            str(rate): verification.true_rate(same, different, rate) for rate in FALSE_RATES
        },
        "tar_interval": {str(rate): _interval(same, different, rate) for rate in FALSE_RATES},
        "similarity_at_far": {
            str(rate): verification.threshold_at(different, rate) for rate in FALSE_RATES
        },
        "separability": verification.separability(*shown)._asdict() if all(map(len, shown)) else {},
    }


def _interval(same: Scores, different: Scores, rate: float) -> tuple[float, float]:
    hits = int((same > verification.threshold_at(different, rate)).sum())
    return verification.wilson(hits, len(same))


def margin(aligned: Mapping[str, Any], center: Mapping[str, Any]) -> dict[str, Any]:
    """Say by how much alignment is better: positive where it is, as a share of all pairs."""
    return {
        "auc": aligned["auc"] - center["auc"],
        "eer": center["eer"] - aligned["eer"],
        "tar_at_far": {
            rate: tar - center["tar_at_far"][rate] for rate, tar in aligned["tar_at_far"].items()
        },
    }


def _at(threshold: float, same: Scores, different: Scores) -> dict[str, float]:
    """Say what the pack's own match threshold does on these pairs; at it is a match."""
    return {
        "similarity": threshold,
        "tar": float((same >= threshold).mean()),
        "far": float((different >= threshold).mean()),
    }


def _joined(folds: Sequence[Fold]) -> Fold:
    same, different = (np.concatenate(part) for part in zip(*folds, strict=True))
    return same, different


def _headlines(figures: Mapping[str, Any]) -> list[Headline]:
    low, high = figures["tar_interval"]["0.001"]
    tar = figures["tar_at_far"]
    lines = [
        Headline(percent(figures["eer"]), "equal error rate", "Both kinds of mistake as frequent."),
        Headline(percent(tar["0.01"]), "accepted at FAR 1 %", "One in 100 pairs of two gets by."),
        Headline(
            percent(tar["0.001"]),
            "accepted at FAR 0.1 %",
            f"One in 1,000 gets by. Between {percent(low)} and {percent(high)} 19 times in 20.",
        ),
        Headline(f"{figures['auc']:.5f}", "area under the ROC", "1 is perfect, 0.5 is chance."),
    ]
    if figures["accuracy"] is not None:
        spread = f"± {percent(figures['accuracy_std'])} over {figures['pairs']['folds']} folds."
        lines.append(Headline(percent(figures["accuracy"]), "accuracy", spread))
    gained = percent(figures["margin"]["tar_at_far"]["0.001"])
    said = "More accepted at FAR 0.1 % than with a centre crop."
    return [*lines, Headline(gained, "gained by alignment", said)]


def _ways(figures: Mapping[str, Any]) -> Table:
    aligned, center, gain = figures["aligned"], figures["center_crop"], figures["margin"]
    rows = [
        ["Area under the ROC", *(f"{way['auc']:.5f}" for way in (aligned, center, gain))],
        ["Equal error rate", *(percent(way["eer"]) for way in (aligned, center, gain))],
    ]
    if aligned["accuracy"] is not None:
        better = aligned["accuracy"] - center["accuracy"]
        spread = [
            f"{percent(way['accuracy'])} ± {percent(way['accuracy_std'])}"
            for way in (aligned, center)
        ]
        rows.append(["Accuracy", *spread, percent(better)])
    for rate in map(str, FALSE_RATES):
        tars = [percent(way["tar_at_far"][rate]) for way in (aligned, center, gain)]
        rows.append([f"TAR at FAR {100 * float(rate):g} %", *tars])
    heads = ["", "Five-point alignment", "Centre crop", "Better by"]
    note = (
        "The centre crop is the middle of the picture, scaled to 112 x 112; no face is looked for."
    )
    return Table("Aligned against centre crop", heads, rows, note)


def _separation(figures: Mapping[str, Any]) -> Table:
    heads = ["", "Within people", "Between people", "d'"]
    rows = []
    for name, way in (("Five-point alignment", "aligned"), ("Centre crop", "center_crop")):
        if apart := figures[way]["separability"]:
            within = f"{apart['within_mean']:.3f} ± {apart['within_deviation']:.3f}"
            between = f"{apart['between_mean']:.3f} ± {apart['between_deviation']:.3f}"
            rows.append([name, within, between, f"{apart['d_prime']:.2f}"])
    note = (
        "Mean and standard deviation of similarity; d' is the distance of the means in deviations."
    )
    return Table("How far apart similarities lie", heads, rows, note)


def _worst(readings: Readings, pairs: Sequence[lfw.Pair]) -> Table:
    """Name the pairs that a person should look at: mistakes of the models, or of the labels."""
    same, different = scores(readings, pairs)
    rows = [
        [_stems(pair), f"{score:.3f}", kind]
        for some, kind, sign in (
            (same, "one person, least alike", 1),
            (different, "two people, most alike", -1),
        )
        for pair, score in _first(pairs, some, sign)
    ]
    note = "Look at them: some are mistakes of the models, some are wrong names on a picture."
    return Table("The hardest pairs", ["Pictures", "Similarity", ""], rows, note)


def _first(pairs: Sequence[lfw.Pair], some: Scores, sign: int) -> list[tuple[lfw.Pair, float]]:
    kind = [pair for pair in pairs if pair.same is (sign > 0)]
    order = np.argsort(sign * some, kind="stable")[:HARDEST]
    return [(kind[row], float(some[row])) for row in order]


def _stems(pair: lfw.Pair) -> str:
    return " and ".join(name.rpartition("/")[2].rpartition(".")[0] for name in pair[:2])


def _curves(pairs: Mapping[str, Fold], figures: Mapping[str, Any]) -> list[Plot]:
    words = {"aligned": "five-point alignment", "center_crop": "centre crop"}
    curves = {words[way]: verification.roc(*some) for way, some in pairs.items()}
    same, different = pairs["aligned"]
    marks = {
        "equal error": figures["eer_similarity"],
        "FAR 0.1 %": figures["similarity_at_far"]["0.001"],
        "match threshold": figures["at_match_threshold"]["similarity"],
    }
    lowest = max(1 / len(different), 1e-4)
    return [
        Plot("roc", "ROC", "The higher a line runs, and the further to the left it still does, "
             "the fewer true pairs are given up for safety.", plots.roc(curves, lowest)),
        Plot("det", "DET", "The nearer a line lies to the lower left corner, the fewer mistakes of "
             "either kind; where it crosses the dotted line is the equal error rate.",
             plots.det(curves)),
        Plot("scores", "Similarities", "The less the two hills overlap, the better; what lies on "
             "the wrong side of a threshold is a mistake.",
             plots.histograms(same, different, marks)),
    ]  # fmt: skip


def _matrix(study: Study, readings: Readings) -> Plot:
    """Draw people with many images beside one another; pictures of nobody are shown."""
    images: dict[str, list[str]] = {}
    for name in sorted(readings):
        images.setdefault(name.partition("/")[0], []).append(name)
    most = sorted(images, key=lambda person: -len(images[person]))[:MATRIX_PEOPLE]
    rows = [images[person][:MATRIX_IMAGES] for person in sorted(most)]
    starts = np.cumsum([0, *(len(row) for row in rows)])[:-1].tolist()
    names = [name for row in rows for name in row]
    found = vectors(readings, names, study.pipeline.engine.dimensions)
    reading = (
        f"{len(rows)} people with up to {MATRIX_IMAGES} images each: dark squares along the "
        "diagonal are people like themselves, anything dark elsewhere is two who look alike."
    )
    return Plot("matrix", "Everybody against everybody", reading,
                plots.matrix(found @ found.T, starts))  # fmt: skip


def _notes(figures: Mapping[str, Any]) -> list[str]:
    counts = figures["pairs"]
    origin = (
        f"There is no pairs.txt, so the pairs were drawn, always the same ones (seed {lfw.SEED}), "
        f"in {counts['folds']} folds that share no person."
        if counts["drawn"]
        else f"The pairs are those of pairs.txt, in {counts['folds']} folds."
    )
    accuracy = (
        "The threshold of each fold's accuracy is the one that is best on all others; ± is the "
        "standard deviation over the folds."
        if counts["folds"] > 1
        else "Accuracy needs two folds: its threshold is chosen on the others."
    )
    admitted = int(0.0001 * counts["different"] + 1e-9)
    return [
        origin,
        (
            f"Nothing is left out. {figures['without_face']} images show no face that was found: "
            "their pairs have the similarity -1, so that a pair of one person counts as missed. "
            "(Means and deviations are of the others.)"
        ),
        (
            "A pair is accepted above a threshold. TAR at a FAR is taken at the loosest threshold "
            "that admits no more than that share of pairs of two people; nothing is interpolated, "
            "and of pairs that tie at the threshold none is admitted."
        ),
        f"FAR 0.01 % admits {admitted} of {counts['different']} pairs here.",
        accuracy,
    ]
