"""The hour of `usher bench chat`: who comes when, and what managers do about it. Drawn by dice."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

HOUR_S = 3600.0
# So many of the visits come one by one; the others in bursts, as when a train has arrived.
ALONE = 0.6
BURST, BURST_S = (4, 14), 15.0
# So many visits go on, for so many crops more, so many seconds apart.
GO_ON, MORE_CROPS, APART_S = 0.4, (1, 6), (1.0, 15.0)
# Most answers come within a minute, at the soonest after a look.
ANSWERED, LOOK_S, MEAN_S = 0.9, 2.0, 30.0
# Two press at the same instant; somebody answers in the group; somebody turns pages before.
TOGETHER, IN_GROUP, TURNING = 0.15, 0.2, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A crop of a visit: when, seconds after the start; by which camera; how good, 0 to 1."""

    at_s: float
    camera: int
    quality: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Who answers a question, so many seconds after it was asked; two do it at once.

    What they see in their chat then may be another question: they answer what they see.
    """

    after_s: float
    managers: tuple[int, ...]
    in_group: bool
    turns: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One visit, and the answer to its question, if it gets one."""

    crops: tuple[Crop, ...]
    reply: Reply | None


def plans(visits: int, *, managers: int, cameras: int, seed: int) -> list[Plan]:
    """Return the visits of an hour, in order of their beginning."""
    dice = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    return [
        Plan(crops=_crops(at_s, cameras, dice), reply=_reply(managers, dice))
        for at_s in _beginnings(visits, dice)
    ]


def _beginnings(visits: int, dice: Random) -> list[float]:
    """Return when visits begin: some alone, as Poisson has it, some in bursts."""
    begun = [dice.uniform(0, HOUR_S) for _ in range(round(visits * ALONE))]
    while len(begun) < visits:
        start = dice.uniform(0, HOUR_S - BURST_S)
        size = min(dice.randint(*BURST), visits - len(begun))
        begun += [start + dice.uniform(0, BURST_S) for _ in range(size)]
    return sorted(begun)


def _crops(at_s: float, cameras: int, dice: Random) -> tuple[Crop, ...]:
    crops = [Crop(at_s=at_s, camera=dice.randrange(cameras), quality=dice.uniform(0.3, 0.6))]
    if dice.random() < GO_ON:
        for _ in range(dice.randint(*MORE_CROPS)):
            at_s += dice.uniform(*APART_S)
            quality = dice.uniform(0.3, 0.9)
            crops.append(Crop(at_s=at_s, camera=dice.randrange(cameras), quality=quality))
    return tuple(crops)


def _reply(managers: int, dice: Random) -> Reply | None:
    if dice.random() >= ANSWERED:
        return None
    number = min(managers, 2 if dice.random() < TOGETHER else 1)
    return Reply(
        after_s=LOOK_S + dice.expovariate(1 / MEAN_S),
        managers=tuple(dice.sample(range(managers), number)),
        in_group=dice.random() < IN_GROUP,
        turns=dice.random() < TURNING,
    )


def crops_in(played: Sequence[Plan]) -> int:
    """Return how many crops there are in all."""
    return sum(len(plan.crops) for plan in played)
