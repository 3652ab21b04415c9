"""Tries a target for false names on the site's own data: the panel asks, recognition knows."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from domain import forecast
from domain.forecast import Forecast, Models, Outlook, Probe, Sample
from domain.labelled import LabelledFace, labelled_faces
from domain.learning import adopt
from domain.proving import proofs
from domain.records import PackInUse
from domain.rules import Rules, Shares
from domain.store import Store
from recognition.errors import UnknownPack
from recognition.packs import Family, family_of
from usher.answers import SiteAnswers
from usher.settings import RecognitionSettings

MOST_FACES, MOST_ANSWERS = 1_500, 500
SINCE = timedelta(days=90)
# Gathering takes seconds; what is gathered serves while somebody moves the slider.
KEPT = timedelta(minutes=10)
# The last word of a worker is kept for a day.
LAST_WORD = timedelta(days=1)
CURVE = tuple(n / 100 for n in range(111))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What was gathered, of which model and when."""

    model: str
    at: datetime
    sample: Sample


class SiteForecaster:
    """Knows what distances mean here, and tries a target out. Loads no models."""

    def __init__(
        self,
        *,
        store: Store,
        settings: RecognitionSettings,
        rules: Rules,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._settings = settings
        self._rules = rules
        self._clock = clock
        self._gathering = asyncio.Lock()
        self._kept: _Kept | None = None

    async def models(self) -> Models | None:
        """Return the models in use, None while there are none."""
        found = await self._in_use()
        if found is None:
            return None
        pack, family = found
        return Models(
            pack=pack.pack,
            model=pack.model,
            previous=pack.previous,
            licence=family.licence,
            restricted=family.restricted,
            liveness=self._settings.liveness is not None,
        )

    async def forecast(self, old: Shares, new: Shares, /) -> Forecast | None:
        """Return what a target would do; None while there is no model in use yet."""
        found = await self._in_use()
        if found is None:
            return None
        pack, family = found
        answers = SiteAnswers(
            model=pack.model,
            published=family.yardstick,
            settings=self._settings,
            shares=self._rules.shares,
        )
        await adopt(self._store, answers)
        sample = await self._sample(pack.model)
        size = await self._size(pack.model, sample)
        return await asyncio.to_thread(_tried, answers, sample, size, (old, new))

    async def _in_use(self) -> tuple[PackInUse, Family] | None:
        pack = await self._store.gallery.in_use()
        try:
            return (pack, family_of(pack.pack)) if pack else None
        except UnknownPack:
            return None

    async def _size(self, model: str, sample: Sample) -> tuple[int, int]:
        """Return how many people and references there are, as the workers know."""
        workers = await self._store.workers.alive(self._clock() - LAST_WORD)
        sizes = [(w.persons, w.references) for w in workers if w.model == model]
        return max(sizes, default=(sample.people, len(sample.probes)))

    async def _sample(self, model: str) -> Sample:
        """Return what there is to try a target on; one gathers, and the others wait for it."""
        async with self._gathering:
            now, kept = self._clock(), self._kept
            if kept and kept.model == model and now - kept.at < KEPT:
                return kept.sample
            sample = await self._gathered(model, now)
            self._kept = _Kept(model=model, at=now, sample=sample)
            return sample

    async def _gathered(self, model: str, now: datetime) -> Sample:
        since = now - SINCE
        faces = await labelled_faces(
            self._store, old=model, new=model, since=since, most=MOST_FACES
        )
        sites = [site.id for site in await self._store.sites.all()]
        said = await proofs(self._store, sites, since=since, until=now, most=MOST_ANSWERS)
        crops = await self._store.detections.some([p.crop_id for p in said if p.crop_id])
        probes = await asyncio.to_thread(probe, faces)
        return Sample(
            people=len({face.person_id for face in faces}),
            probes=probes,
            proofs=tuple(p for p in said if p.crop_id in crops and crops[p.crop_id].model == model),
        )


def probe(faces: Sequence[LabelledFace]) -> tuple[Probe, ...]:
    """Return, for each face, how far the references of its person and of the others are; blocks.

    A reference is not compared with itself.
    """
    kept = [row for row, face in enumerate(faces) if face.reference]
    if not kept:
        return ()
    vectors = np.stack([face.new for face in faces])
    _, people = np.unique([face.person_id for face in faces], return_inverse=True)
    far = 1.0 - vectors @ vectors[kept].T
    far[kept, np.arange(len(kept))] = np.inf
    own = people[:, None] == people[kept][None]
    mine = np.where(own, far, np.inf).min(axis=1)
    others = np.where(own, np.inf, far).min(axis=1)
    return tuple(
        Probe(own=_number(one), other=_number(other))
        for one, other in zip(mine, others, strict=True)
        if np.isfinite(one)
    )


def _number(distance: float) -> float | None:
    return float(distance) if np.isfinite(distance) else None


def _tried(
    answers: SiteAnswers, sample: Sample, size: tuple[int, int], targets: tuple[Shares, Shares]
) -> Forecast:
    """Count what becomes of everybody in the sample; blocks."""
    old, new = (_outlook(answers, sample, size, target) for target in targets)
    standing = answers.standing(*size)
    return Forecast(
        persons=size[0],
        references=size[1],
        source=standing.source,
        learnt=standing.people,
        sample=sample,
        curve=tuple(zip(CURVE, answers.strangers_within(CURVE, *size), strict=True)),
        old=old,
        new=new,
    )


def _outlook(
    answers: SiteAnswers, sample: Sample, size: tuple[int, int], target: Shares
) -> Outlook:
    policy = answers.policy_for(target, *size)
    named, doubted = answers.strangers_within((policy.match, policy.unsure), *size)
    return Outlook(
        match=policy.match,
        unsure=policy.unsure,
        named=named,
        doubted=doubted,
        known=forecast.known(sample.probes, policy),
        unknown=forecast.unknown(sample.probes, policy),
        answered=forecast.answered(sample.proofs, policy),
    )
