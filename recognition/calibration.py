"""From a distance to a percentage that a person can rely on."""

from dataclasses import dataclass
from math import exp, log

CEILING = 0.995
"""No photograph makes anybody certain."""

FEWEST = 10
"""Where hardly anybody is known yet, most faces are strangers: a small gallery earns no trust."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a distance is worth, fitted by evaluation/thresholds.py on searches.

    The log odds that the nearest person is the right one are `intercept` - `slope` * distance -
    log(persons). `source` names data set, model and date.
    """

    slope: float
    intercept: float
    source: str

    def confidence(self, distance: float, persons: int) -> float:
        """Give the probability that the nearest of so many persons, this far away, is right.

        The nearest of N strangers is about N times as likely to be this near as one stranger is,
        so the odds are divided by N: what is 90 % among ten people is 47 % among a hundred. Half of
        all searches were for somebody known.
        """
        odds = self.intercept - self.slope * distance - log(max(persons, FEWEST))
        return min(CEILING, _logistic(odds))


def _logistic(x: float) -> float:
    if x >= 0:
        return 1 / (1 + exp(-x))
    return exp(x) / (1 + exp(x))
