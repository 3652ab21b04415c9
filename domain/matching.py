"""The three answers: match, unsure, stranger. Pure functions."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from domain.policy import MatchPolicy
from domain.records import Id, MatchKind

Rejected = Callable[[Id, Id], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A person near a probe: the nearest of their references, and its cosine distance."""

    person_id: Id
    reference_id: Id
    distance: float
    recognised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, and the candidates it was made from, nearest first.

    `person` is who it is (match), who it may be (unsure: somebody recognised) or None (stranger).
    """

    kind: MatchKind
    person: Candidate | None
    candidates: tuple[Candidate, ...]

    @property
    def runner_up(self) -> Candidate | None:
        """The nearest candidate that is not `person`."""
        others = (c for c in self.candidates if c is not self.person)
        return next(others, None)


def judge(
    candidates: Sequence[Candidate],
    *,
    policy: MatchPolicy,
    rejected: Rejected,
    excluded: Collection[Id] = (),
    track: Id | None = None,
) -> Verdict:
    """Say who a probe is.

    `candidates` are people, nearest first. `excluded` are already in the same frame: a person
    appears at most once in one. `rejected(a, b)` tells whether a and b are known to be two.
    `track` is the person a camera's own track was classified as; it settles doubt, no more.
    """
    near = tuple(
        c for c in candidates if c.distance <= policy.unsure and c.person_id not in excluded
    )
    allowed = _without_rejected(near, rejected)
    tracked = next((c for c in allowed if c.person_id == track), None)
    best = allowed[0] if allowed else None
    if best and best.distance <= policy.match:
        alike = _too_alike(allowed, policy)
        if tracked in alike:
            return Verdict(kind=MatchKind.MATCH, person=tracked, candidates=allowed)
        kind = MatchKind.UNSURE if alike else MatchKind.MATCH
        return Verdict(kind=kind, person=best, candidates=allowed)
    if tracked:
        return Verdict(kind=MatchKind.MATCH, person=tracked, candidates=allowed)
    maybe = next((c for c in allowed if c.recognised), None)
    kind = MatchKind.UNSURE if maybe else MatchKind.STRANGER
    return Verdict(kind=kind, person=maybe, candidates=allowed)


def _without_rejected(near: tuple[Candidate, ...], rejected: Rejected) -> tuple[Candidate, ...]:
    """Drop whoever is known not to be somebody that is nearer."""
    kept: list[Candidate] = []
    for candidate in near:
        if not any(rejected(candidate.person_id, nearer.person_id) for nearer in kept):
            kept.append(candidate)
    return tuple(kept)


def _too_alike(allowed: tuple[Candidate, ...], policy: MatchPolicy) -> tuple[Candidate, ...]:
    """Return the recognised people about equally near, or nobody where one is the nearest."""
    first, *others = allowed
    alike = [c for c in others if c.recognised and c.distance - first.distance < policy.margin]
    return (first, *alike) if first.recognised and alike else ()
