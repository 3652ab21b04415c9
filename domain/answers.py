"""What distances mean: recognition knows, the rules ask."""

from typing import Protocol

from domain.policy import MatchPolicy


class Estimate(Protocol):
    """A probability, 0 to 1, and where it lies 19 times out of 20."""

    @property
    def value(self) -> float:
        """The probability itself."""

    @property
    def low(self) -> float:
        """Where it starts."""

    @property
    def high(self) -> float:
        """Where it ends."""


class Answers(Protocol):
    """From a distance to an answer. Both are quick: they are asked for every face."""

    def policy(self, persons: int, references: int, /) -> MatchPolicy:
        """Return the distances to go by in a gallery of so many people and references."""

    def estimate(self, distance: float, persons: int, /) -> Estimate:
        """Return how sure it is that the nearest of so many people, this far away, is right."""
