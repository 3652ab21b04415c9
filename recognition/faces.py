"""What the engine says about a picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognition.errors import Refusal


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """The one face of a crop that is meant, in pixels of the upright picture.

    `box` is x, y, width, height; `landmarks` (5, 2) are eyes, nose tip and mouth corners, left to
    right in the image; `score` and `quality` are 0 to 1; `roll`, `yaw`, `pitch` are degrees;
    `embedding` (d,) has unit length; `count` is how many faces the picture shows.

    `lower_covered` (mouth and nose), `upper_covered` (eyes) and `live` are probabilities; `live` is
    None where no models for it were given, or the picture shows too little around the face.
    """

    box: tuple[float, float, float, float]
    landmarks: NDArray[np.float32]
    score: float
    quality: float
    roll: float
    yaw: float
    pitch: float
    embedding: NDArray[np.float32]
    count: int
    lower_covered: float = 0.0
    upper_covered: float = 0.0
    live: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What was found in one posted image.

    `reasons` (see recognition.quality) is empty where the face may be remembered. `refused` is the
    kind of ImageRefused where the bytes could not be decoded; then width and height are 0.
    """

    width: int
    height: int
    face: Face | None
    reasons: tuple[str, ...]
    refused: Refusal | None = None

    @property
    def usable(self) -> bool:
        """Say whether the face may make a person or a reference."""
        return self.face is not None and not self.reasons
