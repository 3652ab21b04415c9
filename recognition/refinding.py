"""A face that was found before, found again by another detector in the same picture."""

import numpy as np
from numpy.typing import NDArray

from recognition.proposals import Proposals

SAME_FACE = 0.5
"""Of the size of a face (the root mean square distance of its landmarks from their middle): two
detectors differ by less on one face; the landmarks of two faces are two sizes apart and more."""
HALF_BOX = 1.8
"""Sizes from the middle of the landmarks to the sides of a box as detectors draw it; in ArcFace's
template a size is 23 of 112 pixels, and half a box about 42."""


def same_face(faces: Proposals, known: NDArray[np.float32]) -> Proposals:
    """Give the one of the faces that is at the known landmarks (5, 2), in pixels of the picture.

    Where none is near, one is made of them: a face that was found once is there, whether or not
    this detector sees it. Its score is 0.
    """
    middle = known.mean(axis=0)
    size = float(np.sqrt(((known - middle) ** 2).sum(axis=1).mean()))
    apart = np.linalg.norm(faces.landmarks - known, axis=2).mean(axis=1)
    if len(apart) and apart.min() <= SAME_FACE * size:
        return faces.take(np.array([apart.argmin()], dtype=np.intp))
    box = np.concatenate([middle - HALF_BOX * size, middle + HALF_BOX * size])
    return Proposals(box[None].astype(np.float32), known[None], np.zeros(1, np.float32))
