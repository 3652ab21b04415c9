"""From a distance to a percentage that a person can rely on."""

from dataclasses import dataclass, replace
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CEILING = 0.995
"""No photograph makes anybody certain."""

FEWEST = 10
"""Where hardly anybody is known yet, most faces are strangers: a small gallery earns no trust."""

WRONG_LABELS = 0.02
"""The share of answers that are taken for slips of whoever gave them."""

NINETEEN_OF_TWENTY = 1.96
"""Standard deviations each side of a normal's mean that hold 95 % of it."""

_LEAST_SLOPE = 1.0  # nearer is never less sure
_ANYTHING = (1e6, 0.0, 1e6)  # a covariance that knows nothing
_MOST_ODDS = 30.0  # their logarithm; beyond it a float is one or nought
_STEPS = 50  # of scoring; it settles within ten
_STILL = 1e-9  # a step as small as this is none


class Estimate(NamedTuple):
    """A probability, and where it lies 19 times out of 20 as far as the data tell."""

    value: float
    low: float
    high: float


class Trials(NamedTuple):
    """Searches, one a row: how near the nearest person was, and whether it was the right one.

    `distance` (n,) float, `right` (n,) bool; `persons` (n,) int is how many the gallery held.
    """

    distance: NDArray[np.float64]
    right: NDArray[np.bool_]
    persons: NDArray[np.int64]

    def of(self, persons: int) -> "Trials":
        """Give the trials in galleries of this size."""
        return self.where(self.persons == persons)

    def where(self, chosen: NDArray[np.bool_]) -> "Trials":
        """Give the trials of the rows (n,) chosen."""
        return Trials(self.distance[chosen], self.right[chosen], self.persons[chosen])


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a distance is worth, fitted by evaluation/answers.py on searches.

    The log odds that the nearest person is the right one are `intercept` - `slope` * distance -
    log(persons). `covariance` is that of (slope, intercept): variance, covariance, variance, as
    wide as a site that has said nothing yet makes it. `source` names data set, model and date.
    """

    slope: float
    intercept: float
    covariance: tuple[float, float, float]
    source: str

    def confidence(self, distance: float, persons: int) -> float:
        """Give the probability that the nearest of so many persons, this far away, is right.

        The nearest of N strangers is about N times as likely to be this near as one stranger is,
        so the odds are divided by N: what is 90 % among ten people is 47 % among a hundred. Half of
        all searches were for somebody known.
        """
        return _probability(self._odds(distance, persons))

    def estimate(self, distance: float, persons: int) -> Estimate:
        """Give `confidence` and the interval it lies in 19 times out of 20 (delta method)."""
        odds = self._odds(distance, persons)
        of_slope, of_both, of_intercept = self.covariance
        variance = distance**2 * of_slope - 2 * distance * of_both + of_intercept
        width = NINETEEN_OF_TWENTY * sqrt(max(variance, 0.0))
        return Estimate(_probability(odds), _probability(odds - width), _probability(odds + width))

    def _odds(self, distance: float, persons: int) -> float:
        return self.intercept - self.slope * distance - log(max(persons, FEWEST))

    def moved(self, near: tuple[float, float], far: tuple[float, float]) -> "Calibration":
        """Give the curve whose log odds are less by so much at two distances.

        Each of the two is a distance and what is taken off there; in between it is a straight line.
        """
        steeper = (far[1] - near[1]) / (far[0] - near[0])
        slope = max(self.slope + steeper, _LEAST_SLOPE)
        odds = self.intercept - self.slope * near[0] - near[1]
        return replace(self, slope=slope, intercept=odds + slope * near[0])

    def refitted(self, trials: Trials) -> "Calibration":
        """Give the curve after a site's own searches, whose answers were given by people.

        Bayesian logistic regression: this curve and its covariance are the prior, the maximum of
        the posterior is found by Fisher's scoring, and the curvature there is the new covariance.
        WRONG_LABELS of the answers may be wrong whatever the distance (Copas 1988), so that a slip
        where all is clear weighs next to nothing. Without trials nothing changes.
        """
        if not len(trials.distance):
            return self
        return _fitted(self, trials, slips=WRONG_LABELS)


def fit(trials: Trials, *, worth: float, source: str) -> Calibration:
    """Fit a curve to searches whose truth is known.

    `worth` is how many searches it counts for beside a site's own: the covariance is made as wide
    as so many would leave it.
    """
    flat = Calibration(slope=20.0, intercept=15.0, covariance=_ANYTHING, source=source)
    found = _fitted(flat, trials, slips=0.0)
    wider = len(trials.distance) / worth
    of_slope, of_both, of_intercept = found.covariance
    return replace(found, covariance=(of_slope * wider, of_both * wider, of_intercept * wider))


def _fitted(prior: Calibration, trials: Trials, *, slips: float) -> Calibration:
    """Maximise the posterior from the prior on; each step is halved until it is one upwards."""
    posterior = _Posterior(prior, trials, slips)
    weights = np.array([prior.slope, prior.intercept])
    here = posterior.height(weights)
    for _ in range(_STEPS):
        gradient, information = posterior.slopes(weights)
        step = np.linalg.solve(information, gradient)
        while (there := posterior.height(weights + step)) < here and np.abs(step).max() > _STILL:
            step = step / 2
        if there <= here:
            break
        weights, here = weights + step, there
    covariance = np.linalg.inv(posterior.slopes(weights)[1])
    return replace(
        prior,
        slope=max(float(weights[0]), _LEAST_SLOPE),
        intercept=float(weights[1]),
        covariance=(float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])),
    )


class _Posterior:
    """The logarithm of the posterior of (slope, intercept), up to a constant."""

    def __init__(self, prior: Calibration, trials: Trials, slips: float) -> None:
        of_slope, of_both, of_intercept = prior.covariance
        self._mean = np.array([prior.slope, prior.intercept])
        self._precision = np.linalg.inv(np.array([[of_slope, of_both], [of_both, of_intercept]]))
        self._inputs = np.column_stack([-trials.distance, np.ones_like(trials.distance)])
        self._offset = -np.log(np.maximum(trials.persons, FEWEST))
        self._right = trials.right.astype(np.float64)
        self._slips = slips

    def _sure(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        odds = np.clip(self._inputs @ weights + self._offset, -_MOST_ODDS, _MOST_ODDS)
        return np.asarray(1 / (1 + np.exp(-odds)))

    def height(self, weights: NDArray[np.float64]) -> float:
        said = self._slips + (1 - 2 * self._slips) * self._sure(weights)
        likelihood = self._right * np.log(said) + (1 - self._right) * np.log1p(-said)
        off = weights - self._mean
        return float(likelihood.sum() - off @ self._precision @ off / 2)

    def slopes(
        self, weights: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give the gradient (2,) and the expected information (2, 2)."""
        sure = self._sure(weights)
        said = self._slips + (1 - 2 * self._slips) * sure
        change = (1 - 2 * self._slips) * sure * (1 - sure)
        spread = said * (1 - said)
        gradient = self._inputs.T @ ((self._right - said) * change / spread)
        gradient = gradient - self._precision @ (weights - self._mean)
        information = (self._inputs * (change**2 / spread)[:, None]).T @ self._inputs
        return gradient, information + self._precision


def _probability(odds: float) -> float:
    return min(CEILING, _logistic(odds))


def _logistic(x: float) -> float:
    if x >= 0:
        return 1 / (1 + exp(-x))
    return exp(x) / (1 + exp(x))
