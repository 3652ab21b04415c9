"""Whether a mask hides the lower half of a face, or dark glasses the upper."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).with_name("covering.npz")
"""Learned by `python -m evaluation.train_covering --write`."""

_FINE_SIDE = 56
_CELLS = 8  # along a side: cells of 7 x 7 fine pixels
_COARSE_SIDE = 14
_STEPS = 4  # directions of edges, over half a turn
_FAINT = 2.0  # levels of grey: edges weaker than this are noise
_FLAT = 12.0  # levels of grey: the deviation of a picture that shows nothing
_YCRCB = np.array(
    [[0.299, 0.587, 0.114], [0.5, -0.4187, -0.0813], [-0.1687, -0.3313, 0.5]], np.float32
)
"""Rows make luma, red and blue difference from RGB (ITU-R BT.601, full range, as in JFIF)."""


class Weights(NamedTuple):
    """A network of one hidden layer: tanh((x - mean) / scale @ first + first_bias) @ second."""

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    first: NDArray[np.float32]
    first_bias: NDArray[np.float32]
    second: NDArray[np.float32]
    second_bias: NDArray[np.float32]


def covering(aligned: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Give how likely the lower and the upper half of each face are covered: (n, 2), 0 to 1.

    `aligned` are RGB faces (112, 112, 3) in the ArcFace template's position. Lower is mouth and
    nose (a mask, a scarf), upper the eyes (dark glasses; clear ones cover nothing).
    """
    if not len(aligned):
        return np.zeros((0, 2), dtype=np.float32)
    return respond(features(aligned), _weights())


def respond(described: NDArray[np.float32], weights: Weights) -> NDArray[np.float32]:
    """Give the network's two probabilities for features (n, d): (n, 2)."""
    inputs = (described - weights.mean) / weights.scale
    hidden = np.tanh(inputs @ weights.first + weights.first_bias)
    answers = hidden @ weights.second + weights.second_bias
    return np.asarray(0.5 + 0.5 * np.tanh(answers / 2), dtype=np.float32)  # never overflows


def features(aligned: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Describe aligned RGB faces (112, 112, 3): what is where, by colour and by edges (n, d).

    Luma is relative to the face's own mean and contrast, so that light and exposure matter little.
    """
    fine = np.stack([_shrink(face, _FINE_SIDE) for face in aligned]).astype(np.float32)
    coarse = np.stack([_shrink(face, _COARSE_SIDE) for face in aligned]).astype(np.float32)
    return np.concatenate([_colours(coarse), _edges(fine @ _YCRCB[0])], axis=1)


def _shrink(face: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    shrunk = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    return shrunk.astype(np.uint8, copy=False)


def _colours(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give luma, standardised over the face, and the colour differences of each cell."""
    parts = coarse @ _YCRCB.T
    luma = parts[..., :1]
    middle, spread = (measure(luma, axis=(1, 2), keepdims=True) for measure in (np.mean, np.std))
    parts = np.concatenate([(luma - middle) / (spread + _FLAT), parts[..., 1:] / 32], axis=3)
    return parts.reshape(len(parts), -1)


def _edges(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give how strong edges are in each direction and cell, relative to the face's contrast.

    After Dalal and Triggs, Histograms of oriented gradients, CVPR 2005, with the gradient's share
    in each direction in place of its angle.
    """
    across = luma[:, 1:-1, 2:] - luma[:, 1:-1, :-2]
    down = luma[:, 2:, 1:-1] - luma[:, :-2, 1:-1]
    pad = ((0, 0), (1, 1), (1, 1))
    across, down = np.pad(across, pad), np.pad(down, pad)
    cell = _FINE_SIDE // _CELLS
    strengths = [
        np.abs(across * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle)))
        .reshape(-1, _CELLS, cell, _CELLS, cell)
        .mean(axis=(2, 4))
        for angle in np.arange(_STEPS) * np.pi / _STEPS
    ]
    pooled = np.stack(strengths, axis=3).reshape(len(luma), -1)
    contrast = luma.std(axis=(1, 2))[:, None] + _FLAT
    return np.asarray(np.log((pooled + _FAINT) / contrast), dtype=np.float32)


@cache
def _weights() -> Weights:
    """Read what was learned, once a process; smaller in the file, float32 here."""
    with np.load(WEIGHTS) as stored:
        return Weights(*(stored[name].astype(np.float32) for name in Weights._fields))
