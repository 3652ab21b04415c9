"""The faces a person is recognised by: few, good, and theirs.

Pure functions on the references of one person, those of everybody merged into them included, and of
one model: distances between models mean nothing. Embeddings are (d,) float32 of unit length,
distances cosine. Nothing depends on the order in which references are given. The rules were chosen
with evaluation/references.py; the figures stand in docs/decisions/references.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.policy import MatchPolicy
from domain.records import Detection, Embedding, Id, Reference, Rival

# A new face takes the place of another one only when it adds so much more, in distance: a stream of
# faces that are about as good changes nothing.
BETTER = 0.05
# Of two references nobody can say which one is wrong.
FEWEST_TO_DOUBT = 3


def may_teach(detection: Detection) -> bool:
    """Tell whether the face of a detection may become one more reference of somebody known."""
    return detection.face is not None and not detection.reasons


def in_use(references: Iterable[Reference], model: str) -> list[Reference]:
    """Return the references of one model that are searched."""
    return [r for r in references if r.model == model and r.retired is None]


def choose(references: Sequence[Reference], policy: MatchPolicy) -> list[Reference]:
    """Return the references to keep: none nearer than `duplicate` to another, `max_references`.

    Of the two that are nearest to one another the poorer one goes, again and again, so that what
    is left shows as much of the person's variety as it can. At least one is left of any.
    """
    kept = sorted(references, key=lambda r: r.id)
    distances = _distances(kept)
    while len(kept) > 1:
        row, distance = _least_useful(kept, distances)
        if len(kept) <= policy.max_references and distance >= policy.duplicate:
            break
        kept.pop(row)
        distances = np.delete(np.delete(distances, row, axis=0), row, axis=1)
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A face is worth keeping, where there is no room any more in place of `instead_of`."""

    instead_of: Reference | None = None


def lesson(kept: Sequence[Reference], face: Embedding, policy: MatchPolicy) -> Lesson | None:
    """Return what a face (d,) teaches about a person, or None when it adds nothing.

    With `max_references` there already, it takes the place of the least useful one, if it lies
    further from all of them, by BETTER, than that one from its nearest.
    """
    if not kept:
        return Lesson()
    ordered = sorted(kept, key=lambda r: r.id)
    distances = _distances(ordered)
    adds = float(1 - np.max(_stack(ordered) @ face))
    if adds < policy.duplicate:
        return None
    if len(kept) < policy.max_references:
        return Lesson()
    if len(kept) == 1:
        return None
    row, distance = _least_useful(ordered, distances)
    return Lesson(instead_of=ordered[row]) if adds > distance + BETTER else None


def strangeness(references: Sequence[Reference]) -> dict[Id, float]:
    """Return how far each of at least two references is from the others: the lower median.

    Nearer than that lie half of the others, so that a few wrong ones among them, though like one
    another, do not hide each other.
    """
    distances = np.sort(_distances(references), axis=1)  # the last column is its own: infinite
    middle = distances[:, len(references) // 2 - 1]
    return {r.id: float(value) for r, value in zip(references, middle, strict=True)}


def doubtful(
    references: Sequence[Reference], policy: MatchPolicy, others: Mapping[Id, Rival]
) -> dict[Id, float]:
    """Return the references that do not look like their person, with their strangeness.

    One is doubtful when its strangeness exceeds `doubt`; or when it exceeds `match` while `others`
    (by reference id) says that somebody else recognised is within it. The strangest is set aside
    before the rest are looked at again, for it makes right ones look strange. Fewer than half of
    them can be doubtful; those vouched for never are.
    """
    left, found = sorted(references, key=lambda r: r.id), dict[Id, float]()
    most = (len(left) - 1) // 2
    while len(left) >= FEWEST_TO_DOUBT and len(found) < most:
        strange = strangeness(left)
        suspects = [
            r
            for r in left
            if not r.vouched and _is_doubtful(strange[r.id], others.get(r.id), policy)
        ]
        if not suspects:
            break
        strangest = max(suspects, key=lambda r: strange[r.id])
        found[strangest.id] = strange[strangest.id]
        left = [r for r in left if r.id != strangest.id]
    return found


def _is_doubtful(strange: float, other: Rival | None, policy: MatchPolicy) -> bool:
    if strange > policy.doubt:
        return True
    return other is not None and other.distance <= policy.match < strange


def _least_useful(
    references: Sequence[Reference], distances: NDArray[np.float32]
) -> tuple[int, float]:
    """Return the poorer one of the two nearest to one another, by its row, and their distance."""
    pair = divmod(int(np.argmin(distances)), len(references))
    row = min(pair, key=lambda at: (references[at].quality, references[at].id))
    return row, float(distances[pair])


def _distances(references: Sequence[Reference]) -> NDArray[np.float32]:
    """Return all distances (n, n); of each to itself, infinity."""
    stacked = _stack(references)
    distances = np.asarray(1 - stacked @ stacked.T, dtype=np.float32)
    np.fill_diagonal(distances, np.inf)
    return distances


def _stack(references: Sequence[Reference]) -> NDArray[np.float32]:
    return np.stack([r.embedding for r in references])
