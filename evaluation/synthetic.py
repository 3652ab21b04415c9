"""People who do not exist, to fill a gallery when pictures run out."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_STEPS = 16  # halvings of an interval: to a ten-thousandth
_STEEPEST = 4.0
_MOST_COMPARED = 1000


class Likeness(NamedTuple):
    """How similar two different people are: mean, deviation, and what one pair in 1,000 exceeds."""

    mean: float
    deviation: float
    highest_thousandth: float


def people(real: Vectors, count: int, *, seed: int) -> Vectors:
    """Draw unit vectors (count, d) as similar to real people (n, d) as those are to one another.

    They are drawn from a normal distribution with the mean and the principal axes of the real ones,
    one of each person. The variances along the axes are raised to the one power that makes the
    deviation of similarity right (powers above 1 gather the vectors in fewer directions).
    """
    chance = np.random.default_rng(seed)
    mean = real.mean(axis=0, dtype=np.float64)
    _, spread, axes = np.linalg.svd(real - mean, full_matrices=False)
    noise = chance.standard_normal((count, len(axes)))
    wanted = likeness(real).deviation
    low, high = 0.0, _STEEPEST
    for _ in range(_STEPS):
        power = (low + high) / 2
        made = _shaped(noise[:_MOST_COMPARED], mean, spread, axes, power)
        if _between(made, real[:_MOST_COMPARED]).std() < wanted:
            low = power
        else:
            high = power
    return _shaped(noise, mean, spread, axes, (low + high) / 2)


def _shaped(
    noise: NDArray[np.float64],
    mean: NDArray[np.float64],
    spread: NDArray[np.floating],
    axes: NDArray[np.floating],
    power: float,
) -> Vectors:
    scaled = spread**power
    scaled *= np.sqrt((1 - mean @ mean) / (scaled**2).sum())  # so that lengths are about 1
    vectors = mean + (noise * scaled) @ axes
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(units, dtype=np.float32)


def likeness(first: Vectors, second: Vectors | None = None) -> Likeness:
    """Say how similar the people of one set are to each other, or to those of another set."""
    some = first[:_MOST_COMPARED]
    if second is None:
        similar = (some @ some.T)[np.triu_indices(len(some), 1)]
    else:
        similar = _between(some, second[:_MOST_COMPARED])
    return Likeness(float(similar.mean()), float(similar.std()), float(np.quantile(similar, 0.999)))


def _between(first: Vectors, second: Vectors) -> NDArray[np.float32]:
    return (first @ second.T).ravel()
