"""From a distance to a percentage that a person can rely on."""

from dataclasses import dataclass
from math import exp, log

CEILING = 0.995
"""No photograph makes anybody certain."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a distance is worth, fitted by evaluation/thresholds.py on labelled pairs.

    For one pair that is as likely the same person as not, the log odds are `intercept` - `slope` *
    distance. `source` names data set, model and date.
    """

    slope: float
    intercept: float
    source: str

    def confidence(self, distance: float, persons: int) -> float:
        """Give the probability that the nearest of so many persons, this far away, is right.

        The nearest of N strangers is about N times as likely to be this near as one stranger is,
        so the odds are divided by N: what is 90 % among ten people is 47 % among a hundred. Half of
        all faces are taken to be of somebody known.
        """
        odds = self.intercept - self.slope * distance - log(max(persons, 1))
        return min(CEILING, _logistic(odds))


def _logistic(x: float) -> float:
    if x >= 0:
        return 1 / (1 + exp(-x))
    return exp(x) / (1 + exp(x))
