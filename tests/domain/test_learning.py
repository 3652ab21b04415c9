"""What a site teaches about distances: what people have said, and have not taken back."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from domain.decisions import Block, IsNot, ItIs, Name
from domain.ids import new_id
from domain.learning import EVERY, Evidence, adopt, gather, learn
from domain.records import Embedding, Person, PersonStatus, Question, Reference, Suggestion
from tests.domain.world import MODEL, NOON, World


def at(degrees: float) -> Embedding:
    """Return an embedding; 60 degrees are a distance of 0.5."""
    angle = np.deg2rad(degrees)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


class Site:
    """People with embeddings that are known, met one minute after another."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def meet(
        self, degrees: float, name: str | None = None, *, near: Person | None = None
    ) -> Person:
        """Let somebody be met: as a stranger near to another, or with a name."""
        self.world.now += timedelta(minutes=1)
        store = self.world.store
        version = await store.transact(lambda records: records.gallery.advance())
        maybe = (Suggestion(person_id=near.id, distance=0.9, confidence=0.1),) if near else ()
        person = Person(
            id=new_id(),
            number=await store.persons.next_number(),
            status=PersonStatus.KNOWN if name else PersonStatus.UNKNOWN,
            created_at=self.world.now,
            version=version,
            name=name,
            maybe=maybe,
        )
        await store.persons.add(person)
        await self.keep(person, degrees)
        return person

    async def keep(
        self, person: Person, degrees: float, *, quality: float = 0.5, model: str = MODEL
    ) -> None:
        """Keep a face of a person."""
        version = await self.world.store.transact(lambda records: records.gallery.advance())
        await self.world.store.references.add(
            Reference(
                id=new_id(),
                person_id=person.id,
                detection_id=new_id(),
                image_key="x",
                model=model,
                embedding=at(degrees),
                quality=quality,
                version=version,
                created_at=self.world.now,
            )
        )

    async def ask(self, stranger: Person, near: Person) -> Question | None:
        """Ask whether a stranger is somebody."""
        return (await self.world.see(stranger, maybe=[near])).question

    async def trials(self) -> list[tuple[float, bool, int]]:
        """Return what there is to learn from."""
        found = (await gather(self.world.store, MODEL)).trials
        return [(round(t.distance, 2), t.right, t.persons) for t in found]


@pytest.fixture
def site(world: World) -> Site:
    """A site of the world."""
    return Site(world)


async def test_yes_is_a_trial(site: Site) -> None:
    """The answer "it is Anna" of somebody 60 degrees from her: right, at 0.5, among two people."""
    anna = await site.meet(0, "Anna")
    await site.meet(180, "Bea")
    stranger = await site.meet(60, near=anna)
    question = await site.ask(stranger, anna)
    assert await site.trials() == []
    await site.world.say(ItIs(anna.id), question)
    assert await site.trials() == [(0.5, True, 2)]


async def test_no_is_a_trial(site: Site) -> None:
    """The answer "not Anna": wrong, at the same distance."""
    anna = await site.meet(0, "Anna")
    stranger = await site.meet(60, near=anna)
    question = await site.ask(stranger, anna)
    await site.world.say(IsNot(anna.id), question)
    assert await site.trials() == [(0.5, False, 1)]


async def test_another_name_is_a_trial(site: Site) -> None:
    """Who was nearest to Anna and is called Otto was not Anna."""
    anna = await site.meet(0, "Anna")
    stranger = await site.meet(60, near=anna)
    question = await site.ask(stranger, anna)
    await site.world.say(Name("Otto"), question)
    assert await site.trials() == [(0.5, False, 1)]


async def test_the_later_word_counts(site: Site) -> None:
    """First "not Anna", then "it is Anna" after all: one trial, right."""
    anna = await site.meet(0, "Anna")
    stranger = await site.meet(60, near=anna)
    question = await site.ask(stranger, anna)
    await site.world.say(IsNot(anna.id), question)
    await site.world.say(ItIs(anna.id), question)
    assert await site.trials() == [(0.5, True, 1)]


async def test_a_merge_that_is_taken_back_teaches_nothing(site: Site) -> None:
    """Once two are two again, nobody has said anything; not even when Usher makes them one."""
    anna = await site.meet(0, "Anna")
    stranger = await site.meet(60, near=anna)
    question = await site.ask(stranger, anna)
    merged = await site.world.say(ItIs(anna.id), question)
    await site.world.undo(merged.decision)
    assert await site.trials() == []
    version = await site.world.store.transact(lambda records: records.gallery.advance())
    now = await site.world.someone(stranger.id)
    await site.world.store.persons.save(replace(now, merged_into=anna.id, version=version))
    assert await site.trials() == []


async def test_what_usher_did_itself_is_no_evidence(site: Site) -> None:
    """Strangers joined by recognition are one without anybody having said so."""
    first = await site.meet(0)
    second = await site.meet(60, near=first)
    version = await site.world.store.transact(lambda records: records.gallery.advance())
    await site.world.store.persons.save(replace(second, merged_into=first.id, version=version))
    assert await site.trials() == []


async def test_to_block_somebody_says_nothing_of_who_it_is(site: Site) -> None:
    """Neither yes nor no: whoever is blocked may have been Anna."""
    anna = await site.meet(0, "Anna")
    stranger = await site.meet(60, near=anna)
    await site.world.say(Block(), await site.ask(stranger, anna))
    assert await site.trials() == []


async def test_only_references_of_then_and_of_the_model_count(site: Site) -> None:
    """The distance is to what was known of Anna when the stranger came, by the same model."""
    anna = await site.meet(0, "Anna")
    await site.keep(anna, 60, model="other")
    stranger = await site.meet(60, near=anna)
    site.world.now += timedelta(minutes=1)
    await site.keep(anna, 59)
    question = await site.ask(stranger, anna)
    await site.world.say(IsNot(anna.id), question)
    assert await site.trials() == [(0.5, False, 1)]
    assert (await gather(site.world.store, "other")).trials == ()


async def test_one_good_face_of_everybody_with_a_name(site: Site) -> None:
    """Strangers are left out: two of them may be one. Of several faces it is the best."""
    anna = await site.meet(0, "Anna")
    await site.keep(anna, 10, quality=0.9)
    await site.keep(anna, 20, quality=0.1)
    await site.meet(90, "Bea")
    await site.meet(45)
    faces = (await gather(site.world.store, MODEL)).faces
    angles = sorted(round(float(np.rad2deg(np.arctan2(y, x)))) for x, y in faces)
    assert angles == [10, 90]


class Pupil:
    """A learner that writes down what it is given."""

    model = MODEL

    def __init__(self) -> None:
        self.learnt: list[Evidence] = []
        self.adopted: list[str] = []

    def fit(self, evidence: Evidence, /) -> str:
        """Count the faces."""
        self.learnt.append(evidence)
        return f"{len(evidence.faces)} faces"

    def adopt(self, fit: str, /) -> None:
        """Take it up."""
        self.adopted.append(fit)


async def test_learning_is_kept_for_everybody(site: Site) -> None:
    """One learns, all adopt; before there is anything to adopt nothing happens."""
    store, one, other = site.world.store, Pupil(), Pupil()
    await adopt(store, other)
    assert other.adopted == []
    await site.meet(0, "Anna")
    assert await learn(store, one, NOON) == 1
    await adopt(store, other)
    assert other.adopted == ["1 faces"]


async def test_learning_is_done_once_and_when_there_is_something_new(site: Site) -> None:
    """Not again before its time, and not while the gallery is as it was."""
    store, pupil = site.world.store, Pupil()
    await site.meet(0, "Anna")
    await learn(store, pupil, NOON)
    await site.meet(90, "Bea")
    assert await learn(store, pupil, NOON + EVERY / 2) == 0
    assert await learn(store, pupil, NOON + EVERY) == 2
    assert await learn(store, pupil, NOON + 3 * EVERY) == 0
    assert len(pupil.learnt) == 2


async def test_each_model_learns_for_itself(site: Site) -> None:
    """What was fitted to one model's distances is nothing to another's."""
    store, pupil, other = site.world.store, Pupil(), Pupil()
    other.model = "other"
    await site.meet(0, "Anna")
    await learn(store, pupil, NOON)
    await adopt(store, other)
    assert other.adopted == []
    assert await learn(store, other, NOON) == 0
    await adopt(store, other)
    assert other.adopted == ["0 faces"]
    assert json.loads(await store.values.get(f"distances of {MODEL}") or "")["fit"] == "1 faces"
