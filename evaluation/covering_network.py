"""Fitting the small network of recognition/covering.py, in numpy."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognition.covering import Weights, features

HIDDEN = 24
EPOCHS = 40
BATCH = 64
PORTION = 256  # faces described at a time
RATE, DECAY = 2e-3, 1e-3
PATIENT = (0.9, 0.999)  # Adam's means of the gradient and its square
DROPPED = 0.2  # share of the inputs left out at each step, so that none is relied on
DOUBT = 0.01  # a label is never quite 0 or 1

Parts = list[NDArray[np.float32]]


def learn(
    faces: Sequence[NDArray[np.uint8]], covered: Sequence[tuple[int, int]], rng: np.random.Generator
) -> Weights:
    """Fit the network by Adam (Kingma and Ba, 2015) on aligned faces and their mirror images.

    `covered` says of each face (112, 112, 3) whether its lower and upper half is covered, 0 or 1.
    """
    described = describe(faces)
    labels = np.array([*covered, *covered], dtype=np.float32)
    mean, scale = described.mean(axis=0), described.std(axis=0) + 1e-3
    weights = Weights(mean, scale, *_begin(described.shape[1], rng))
    inputs = (described - mean) / scale
    moments = [[np.zeros_like(part) for part in weights[2:]] for _ in PATIENT]
    steps = EPOCHS * (len(inputs) // BATCH)
    for step in range(steps):
        rows = rng.integers(len(inputs), size=BATCH)
        kept = (rng.random(inputs.shape[1]) > DROPPED) / np.float32(1 - DROPPED)
        slopes = _slopes(weights, inputs[rows] * kept, labels[rows])
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
        _step(weights, moments, slopes, step + 1, rate)
    return weights


def describe(faces: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Give the features of all faces, then those of their mirror images: (2 n, d)."""
    parts = [faces[start : start + PORTION] for start in range(0, len(faces), PORTION)]
    mirrored = [[face[:, ::-1] for face in part] for part in parts]
    return np.concatenate([features(part) for part in (*parts, *mirrored)])


def _begin(count: int, rng: np.random.Generator) -> Parts:
    first = rng.normal(0, count**-0.5, (count, HIDDEN))
    second = rng.normal(0, HIDDEN**-0.5, (HIDDEN, 2))
    parts = (first, np.zeros(HIDDEN), second, np.zeros(2))
    return [part.astype(np.float32) for part in parts]


def _slopes(weights: Weights, inputs: NDArray[np.float32], labels: NDArray[np.float32]) -> Parts:
    """Give the gradient of the mean cross entropy for each of the four parts that are learned."""
    hidden = np.tanh(inputs @ weights.first + weights.first_bias)
    said = 1 / (1 + np.exp(-(hidden @ weights.second + weights.second_bias)))
    wrong = (said - labels * (1 - 2 * DOUBT) - DOUBT) / len(labels)
    back = (wrong @ weights.second.T) * (1 - hidden**2)
    return [
        inputs.T @ back + DECAY * weights.first,
        back.sum(axis=0),
        hidden.T @ wrong + DECAY * weights.second,
        wrong.sum(axis=0),
    ]


def _step(weights: Weights, moments: list[Parts], slopes: Parts, count: int, rate: float) -> None:
    """Move the weights, in place, one step of Adam."""
    for part, mean, square, slope in zip(weights[2:], *moments, slopes, strict=True):
        mean[...] += (1 - PATIENT[0]) * (slope - mean)
        square[...] += (1 - PATIENT[1]) * (slope**2 - square)
        sure = mean / (1 - PATIENT[0] ** count)
        rough = square / (1 - PATIENT[1] ** count)
        part[...] -= np.float32(rate) * sure / (np.sqrt(rough) + np.float32(1e-8))


def keep(weights: Weights, path: Path) -> None:
    """Write the weights in half precision, which changes no answer by a hundredth."""
    stored = {name: part.astype(np.float16) for name, part in weights._asdict().items()}
    np.savez_compressed(path, **stored)
