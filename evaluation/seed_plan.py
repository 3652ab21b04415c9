"""A year at some sites, as arrays: who came when and where, and which crops were taken of them."""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DAY = 86_400.0
# What becomes of crops that show nobody to recognise, of all.
UNUSABLE, FAILED, SPOOF = 0.07, 0.002, 0.0005
LATELY_OPEN = 12
MOST_REFERENCES = 12
# Shares: of the known those who stay, of visits on weekends those that fall away, of visits those
# at another site, and of crops those by the camera that saw somebody first.
_STAYING, _SPARED, _AWAY, _SAME_CAMERA = 0.7, 0.7, 0.08, 0.8
_SATURDAY = 5
_PASSING_DAYS = 20
_LONGEST_S = 2400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedOptions:
    """How much there is to be. `faces` is a folder of people as LFW has them; drawn without."""

    detections: int = 1_000_000
    people: int = 20_000
    references: int = 60_000
    visits: int = 200_000
    sites: int = 8
    days: int = 365
    sitters: int = 100
    seed: int = 1
    faces: Path | None = None


class Kind(IntEnum):
    """What became of a person; `MERGED` turned out to be somebody else."""

    KNOWN = 0
    VISITOR = 1
    BLOCKED = 2
    DISMISSED = 3
    NO_FACE = 4
    UNKNOWN = 5
    MERGED = 6


# Of each kind: its share, and how often they come (mean and spread of a logarithm).
_KINDS = {
    Kind.KNOWN: (0.34, 2.4, 1.0),
    Kind.VISITOR: (0.04, 0.7, 0.6),
    Kind.BLOCKED: (0.01, 0.5, 0.7),
    Kind.DISMISSED: (0.08, 1.6, 1.0),
    Kind.NO_FACE: (0.01, 1.5, 1.0),
    Kind.UNKNOWN: (0.40, 0.0, 0.8),
    Kind.MERGED: (0.12, -0.5, 0.5),
}
# When people come: hours, spread and share.
_RUSHES = ((8.3, 0.8, 0.38), (12.4, 1.0, 0.22), (16.8, 1.4, 0.3), (20.5, 2.2, 0.1))


class Fate(IntEnum):
    """What became of a crop."""

    CLASSIFIED = 0
    UNUSABLE = 1
    FAILED = 2
    SPOOF = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Rows of people, of visits in order of time, and of crops in order of time.

    Times are seconds since 1970. `into` is who somebody turned out to be: themselves, unless
    merged. A crop of no visit, which was taken beside that of number n, has -2 - n there. `nth`
    counts the crops of a person, and `chosen` are those that became references.
    """

    kind: Ints
    into: Ints
    visit_person: Ints
    visit_site: Ints
    visit_start: Floats
    visit_end: Floats
    visit_ordinal: Ints
    crop_visit: Ints
    crop_at: Floats
    crop_camera: Ints
    crop_fate: Ints
    nth: Ints
    chosen: Ints

    @property
    def crop_person(self) -> Ints:
        """Whom each crop shows; -1 where nobody was made out."""
        return _shown(self.crop_visit, self.visit_person)

    @property
    def first_seen(self) -> Floats:
        """When each person first came."""
        first = np.full(len(self.kind), np.inf)
        np.minimum.at(first, self.visit_person, self.visit_start)
        return first


def plan(options: SeedOptions, cameras: list[int], now: float) -> Plan:
    """Plan a year that ends at `now`; `cameras` says how many each site has.

    The same options and the same time give the same plan.
    """
    chance = np.random.default_rng(options.seed)
    kind = _kinds(options.people, chance)
    visits = max(options.people, min(options.visits, options.detections))
    person = _whose(kind, visits, chance)
    start = _starts(kind, person, options.days, now, chance)
    end = start + np.minimum(chance.lognormal(4.6, 1.0, visits), _LONGEST_S)
    end = np.minimum(end, now - chance.uniform(5, 300, visits))
    start = np.minimum(start, end)
    _keep_some_open(person, start, end, now, chance)
    person, kind = _by_arrival(person, start, kind)
    order = np.argsort(start, kind="stable")
    person, start, end = person[order], start[order], end[order]
    site = _sites(person, options, chance)
    crops = _crops(options, person, start, end, chance)
    camera = _cameras(crops.visit, site, cameras, chance)
    nth = _nth(_shown(crops.visit, person))
    return Plan(
        kind=kind,
        into=_into(kind, chance),
        visit_person=person,
        visit_site=site,
        visit_start=start,
        visit_end=end,
        visit_ordinal=_nth(person * options.sites + site) + 1,
        crop_visit=crops.visit,
        crop_at=crops.at,
        crop_camera=camera,
        crop_fate=crops.fate,
        nth=nth,
        chosen=_chosen(crops.visit, nth, options.references),
    )


def _shown(visit: Ints, person: Ints) -> Ints:
    return np.where(visit < 0, -1, person[np.maximum(visit, 0)])


def _kinds(people: int, chance: np.random.Generator) -> Ints:
    """Deal the kinds by their shares; of each there is somebody if there are people enough."""
    shares = np.array([share for share, _, _ in _KINDS.values()])
    counts = np.floor(shares * people).astype(int)
    counts[: min(people, len(counts))] = np.maximum(counts[: min(people, len(counts))], 1)
    while counts.sum() > people:
        counts[counts.argmax()] -= 1
    counts[Kind.KNOWN] += people - counts.sum()
    return chance.permutation(np.repeat(np.arange(len(counts)), counts))


def _whose(kind: Ints, visits: int, chance: np.random.Generator) -> Ints:
    """Let everybody come once, and the others of the visits fall to those who come often."""
    mean = np.array([mean for _, mean, _ in _KINDS.values()])[kind]
    spread = np.array([spread for _, _, spread in _KINDS.values()])[kind]
    often = chance.lognormal(mean, spread)
    more = chance.multinomial(visits - len(kind), often / often.sum())
    return np.repeat(np.arange(len(kind)), 1 + more)


def _starts(kind: Ints, person: Ints, days: int, now: float, chance: np.random.Generator) -> Floats:
    """Let people come within the days in which they are about, at the hours of the rushes."""
    about = chance.uniform(0, days, (len(kind), 2))
    first, last = about.min(axis=1), about.max(axis=1)
    stays = (kind == Kind.KNOWN) & (chance.random(len(kind)) < _STAYING)
    last = np.where(stays, days, last)
    passing = kind == Kind.UNKNOWN
    last = np.where(passing, np.minimum(days, first + _PASSING_DAYS), last)
    ago = np.floor(days - chance.uniform(first[person], last[person]))
    rush = chance.choice(len(_RUSHES), len(person), p=[share for *_, share in _RUSHES])
    hours = np.array([hour for hour, _, _ in _RUSHES])[rush]
    spreads = np.array([spread for _, spread, _ in _RUSHES])[rush]
    hour = np.mod(chance.normal(hours, spreads), 24)
    midnight = now - now % DAY
    start = midnight - ago * DAY + hour * 3600
    weekend = (((start // DAY) + 3) % 7 >= _SATURDAY) & (chance.random(len(person)) < _SPARED)
    start -= np.where(weekend, 2 * DAY, 0.0)
    found: Floats = np.where(start > now - 600, start - DAY, start)
    return found


def _by_arrival(person: Ints, start: Floats, kind: Ints) -> tuple[Ints, Ints]:
    """Give people numbers in the order in which they first came."""
    first = np.full(len(kind), np.inf)
    np.minimum.at(first, person, start)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[person], kind[order]


def _sites(person: Ints, options: SeedOptions, chance: np.random.Generator) -> Ints:
    """Let everybody have a site of their own, and be at others now and then."""
    home = chance.integers(options.sites, size=options.people)[person]
    away = chance.random(len(person)) < _AWAY
    return np.where(away, chance.integers(options.sites, size=len(person)), home)


def _keep_some_open(
    person: Ints, start: Floats, end: Floats, now: float, chance: np.random.Generator
) -> None:
    """Let the last visits of some different people go on until now."""
    order = np.argsort(start, kind="stable")[::-1]
    _, last = np.unique(person[order], return_index=True)
    latest = order[np.sort(last)[:LATELY_OPEN]]
    end[latest] = now - chance.uniform(5, 240, len(latest))
    start[latest] = np.minimum(start[latest], end[latest])
    long = end[latest] - start[latest] > _LONGEST_S / 2
    start[latest] = np.where(
        long, end[latest] - chance.uniform(60, 900, len(latest)), start[latest]
    )


@dataclass(frozen=True, slots=True)
class _Crops:
    visit: Ints
    at: Floats
    fate: Ints


def _crops(
    options: SeedOptions, person: Ints, start: Floats, end: Floats, chance: np.random.Generator
) -> _Crops:
    """Take crops of every visit, the first as it begins and the last as it ends."""
    visits = len(person)
    lost = [round(share * options.detections) for share in (UNUSABLE, FAILED, SPOOF)]
    good = max(visits, options.detections - sum(lost))
    wanted = chance.lognormal(0, 0.8, visits)
    counts = 1 + chance.multinomial(good - visits, wanted / wanted.sum())
    visit = np.repeat(np.arange(visits), counts)
    share = chance.random(len(visit))
    share[np.cumsum(counts) - counts] = 0.0
    share[np.cumsum(counts)[counts > 1] - 1] = 1.0
    at = start[visit] + share * (end - start)[visit]
    beside = chance.integers(len(visit), size=sum(lost))
    fate = np.concatenate(
        [np.zeros(len(visit), np.int64), np.repeat([Fate.UNUSABLE, Fate.FAILED, Fate.SPOOF], lost)]
    )
    at = np.concatenate([at, at[beside] + chance.uniform(0, 4, len(beside))])
    # Minus one less the visit they were beside: where nobody was made out the place is known still.
    visit = np.concatenate([visit, -2 - visit[beside]])
    order = np.argsort(at, kind="stable")
    return _Crops(visit[order], at[order], fate[order])


def _cameras(visit: Ints, site: Ints, cameras: list[int], chance: np.random.Generator) -> Ints:
    """Choose a camera of the site for each crop: mostly that by which somebody came in."""
    beside = np.where(visit < 0, -2 - visit, visit)
    there = np.array(cameras)[site]
    entered = np.floor(chance.random(len(site)) ** 1.6 * there).astype(np.int64)
    other = np.floor(chance.random(len(visit)) * there[beside]).astype(np.int64)
    number = np.where(chance.random(len(visit)) < _SAME_CAMERA, entered[beside], other)
    first = np.concatenate([[0], np.cumsum(cameras)[:-1]])
    found: Ints = first[site[beside]] + number
    return found


def _nth(group: Ints) -> Ints:
    """Count the rows of each group, in order, from 0."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    begins = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    runs = np.arange(len(group)) - np.maximum.accumulate(np.where(begins, np.arange(len(group)), 0))
    found = np.empty_like(order)
    found[order] = runs
    return found


def _into(kind: Ints, chance: np.random.Generator) -> Ints:
    """Let those who were merged have been somebody known."""
    known = np.flatnonzero(kind == Kind.KNOWN)
    into = np.arange(len(kind))
    merged = kind == Kind.MERGED
    into[merged] = chance.choice(known, int(merged.sum()))
    return into


def _chosen(visit: Ints, nth: Ints, references: int) -> Ints:
    """Choose the crops to recognise people by: everybody's first, then second ones, and so on."""
    could = np.flatnonzero((visit >= 0) & (nth < MOST_REFERENCES))
    first = could[np.argsort(nth[could], kind="stable")][:references]
    return np.sort(first)
