"""A target for false names, tried on a site's own faces."""

import numpy as np
import pytest

from domain.ids import new_id
from domain.labelled import LabelledFace
from domain.records import Embedding, WorkerState
from domain.repacking import adopt
from domain.rules import Rules, Shares
from storage.store import MongoStore
from tests.domain.world import World
from usher.forecasting import SiteForecaster, probe
from usher.parts import now
from usher.settings import RecognitionSettings

MODEL = "opencv-zoo/sface_2021dec"
USUAL, STRICT = Shares(0.01, 0.2), Shares(0.0001, 0.2)


def vector(angle: float) -> Embedding:
    """Return a unit vector (2,) at an angle in degrees."""
    return np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))], np.float32)


def face(person: str, angle: float, *, reference: bool = False) -> LabelledFace:
    """Return somebody's face."""
    return LabelledFace(
        person_id=PEOPLE[person], reference=reference, old=vector(angle), new=vector(angle)
    )


PEOPLE = {name: new_id() for name in ("anna", "otto", "zoe")}


def test_a_face_is_compared_with_references_but_not_with_itself() -> None:
    """The nearest of its own person, and of the others; who has no other photo is left out."""
    faces = [
        face("anna", 0, reference=True),
        face("anna", 60, reference=True),
        face("anna", 30),
        face("otto", 90, reference=True),
        face("otto", 180),
        face("zoe", 45),
    ]
    found = probe(faces)
    thirty = 1 - float(np.cos(np.radians(30)))
    assert [p.own for p in found] == pytest.approx([0.5, 0.5, thirty, 1.0], abs=1e-6)
    assert [p.other for p in found] == pytest.approx([1.0, thirty, 0.5, 1.5], abs=1e-6)
    assert probe([]) == ()


async def build(store: MongoStore) -> SiteForecaster:
    """Return a forecaster of an installation with the usual models."""
    await adopt(store, pack="opencv-zoo", model=MODEL)
    return SiteForecaster(store=store, settings=RecognitionSettings(), rules=Rules(), clock=now)


async def test_without_data_it_is_what_is_published(store: MongoStore) -> None:
    """The curve is there, the counts are nought, and it says that this is little."""
    forecaster = await build(store)
    made = await forecaster.forecast(USUAL, STRICT)
    assert made
    assert made.sample.little
    assert made.old.known.total == made.new.known.total == 0
    shares = [share for _, share in made.curve]
    assert shares == sorted(shares)
    assert "LFW" in made.source


async def test_a_stricter_target_asks_instead_of_naming(store: MongoStore) -> None:
    """Among many known people: fewer are recognised unasked, and fewer strangers named."""
    forecaster = await build(store)
    world = await World.build(store)
    for n in range(3):
        person = await world.person(f"Person {n}")
        for angle in (0.0, 58.0):
            await world.keep(person, model=MODEL, embedding=_towards(n, angle))
    await store.workers.beat(
        WorkerState(
            name="w", model=MODEL, provider="cpu", seen_at=now(), persons=20_000, references=60_000
        )
    )
    made = await forecaster.forecast(USUAL, STRICT)
    assert made
    assert (made.persons, made.references) == (20_000, 60_000)
    assert made.new.match < made.old.match
    assert made.new.named < made.old.named <= 0.01 + 1e-9
    assert made.new.known.recognised <= made.old.known.recognised
    assert made.old.known.total == made.new.known.total == len(made.sample.probes) > 0


def _towards(number: int, angle: float) -> Embedding:
    """Return an embedding (64,) at an angle from a person's own direction."""
    made = np.zeros(64, np.float32)
    made[10 + number] = np.cos(np.radians(angle))
    made[40 + number] = np.sin(np.radians(angle))
    return made


async def test_models_are_told_with_their_terms(store: MongoStore) -> None:
    """The pack in use; none before there is one, and those of InsightFace say what they are for."""
    forecaster = SiteForecaster(
        store=store, settings=RecognitionSettings(), rules=Rules(), clock=now
    )
    assert await forecaster.models() is None
    assert await forecaster.forecast(USUAL, STRICT) is None
    await adopt(store, pack="buffalo_l", model="insightface/w600k_r50@12345678")
    models = await forecaster.models()
    assert models
    assert models.restricted
    assert "non-commercial" in models.licence
    assert not models.liveness
