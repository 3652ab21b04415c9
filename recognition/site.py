"""What a site's own faces and answers say about its distances, in a form that can be kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognition.calibration import Trials
from recognition.impostors import apart
from recognition.yardsticks import Yardstick

VERSION = 1
MOST_PEOPLE = 2000
"""Two million pairs: more of them tell no more, and take memory."""


@dataclass(frozen=True, slots=True)
class SiteFit:
    """A yardstick refitted to a site; to `people` who are recognised and `trials` of answers."""

    yardstick: Yardstick
    people: int
    trials: int


def refit(published: Yardstick, faces: Sequence[NDArray[np.float32]], trials: Trials) -> SiteFit:
    """Fit what is published of a model to a site: a second of work for thousands of people.

    `faces` are unit embeddings (d,), one of each person with a name; `trials` are questions that
    people have answered. Without either the yardstick is as published.
    """
    some = list(faces)
    if len(some) > MOST_PEOPLE:
        drawn = np.random.default_rng(len(some)).permutation(len(some))[:MOST_PEOPLE]
        some = [faces[row] for row in drawn]
    yardstick = published.refitted(apart(some), trials)
    return SiteFit(yardstick, people=len(some), trials=len(trials.distance))


def to_text(fit: SiteFit) -> str:
    """Write a fit as JSON."""
    numbers = {
        "version": VERSION,
        "people": fit.people,
        "trials": fit.trials,
        "calibration": asdict(fit.yardstick.calibration),
        "impostors": asdict(fit.yardstick.impostors),
    }
    return json.dumps(numbers)


def from_text(text: str, published: Yardstick) -> SiteFit | None:
    """Read a fit; None where it was made from other published numbers than these.

    Raises ValueError where it is no fit at all.
    """
    try:
        return _read(json.loads(text), published)
    except (KeyError, TypeError) as error:
        raise ValueError("these are not the numbers of a fit") from error


def _read(numbers: dict[str, Any], published: Yardstick) -> SiteFit | None:
    sources = {numbers[part]["source"] for part in ("calibration", "impostors")}
    known = {published.calibration.source, published.impostors.source}
    if numbers["version"] != VERSION or sources != known:
        return None
    curve = numbers["calibration"]
    yardstick = replace(
        published,
        calibration=replace(
            published.calibration, **{**curve, "covariance": tuple(curve["covariance"])}
        ),
        impostors=replace(published.impostors, **numbers["impostors"]),
    )
    return SiteFit(yardstick, people=int(numbers["people"]), trials=int(numbers["trials"]))
