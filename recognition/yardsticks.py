"""What distances between a model's embeddings mean: measured once, refined by each site."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recognition.calibration import Calibration, Trials
from recognition.impostors import Impostors

_RAREST = 1e-30  # of a rate: its logarithm has to be a number


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Distances that separate match, unsure and stranger; chosen by evaluation/thresholds.py.

    `match` and `unsure` hold while few are known; among many, fewer strangers may be mistaken.
    """

    match: float
    unsure: float
    duplicate: float
    """Nearer than this to a reference there is, another one teaches nothing new."""
    bridge: float
    """A crop this near to two people nobody has named shows that they are one."""
    doubt: float
    """Further than this from half of a person's references, one may be somebody else's."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Thresholds, percentages and what is known of strangers, for the embeddings of one model."""

    thresholds: Thresholds
    calibration: Calibration
    impostors: Impostors

    def match(self, share: float, persons: int, references: int) -> float:
        """Give the distance within which at most that share of strangers is named.

        Never further than `thresholds.match`, where strangers whom nobody has named still stay
        apart.
        """
        return min(self.thresholds.match, self.impostors.distance(share, persons, references))

    def unsure(self, share: float, persons: int, references: int) -> float:
        """Give the distance within which at most that share of strangers is doubted."""
        return min(self.thresholds.unsure, self.impostors.distance(share, persons, references))

    def refitted(self, similar: NDArray[np.floating], trials: Trials) -> "Yardstick":
        """Give the yardstick after a site's own pairs of different people, and its answers.

        `similar` (n,) are similarities of pairs. Where people are alike more often, a distance is
        worth less before anybody has answered: the odds fall by as much as such pairs are more.
        """
        impostors = self.impostors.refitted(similar)
        near, far = (self._rarer(impostors, d) for d in (self.thresholds.match, self._edge))
        calibration = self.calibration.moved(near, far).refitted(trials)
        return replace(self, calibration=calibration, impostors=impostors)

    @property
    def _edge(self) -> float:
        """Where the tail begins: nothing is known of strangers who are further away."""
        return 1.0 - self.impostors.start

    def _rarer(self, impostors: Impostors, distance: float) -> tuple[float, float]:
        """Give the distance, and the logarithm of how much oftener strangers come as near now."""
        before, after = self.impostors.rate(distance), impostors.rate(distance)
        return distance, float(np.log(max(after, _RAREST) / max(before, _RAREST)))


# The figures, and the commands that give them, stand in docs/decisions/thresholds.md.
_SFACE = "LFW, 3,811 images, SFace 2021dec, November 2026"
_ARCFACE = "LFW, 3,811 images, w600k_mbf rebuilt from int8 copies, November 2026"

SFACE = Yardstick(
    thresholds=Thresholds(match=0.49, unsure=0.62, duplicate=0.10, bridge=0.46, doubt=0.70),
    calibration=Calibration(
        slope=48.71, intercept=31.24, covariance=(76.92, 44.59, 26.08), source=_SFACE
    ),
    impostors=Impostors(start=0.300, scale=0.0308, shape=-0.049, crowding=0.75, source=_SFACE),
)
ARCFACE = Yardstick(
    thresholds=Thresholds(match=0.64, unsure=0.74, duplicate=0.10, bridge=0.56, doubt=0.82),
    calibration=Calibration(
        slope=54.52, intercept=41.16, covariance=(170.89, 119.61, 84.25), source=_ARCFACE
    ),
    impostors=Impostors(start=0.170, scale=0.0269, shape=-0.008, crowding=0.75, source=_ARCFACE),
)
"""Measured on the one model. The best guess for the other packs of InsightFace, which were trained
by the same loss; a site's own data correct it."""
