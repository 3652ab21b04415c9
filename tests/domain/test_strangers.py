"""One face near to two strangers shows that they are one; whoever was seen together is two."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from domain.classification import Analysis, Classifier
from domain.gallery import LiveGallery
from domain.ids import new_id
from domain.policy import MatchPolicy, VisitPolicy
from domain.records import Detection, DetectionStatus, Embedding, Face, Image, PersonStatus
from domain.views import canonical_people
from recognition.gallery import Gallery
from tests.domain.world import NOON, World
from usher.recogniser import GalleryIndex

POLICY = MatchPolicy(match=0.52, unsure=0.62, hint=0.74, bridge=0.46)
FACE = Face(box=(0, 0, 9, 9), landmarks=(), score=1, quality=0.5, roll=0, yaw=0, pitch=0, count=1)


def at(degrees: float) -> Embedding:
    """Return an embedding; 72 degrees are a distance of 0.7, 36 degrees one of 0.2."""
    angle = np.deg2rad(degrees)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


class Door:
    """A camera whose crops are classified at once, with embeddings made up."""

    def __init__(self, world: World) -> None:
        self.world = world
        gallery = LiveGallery(store=world.store, model="test", index=GalleryIndex(Gallery(2)))
        self.classifier = Classifier(
            store=world.store,
            gallery=gallery,
            confidence=lambda distance, _: 1 - distance / 2,
            match_policy=POLICY,
            visit_policy=VisitPolicy(),
        )

    async def see(self, embedding: Embedding, *, frame: str | None = None) -> Detection:
        """Return what became of a crop with this embedding."""
        id_, store = new_id(), self.world.store
        image = Image(key=id_, sha256="0", bytes=1, width=9, height=9, media_type="image/jpeg")
        entry = Detection(
            id=id_,
            camera_id=self.world.camera.id,
            site_id=self.world.site.id,
            captured_at=NOON,
            received_at=NOON,
            image=image,
            status=DetectionStatus.NEW,
            frame=frame,
        )
        await store.detections.enter([entry])
        [leased] = await store.detections.claim(
            worker="w", now=NOON, until=NOON + timedelta(1), limit=1, max_attempts=1
        )
        return await self.classifier.classify(
            leased, Analysis(face=FACE, embedding=embedding), NOON
        )


@pytest.fixture
def door(world: World) -> Door:
    """A door of the world."""
    return Door(world)


async def test_a_face_near_to_two_strangers_makes_them_one(door: Door, world: World) -> None:
    """All three crops are of one person, one question is open, and the journal says so."""
    seen = [await door.see(at(degrees)) for degrees in (0, 72, 36)]
    people = await canonical_people(world.store, [d.person_id for d in seen])
    assert len({person.id for person in people.values()}) == 1
    [person] = {p.id: p for p in people.values()}.values()
    assert person.number == 1
    assert await world.store.questions.open_count(None) == 1
    [decision] = await world.store.decisions.of([person.id])
    assert (decision.verb, decision.via, decision.account_id) == ("merge", "recognition", None)


async def test_strangers_seen_together_stay_two(door: Door, world: World) -> None:
    """Two faces of one frame are two people, whatever a third face is near to."""
    one = await door.see(at(0), frame="f")
    other = await door.see(at(72), frame="f")
    await door.see(at(36))
    people = await canonical_people(world.store, [one.person_id, other.person_id])
    assert len({person.id for person in people.values()}) == 2


async def test_somebody_named_is_never_merged_by_a_face(door: Door, world: World) -> None:
    """Only strangers are joined: about people with a name a manager is asked."""
    first = await door.see(at(0))
    assert first.person_id
    person = await world.store.persons.get(first.person_id)
    assert person
    version = await world.store.transact(lambda records: records.gallery.advance())
    await world.store.persons.save(
        replace(person, status=PersonStatus.KNOWN, name="Anna", version=version)
    )
    await door.classifier._gallery.refresh()
    second = await door.see(at(72))
    await door.see(at(36))
    people = await canonical_people(world.store, [first.person_id, second.person_id])
    assert len({person.id for person in people.values()}) == 2
