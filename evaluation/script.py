"""Who is posted when: several people, several visits, several cameras, mixed as life mixes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from evaluation.cast import Actor

# More than a visit's gap, by the cameras' clocks.
VISIT_EVERY = timedelta(hours=1)
CROP_EVERY = timedelta(seconds=2)
# So many cards a chat gets, if there are enough posts for it.
VISITS_IN_ALL = 40
LEAST_CROPS = 3


@dataclass(frozen=True, slots=True)
class Scene:
    """One crop to be posted: of whom, during which of their visits, at which site, and when."""

    number: int
    actor: Actor
    visit: int
    site: str
    captured_at: datetime

    @property
    def visit_key(self) -> tuple[str, str, int]:
        """What is one visit in truth."""
        return self.actor.name, self.site, self.visit


def scenes(
    actors: Sequence[Actor], sites: Sequence[str], *, posts: int, seed: int, now: datetime
) -> list[Scene]:
    """Return so many scenes in the order of posting: visit after visit, everybody mixed in each.

    Each person comes to one site in a visit, to the next one in the next. The last visits are of
    now; those before are long over when they are posted, as after an outage.
    """
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    visits = max(1, min(round(VISITS_IN_ALL / len(actors)), posts // (LEAST_CROPS * len(actors))))
    lasting = CROP_EVERY * (posts // visits // len(actors) + 1)
    start = now - VISIT_EVERY * (visits - 1) - lasting
    played: list[Scene] = []
    for visit in range(visits):
        share = range(posts * visit // visits, posts * (visit + 1) // visits)
        wave = [
            Scene(
                number=number,
                actor=actors[number % len(actors)],
                visit=visit,
                site=sites[visit % len(sites)],
                captured_at=start + VISIT_EVERY * visit + CROP_EVERY * (turn // len(actors)),
            )
            for turn, number in enumerate(share)
        ]
        chance.shuffle(wave)
        played += wave
    return played
