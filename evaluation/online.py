"""What becomes of a stream of crops whose people nobody has named: who is grouped with whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recognition.gallery import Candidate, Gallery

MOST_BRIDGED = 4
"""People looked at; more than two at once were never seen this near."""

Embeddings = Mapping[str, Sequence[NDArray[np.float32]]]


@dataclass(frozen=True, slots=True)
class Rules:
    """When a crop joins a person, when it joins two, and when it is kept as a reference.

    A crop no further than `bridge` from two people nobody has named shows that they are one.
    """

    match: float
    bridge: float = 0.0
    duplicate: float = 0.1
    max_references: int = 12


class Outcome(NamedTuple):
    """Over all pairs of crops: `precision` of being put together, `recall` of belonging together.

    `named` is the share of one further image of each person that is recognised by the right name,
    once each group has the name of its first crop. `groups` counts the people that were made.
    """

    precision: float
    recall: float
    named: float
    groups: int


@dataclass(slots=True)
class _Stream:
    """The gallery as it grows, and the truth about it."""

    gallery: Gallery
    rules: Rules
    truth: list[str] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    references: int = 0

    def see(self, name: str, probe: NDArray[np.float32]) -> None:
        nearest = self.nearest(probe)
        if nearest is None:
            group = str(len(self.names))
            self.names[group] = name
            self._keep(group, probe)
        else:
            group = nearest.person_id
            self._bridge(probe)
            if self._teaches(nearest):
                self._keep(group, probe)
        self.truth.append(name)
        self.groups.append(int(group))

    def _bridge(self, probe: NDArray[np.float32]) -> None:
        first, *others = self.gallery.search(probe[None], MOST_BRIDGED)[0]
        for other in others:
            if other.distance <= self.rules.bridge:
                self.gallery.set_alias(other.person_id, first.person_id)

    def canonical(self, group: int) -> int:
        """Give who this group turned out to be."""
        return int(self.gallery.canonical(str(group)))

    def nearest(self, probe: NDArray[np.float32]) -> Candidate | None:
        """Give whoever the probe matches."""
        found = self.gallery.search(probe[None], 1)[0]
        return found[0] if found and found[0].distance <= self.rules.match else None

    def _teaches(self, nearest: Candidate) -> bool:
        full = len(self.gallery.references_of(nearest.person_id)) >= self.rules.max_references
        return not full and nearest.distance > self.rules.duplicate

    def _keep(self, group: str, probe: NDArray[np.float32]) -> None:
        self.gallery.put(f"{self.references:06d}", group, probe)
        self.references += 1


def simulate(people: Embeddings, rules: Rules, *, seed: int) -> Outcome:
    """Show the crops of all these people in random order, one at a time; keep one of each back.

    The one kept back is shown at the end, when the groups have names.
    """
    chance = np.random.default_rng(seed)
    shuffled = {name: chance.permutation(len(faces)) for name, faces in people.items()}
    shown = [(name, row) for name, order in shuffled.items() for row in order[:-1]]
    dimensions = len(next(iter(people.values()))[0])
    stream = _Stream(Gallery(dimensions), rules)
    for at in chance.permutation(len(shown)):
        name, row = shown[at]
        stream.see(name, people[name][row])
    found = {name: stream.nearest(people[name][order[-1]]) for name, order in shuffled.items()}
    right = [at is not None and stream.names[at.person_id] == name for name, at in found.items()]
    groups = [stream.canonical(group) for group in stream.groups]
    precision, recall = pairwise(groups, stream.truth)
    return Outcome(precision, recall, float(np.mean(right)), len(set(groups)))


def pairwise(groups: Sequence[int], truth: Sequence[str]) -> tuple[float, float]:
    """Give precision and recall over all pairs: put together, and being of one person."""
    rows = np.unique(np.array(groups), return_inverse=True)[1]
    columns = np.unique(np.array(truth), return_inverse=True)[1]
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    both = _pairs(table)
    return both / max(_pairs(table.sum(axis=1)), 1), both / max(_pairs(table.sum(axis=0)), 1)


def _pairs(counts: NDArray[np.float64]) -> float:
    return float((counts * (counts - 1)).sum() / 2)
