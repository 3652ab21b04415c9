"""The answers of one installation: what is published of its models, refitted to its own data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from domain.learning import Evidence, adopt, gallery_size
from domain.policy import MatchPolicy
from domain.rules import Shares
from domain.store import Store
from recognition.calibration import Estimate, Trials
from recognition.site import SiteFit, from_text, refit, to_text
from recognition.yardsticks import Yardstick
from usher.settings import RecognitionSettings

# How much further than `unsure` somebody recognised is still offered as a likely name.
HINT = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What answers stand on now, and what follows for a gallery of `persons` and `references`.

    `people` and `trials` are what the site has contributed. `named` and `doubted` are the shares of
    strangers who are taken for somebody known at most, at `match` and at `unsure`.
    """

    model: str
    source: str
    people: int
    trials: int
    persons: int
    references: int
    match: float
    unsure: float
    named: float
    doubted: float

    def __str__(self) -> str:
        """Say it in sentences."""
        data = f"{self.source}; nothing of this site yet."
        if self.people or self.trials:
            data = f"{self.source}; here {self.people} people and {self.trials} answers."
        return (
            f"Distances of {self.model} by {data} With {self.persons} people known, up to "
            f"{self.match:.3f} is a match and names at most {self.named:.2%} of strangers; up to "
            f"{self.unsure:.3f} Usher asks, about at most {self.doubted:.1%} of them."
        )


class SiteAnswers:
    """From a distance to an answer, for one model; goes by the site's own fit once it has one.

    `shares` is asked each time what is allowed of strangers; without it, it is as set.
    """

    def __init__(
        self,
        *,
        model: str,
        published: Yardstick,
        settings: RecognitionSettings,
        shares: Callable[[], Shares] | None = None,
    ) -> None:
        self._published = published
        self._settings = settings
        set_once = Shares(settings.strangers_named, settings.strangers_doubted)
        self._shares = shares or (lambda: set_once)
        self._fit = SiteFit(published, people=0, trials=0)
        self.model = model

    def policy(self, persons: int, references: int, /) -> MatchPolicy:
        """Return the distances to go by: as set, or as the shares of strangers allowed say."""
        return self.policy_for(self._shares(), persons, references)

    def policy_for(self, shares: Shares, persons: int, references: int) -> MatchPolicy:
        """Return the distances that these shares of strangers would make."""
        ruler, chosen = self._fit.yardstick, self._settings
        match = chosen.match_threshold or ruler.match(shares.named, persons, references)
        unsure = chosen.unsure_threshold or ruler.unsure(shares.doubted, persons, references)
        unsure = max(unsure, match)
        return MatchPolicy(
            match=match,
            unsure=unsure,
            hint=unsure + HINT,
            duplicate=ruler.thresholds.duplicate,
            bridge=min(ruler.thresholds.bridge, match),
            doubt=max(ruler.thresholds.doubt, match),
            covered=chosen.covered_threshold,
            live=chosen.liveness_threshold,
        )

    def estimate(self, distance: float, persons: int, /) -> Estimate:
        """Return how sure it is that the nearest of so many people, this far away, is right."""
        return self._fit.yardstick.calibration.estimate(distance, persons)

    def fit(self, evidence: Evidence, /) -> str:
        """Return the numbers that the site's evidence makes of what is published; blocks."""
        trials = Trials(
            np.array([trial.distance for trial in evidence.trials], dtype=np.float64),
            np.array([trial.right for trial in evidence.trials], dtype=np.bool_),
            np.array([trial.persons for trial in evidence.trials], dtype=np.int64),
        )
        return to_text(refit(self._published, evidence.faces, trials))

    def adopt(self, fit: str, /) -> None:
        """Go by these numbers from now on, unless other published ones have taken their place.

        Raises ValueError where they are no fit; nothing changes then.
        """
        self._fit = from_text(fit, self._published) or self._fit

    def strangers_within(
        self, distances: Sequence[float], persons: int, references: int
    ) -> list[float]:
        """Return the share of strangers who come as near to somebody at most, for each distance."""
        strangers = self._fit.yardstick.impostors
        return [strangers.false_names(distance, persons, references) for distance in distances]

    def standing(self, persons: int, references: int) -> Standing:
        """Return what the answers stand on, and what follows from it."""
        policy, strangers = self.policy(persons, references), self._fit.yardstick.impostors
        return Standing(
            model=self.model,
            source=strangers.source,
            people=self._fit.people,
            trials=self._fit.trials,
            persons=persons,
            references=references,
            match=policy.match,
            unsure=policy.unsure,
            named=strangers.false_names(policy.match, persons, references),
            doubted=strangers.false_names(policy.unsure, persons, references),
        )


async def stand(store: Store, answers: SiteAnswers) -> Standing:
    """Take up what was fitted to the site, and return what its answers stand on now."""
    await adopt(store, answers)
    return answers.standing(*await gallery_size(store, answers.model))
