"""A scale of distances, drawn as SVG: what counts as the same, as unsure, as a stranger."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.policy import MatchPolicy

# Of the drawing, in its own units.
WIDTH = 400
# A scale reaches at least so much further than what is unsure, in distance.
BEYOND = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A part of the scale: its kind, where it begins and how wide it is."""

    kind: str
    label: str
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A distance on the scale; `theirs` is of the person, or else of somebody else."""

    x: float
    distance: float
    theirs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What is drawn: the zones, and the marks from the nearest to the farthest."""

    width: int
    zones: tuple[Zone, ...]
    marks: tuple[Mark, ...]
    limits: tuple[tuple[float, float], ...]


def scale(policy: MatchPolicy, theirs: Sequence[float], others: Sequence[float]) -> Scale:
    """Return the scale of the distances in force, with these distances on it."""
    end = max(policy.unsure + BEYOND, *theirs, *others, policy.match) * 1.03
    match, unsure = (WIDTH * limit / end for limit in (policy.match, policy.unsure))
    marks = [Mark(x=WIDTH * max(0.0, d) / end, distance=d, theirs=True) for d in theirs]
    marks += [Mark(x=WIDTH * max(0.0, d) / end, distance=d, theirs=False) for d in others]
    return Scale(
        width=WIDTH,
        zones=(
            Zone(kind="match", label="The same", x=0, width=match),
            Zone(kind="unsure", label="Asks", x=match, width=unsure - match),
            Zone(kind="stranger", label="Not them", x=unsure, width=WIDTH - unsure),
        ),
        marks=tuple(sorted(marks, key=lambda mark: mark.distance)),
        limits=((match, policy.match), (unsure, policy.unsure)),
    )
