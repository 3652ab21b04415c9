"""Sites made of people who resemble one another, to see what a site's own data are worth."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluation import reliability
from evaluation.online import Embeddings
from evaluation.reliability import calibration_error, said
from evaluation.strangers import crowd, promise
from recognition import impostors
from recognition.calibration import Trials
from recognition.yardsticks import Yardstick

PEOPLE = 400
PROMISED = 0.01
HINT = 0.12
"""How far beyond `unsure` managers are shown whom a stranger may be, and so answer."""


class Told(NamedTuple):
    """Of one site: strangers named and calibration error, as published and after the refit."""

    named: float
    named_refitted: float
    error: float
    error_refitted: float


def alike(people: Embeddings, chance: np.random.Generator, count: int) -> list[str]:
    """Give the people who are most like somebody drawn by chance, in random order."""
    names = sorted(people)
    means = np.stack([np.mean(people[name], axis=0) for name in names])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    near = np.argsort(-(means @ means[chance.integers(len(names))]))[:count]
    return [names[row] for row in chance.permutation(near)]


def tell(people: Embeddings, yardstick: Yardstick, *, seed: int) -> Told:
    """Draw a site of people who are alike, refit on half of them, and look at the others."""
    chance = np.random.default_rng(seed)
    drawn = alike(people, chance, min(PEOPLE, len(people) // 4))
    half = len(drawn) // 2
    known = {name: people[name] for name in drawn[:half]}
    others = {name: people[name] for name in drawn[half:]}
    refitted = yardstick.refitted(_pairs(known), _answers(known, yardstick, seed))
    found = crowd(others, known, half, 1, draws=4, seed=seed)
    trials = _searches(others, draws=8, seed=seed)
    return Told(
        *(promise(model.impostors, found, PROMISED).mistaken for model in (yardstick, refitted)),
        *(
            calibration_error(said(model.calibration, trials), trials.right)
            for model in (yardstick, refitted)
        ),
    )


def _pairs(people: Embeddings) -> NDArray[np.float32]:
    return impostors.apart([faces[0] for faces in people.values()])


def _searches(people: Embeddings, *, draws: int, seed: int) -> Trials:
    size = reliability.searchable(people)
    return reliability.search(people, (size,), draws=draws, seed=seed)


def _answers(people: Embeddings, yardstick: Yardstick, seed: int) -> Trials:
    """Give the searches that managers would have been asked about."""
    trials = _searches(people, draws=1, seed=seed)
    limits = yardstick.thresholds
    asked = (trials.distance > limits.match) & (trials.distance <= limits.unsure + HINT)
    return trials.where(asked)
