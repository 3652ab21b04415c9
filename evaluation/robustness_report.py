"""`usher evaluate robustness`: what is still recognised when pictures get worse."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation import distortions, lfw, plots, verification
from evaluation.distortions import DISTORTIONS, Distortion, Subject, presumed
from evaluation.lfw import Pair
from evaluation.pipeline import Reading
from evaluation.reports import Headline, Plot, Report, Sample, Table, percent
from evaluation.study import Readings, Study, scores
from recognition.errors import ImageRefused
from recognition.images import decode

FALSE_RATE = 0.001
CLEAN = "Untouched"
_SAMPLE_SIDE = 128
_SAMPLE_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left under one distortion: shares, 0 to 1, of the pairs or of the pictures."""

    name: str
    tar: float
    tar_interval: tuple[float, float]
    tar_of_usable: float | None
    far: float
    not_found: float
    unusable: float

    def figures(self) -> dict[str, Any]:
        """Give the figures as report.json has them."""
        return {
            "tar": self.tar,
            "tar_interval": self.tar_interval,
            "tar_of_usable": self.tar_of_usable,
            "far": self.far,
            "not_found": self.not_found,
            "unusable": self.unusable,
        }


def report(study: Study, *, count: int) -> Report:
    """Distort the second picture of each pair, in every way, and compare it with the first."""
    pairs = lfw.protocol(study.people).pairs
    clean = study.aligned(name for pair in pairs for name in pair[:2])
    threshold = verification.threshold_at(scores(clean, pairs)[1], FALSE_RATE)
    chosen = [*_spread(pairs, count, same=True), *_spread(pairs, count, same=False)]
    outcomes = [_outcome(CLEAN, clean, clean, chosen, threshold)]
    for distortion in DISTORTIONS:
        read = _distorted(study, clean, [pair.second for pair in chosen], distortion)
        outcomes.append(_outcome(distortion.name, clean, read, chosen, threshold))
    figures = {
        "evaluation": "robustness",
        "far": FALSE_RATE,
        "similarity": threshold,
        "pairs": {
            "same": sum(pair.same for pair in chosen),
            "different": sum(not pair.same for pair in chosen),
        },
        "conditions": {outcome.name: outcome.figures() for outcome in outcomes},
        **study.facts(clean),
    }
    return Report(
        name="robustness",
        title="Robustness",
        lead="One good picture, and another of the same person that got worse: is it still "
        "accepted?",
        command=study.command,
        figures=figures,
        headlines=_headlines(outcomes),
        tables=[_table(outcomes)],
        plots=_plots(outcomes),
        samples=_samples(study, clean, chosen),
        notes=_notes(figures),
        about=study.about(clean),
    )


def _spread(pairs: Sequence[Pair], count: int, *, same: bool) -> list[Pair]:
    """Take so many pairs of one kind, evenly from all folds."""
    kind = [pair for pair in pairs if pair.same is same]
    rows = np.linspace(0, len(kind) - 1, min(count, len(kind))).round().astype(int)
    return [kind[row] for row in rows]


def _distorted(
    study: Study, clean: Readings, names: Sequence[str], distortion: Distortion
) -> Readings:
    paths = study.people.paths
    known = {_digest(paths[name].read_bytes()): clean[name] for name in names}

    def read(pictures: Sequence[bytes]) -> list[Reading]:
        made = [distorted(data, known[_digest(data)], distortion) for data in pictures]
        return study.pipeline.read(made)

    source = _digest(Path(distortions.__file__).read_bytes())
    return study.read(names, f"{distortion.name} {source[:8]}", read)


def distorted(data: bytes, reading: Reading, distortion: Distortion) -> bytes:
    """Give a picture distorted, as PNG; one that cannot be decoded stays as it is."""
    picture = _apply(data, reading, distortion)
    return data if picture is None else _encoded(picture, ".png", [cv2.IMWRITE_PNG_COMPRESSION, 1])


def _apply(
    data: bytes, reading: Reading, distortion: Distortion | None
) -> NDArray[np.uint8] | None:
    try:
        image = decode(data, max_side=1 << 16)
    except ImageRefused:
        return None
    if distortion is None:
        return image
    subject = presumed(image)
    if reading.box is not None and reading.landmarks is not None:
        subject = Subject(image, reading.box, reading.landmarks)
    return distortion.apply(subject, int(_digest(data)[:8], 16))


def _encoded(image: NDArray[np.uint8], suffix: str, options: Sequence[int]) -> bytes:
    return cv2.imencode(suffix, np.ascontiguousarray(image[..., ::-1]), options)[1].tobytes()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _outcome(
    name: str, clean: Readings, read: Readings, pairs: Sequence[Pair], threshold: float
) -> Outcome:
    """Score the first picture of each pair as it is against the second as it was read."""
    mixed = {f"clean {key}": reading for key, reading in clean.items()} | read
    renamed = [Pair(f"clean {pair.first}", pair.second, pair.same) for pair in pairs]
    same, different = scores(mixed, renamed)
    usable = np.array([not read[pair.second].reasons for pair in pairs if pair.same], dtype=bool)
    accepted = same > threshold
    seen = [read[name] for name in {pair.second for pair in pairs}]
    return Outcome(
        name=name,
        tar=float(accepted.mean()),
        tar_interval=verification.wilson(int(accepted.sum()), len(accepted)),
        tar_of_usable=float(accepted[usable].mean()) if usable.any() else None,
        far=float((different > threshold).mean()),
        not_found=sum(reading.embedding is None for reading in seen) / len(seen),
        unusable=sum(bool(reading.reasons) for reading in seen) / len(seen),
    )


def _headlines(outcomes: Sequence[Outcome]) -> list[Headline]:
    clean, *others = outcomes
    worst = min(others, key=lambda outcome: outcome.tar)
    mask = outcomes[-1]
    silent = max(others, key=lambda outcome: outcome.far)
    admits = (
        f"Under: {silent.name}. The threshold was set for 0.1 %."
        if silent.far > clean.far
        else "No more than untouched, under any distortion."
    )
    return [
        Headline(percent(clean.tar, 1), "untouched", "Accepted at FAR 0.1 %, for comparison."),
        Headline(percent(mask.tar, 1), "with a mask", "Drawn over nose, mouth and chin."),
        Headline(percent(worst.tar, 1), f"worst: {worst.name}",
                 f"{percent(worst.unusable, 0)} of these pictures are judged unusable."),
        Headline(percent(silent.far), "most false accepts", admits),
    ]  # fmt: skip


def _table(outcomes: Sequence[Outcome]) -> Table:
    heads = ["", "TAR", "19 times in 20", "TAR of the usable", "FAR", "No face", "Unusable"]
    rows = [
        [
            outcome.name,
            percent(outcome.tar, 1),
            " to ".join(percent(limit, 1) for limit in outcome.tar_interval),
            percent(outcome.tar_of_usable, 1),
            percent(outcome.far),
            percent(outcome.not_found, 1),
            percent(outcome.unusable, 1),
        ]
        for outcome in outcomes
    ]
    note = (
        "Unusable are pictures that the product would not remember a face by, those without a face "
        "among them. Pixels are of a face 112 wide; for “Face of” they are what is left of it."
    )
    return Table("Distortions", heads, rows, note)


def _plots(outcomes: Sequence[Outcome]) -> list[Plot]:
    names = [outcome.name for outcome in outcomes]
    return [
        Plot("tar", "Still accepted", "The shorter a bar, the more true pairs this distortion "
             "costs; the line at its end is where the truth lies 19 times in 20.",
             plots.bars(names, [one.tar for one in outcomes], "True accepts at FAR 0.1 %",
                        intervals=[one.tar_interval for one in outcomes])),
        Plot("unusable", "Judged unusable", "A long bar beside a short one in the other plot is "
             "as it should be: the product knows that it cannot know.",
             plots.bars(names, [one.unusable for one in outcomes], "Pictures judged unusable")),
    ]  # fmt: skip


def _samples(study: Study, clean: Readings, pairs: Sequence[Pair]) -> list[Sample]:
    """Show one picture under every distortion: the first with a usable face."""
    usable = [pair.second for pair in pairs if not clean[pair.second].reasons]
    if not usable:
        return []
    data = study.people.paths[usable[0]].read_bytes()
    ways: list[tuple[str, Distortion | None]] = [(CLEAN, None)]
    ways += [(distortion.name, distortion) for distortion in DISTORTIONS]
    made = [(name, _apply(data, clean[usable[0]], distortion)) for name, distortion in ways]
    return [Sample(name, _thumbnail(image)) for name, image in made if image is not None]


def _thumbnail(image: NDArray[np.uint8]) -> bytes:
    scale = _SAMPLE_SIDE / max(image.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=method)
    return _encoded(
        np.asarray(resized, dtype=np.uint8), ".jpg", [cv2.IMWRITE_JPEG_QUALITY, _SAMPLE_QUALITY]
    )


def _notes(figures: Mapping[str, Any]) -> list[str]:
    counts = figures["pairs"]
    return [
        (
            f"{counts['same']} pairs of one person and {counts['different']} of two. The first "
            "picture of each stays as it is, as a reference would be; the second is distorted, "
            "with a seed made from its bytes, so that it is always distorted in the same way."
        ),
        "The threshold is the one that admits 0.1 % of all untouched pairs of two people.",
        "A picture in which no face is found counts as not accepted.",
        "Where a face is, is taken from the untouched picture.",
    ]
