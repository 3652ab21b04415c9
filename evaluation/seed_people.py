"""The people of a made-up installation, and what is noted of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.records import Consent, Id, Person, PersonStatus, Suggestion
from evaluation.made_up import COMPANIES, CONSENTS, LABELS, names
from evaluation.seed_log import Log
from evaluation.seed_plan import Kind, Plan

_HINTED = 0.1
_AGREED = 0.95
# Shares of known people with labels, metadata, consent, and a time until which they are kept.
_NOTED = np.array([0.45, 0.3, 0.5, 0.06])
_STATUS = {
    Kind.KNOWN: PersonStatus.KNOWN,
    Kind.VISITOR: PersonStatus.KNOWN,
    Kind.BLOCKED: PersonStatus.BLOCKED,
    Kind.DISMISSED: PersonStatus.DISMISSED,
    Kind.NO_FACE: PersonStatus.DISMISSED,
    Kind.UNKNOWN: PersonStatus.UNKNOWN,
    Kind.MERGED: PersonStatus.UNKNOWN,
}


def people(log: Log, begun: tuple[int, int], now: float) -> list[Person]:
    """Return the people; `begun` are the version of the gallery and the last number before."""
    chance = np.random.default_rng(len(log.plan.kind))
    called, sites = names(chance), _sites(log)
    first_seen, last = log.plan.first_seen, _last_seen(log.plan)
    first = log.first_chosen()
    versions, numbers = begun
    return [
        Person(
            id=log.cast.ids[n],
            number=numbers + n + 1,
            status=_STATUS[kind],
            created_at=datetime.fromtimestamp(float(first_seen[n]), UTC),
            version=versions + n + 1,
            name=next(called) if kind in {Kind.KNOWN, Kind.BLOCKED} else None,
            merged_into=log.cast.ids[log.plan.into[n]] if kind == Kind.MERGED else None,
            cover=log.key(int(log.plan.chosen[first[n]])) if n in first else None,
            last_seen_at=datetime.fromtimestamp(float(last[n]), UTC),
            site_ids=sites[n],
            **_about(kind, n, log, chance, now),
        )
        for n, kind in enumerate(map(Kind, log.plan.kind.tolist()))
    ]


def _last_seen(plan: Plan) -> NDArray[np.float64]:
    """Return when everybody was last seen, themselves or as one of those merged into them."""
    last = np.zeros(len(plan.kind))
    for whose in (plan.visit_person, plan.into[plan.visit_person]):
        np.maximum.at(last, whose, plan.visit_end)
    return last


def _sites(log: Log) -> list[tuple[Id, ...]]:
    """Return where everybody was seen, themselves or as one of those merged into them."""
    plan, sites = log.plan, log.house.sites
    found: list[set[int]] = [set() for _ in plan.kind]
    for whose in (plan.visit_person, plan.into[plan.visit_person]):
        for person, site in zip(whose.tolist(), plan.visit_site.tolist(), strict=True):
            found[person].add(site)
    return [tuple(sites[site].id for site in sorted(there)) for there in found]


def _about(
    kind: Kind, person: int, log: Log, chance: np.random.Generator, now: float
) -> dict[str, Any]:
    """Return what is known and noted of somebody of this kind."""
    here = datetime.fromtimestamp(now, UTC)
    if kind == Kind.NO_FACE:
        return {"no_face": True}
    if kind == Kind.VISITOR:
        until = here + timedelta(days=int(chance.integers(-200, 30)))
        return {"visitor": True, "visitor_until": until}
    if kind == Kind.UNKNOWN and chance.random() < _HINTED:
        return {"maybe": _maybe(person, log, chance)}
    return _noted(chance, here) if kind == Kind.KNOWN else {}


def _noted(chance: np.random.Generator, here: datetime) -> dict[str, Any]:
    """Return what people note of somebody known: of each something now and then."""
    noted: dict[str, Any] = {}
    likely = chance.random(len(_NOTED)) < _NOTED
    if likely[0]:
        noted["labels"] = tuple(sorted({*map(str, chance.choice(LABELS, chance.integers(1, 3)))}))
    if likely[1]:
        badge = str(chance.integers(1000, 9999))
        noted["metadata"] = {"Company": str(chance.choice(COMPANIES)), "Badge": badge}
    if likely[2]:
        at = here - timedelta(days=int(chance.integers(1, 300)))
        noted["consent"] = Consent(
            given=bool(chance.random() < _AGREED), at=at, note=str(chance.choice(CONSENTS))
        )
    if likely[3]:
        noted["keep_until"] = here + timedelta(days=int(chance.integers(2, 300)))
    return noted


def _maybe(person: int, log: Log, chance: np.random.Generator) -> tuple[Suggestion, ...]:
    others = {int(other) for other in chance.integers(person + 1, size=2)} - {person}
    return tuple(
        Suggestion(
            person_id=log.cast.ids[other],
            distance=float(chance.uniform(0.55, 0.75)),
            confidence=float(chance.uniform(0.2, 0.7)),
        )
        for other in sorted(others)
    )
