"""What a target for false names would do, on the site's own data, before anybody sets it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.matching import Candidate, Verdict, judge
from domain.policy import MatchPolicy
from domain.proving import Proof
from domain.records import Id, MatchKind
from domain.rules import Shares

FEW_FACES, FEW_PEOPLE = 100, 20
"""With fewer, what is counted is a hint and no proof."""
_OWN, _OTHER = Id("own"), Id("other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A face of somebody known: how far the nearest other face of them is, and of anybody else.

    None where there is no such face.
    """

    own: float | None
    other: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What becomes of so many faces.

    They are recognised without asking, asked about, taken for strangers, or given a wrong name.
    """

    recognised: int = 0
    asked: int = 0
    strangers: int = 0
    wrong: int = 0

    @property
    def total(self) -> int:
        """How many faces there are."""
        return self.recognised + self.asked + self.strangers + self.wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What follows from one target.

    Up to the distance `match` it is somebody known, which names at most the share `named` of
    strangers; up to `unsure` Usher asks, about at most the share `doubted`. `known` are faces of
    people who are known, `unknown` the same faces as if they were not, `answered` those that people
    have been asked about.
    """

    match: float
    unsure: float
    named: float
    doubted: float
    known: Tally
    unknown: Tally
    answered: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a site has to try a target on: `probes` of so many `people`, and answers."""

    people: int
    probes: tuple[Probe, ...]
    proofs: tuple[Proof, ...]

    @property
    def little(self) -> bool:
        """Whether this is too little to rely on."""
        return self.people < FEW_PEOPLE or len(self.probes) < FEW_FACES


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Old against new, for a gallery of `persons` with `references`.

    `curve` is, for each of some distances, the share of strangers who come as near to somebody at
    most, as published of the model (`source`) and corrected by `learnt` people of the site.
    """

    persons: int
    references: int
    source: str
    learnt: int
    sample: Sample
    curve: tuple[tuple[float, float], ...]
    old: Outlook
    new: Outlook


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What people are recognised by here, and under which terms.

    `restricted` models are for non-commercial use only. `liveness` tells whether pictures held
    before a camera are told from faces.
    """

    pack: str
    model: str
    previous: str | None
    licence: str
    restricted: bool
    liveness: bool


class Forecaster(Protocol):
    """Knows what distances mean, and tries a target out."""

    async def forecast(self, old: Shares, new: Shares, /) -> Forecast | None:
        """Return what a target would do; None while there is no model in use yet."""

    async def models(self) -> Models | None:
        """Return the models in use, None while there are none."""


def known(probes: Iterable[Probe], policy: MatchPolicy) -> Tally:
    """Return what becomes of faces of people who are known."""
    return _tally(_judged(probe.own, probe.other, policy) for probe in probes)


def unknown(probes: Iterable[Probe], policy: MatchPolicy) -> Tally:
    """Return what would become of the same faces if their people were strangers."""
    return _tally(_judged(None, probe.other, policy) for probe in probes)


def answered(proofs: Iterable[Proof], policy: MatchPolicy) -> Tally:
    """Return what would become of faces that people were asked about, and have said who it is."""
    return _tally(
        _judged(
            proof.distance if proof.right else None,
            None if proof.right else proof.distance,
            policy,
        )
        for proof in proofs
    )


def _judged(own: float | None, other: float | None, policy: MatchPolicy) -> Verdict:
    near = [(own, _OWN), (other, _OTHER)]
    candidates: Sequence[Candidate] = [
        Candidate(person_id=id_, reference_id=id_, distance=distance, recognised=True)
        for distance, id_ in sorted((d, id_) for d, id_ in near if d is not None)
    ]
    return judge(candidates, policy=policy, rejected=lambda _, __: False)


def _tally(verdicts: Iterable[Verdict]) -> Tally:
    recognised = asked = strangers = wrong = 0
    for verdict in verdicts:
        if verdict.kind is MatchKind.STRANGER or verdict.person is None:
            strangers += 1
        elif verdict.kind is MatchKind.UNSURE:
            asked += 1
        elif verdict.person.person_id == _OWN:
            recognised += 1
        else:
            wrong += 1
    return Tally(recognised=recognised, asked=asked, strangers=strangers, wrong=wrong)
