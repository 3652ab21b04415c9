"""A camera whose crops are classified at once, with embeddings and faces made up."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from domain.classification import Analysis, Classifier
from domain.gallery import LiveGallery
from domain.ids import new_id
from domain.policy import MatchPolicy, VisitPolicy
from domain.records import Detection, DetectionStatus, Embedding, Face, Image
from recognition.gallery import Gallery
from tests.domain.made_up import MadeUp
from tests.domain.world import NOON, World
from usher.recogniser import GalleryIndex

POLICY = MatchPolicy(match=0.52, unsure=0.62, hint=0.74, bridge=0.46)
FACE = Face(box=(0, 0, 9, 9), landmarks=(), score=1, quality=0.5, roll=0, yaw=0, pitch=0, count=1)


def at(degrees: float) -> Embedding:
    """Return an embedding; 72 degrees are a distance of 0.7, 36 degrees one of 0.2."""
    angle = np.deg2rad(degrees)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


class Door:
    """A camera at a door of the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.gallery = LiveGallery(store=world.store, model="test", index=GalleryIndex(Gallery(2)))
        self.classifier = Classifier(
            store=world.store,
            gallery=self.gallery,
            answers=MadeUp(POLICY),
            visit_policy=VisitPolicy,
        )

    async def see(self, embedding: Embedding, *, face: Face = FACE, **post: Any) -> Detection:
        """Return what became of a crop with this embedding, posted as `posted` takes it."""
        return await self.classify(await self.posted(**post), embedding, face)

    async def classify(self, leased: Detection, embedding: Embedding, face: Face) -> Detection:
        """Return what becomes of a crop when this is found in it."""
        found = Analysis(face=face, embedding=embedding)
        return await self.classifier.classify(leased, found, leased.received_at)

    async def posted(
        self, *, frame: str | None = None, track: str | None = None, when: datetime = NOON
    ) -> Detection:
        """Return a crop just posted and leased."""
        id_, store = new_id(), self.world.store
        image = Image(key=id_, sha256="0", bytes=1, width=9, height=9, media_type="image/jpeg")
        entry = Detection(
            id=id_,
            camera_id=self.world.camera.id,
            site_id=self.world.site.id,
            captured_at=when,
            received_at=when,
            image=image,
            status=DetectionStatus.NEW,
            frame=frame,
            track=track,
        )
        await store.detections.enter([entry])
        [leased] = await store.detections.claim(
            worker="w", now=NOON, until=NOON + timedelta(1), limit=1, max_attempts=1
        )
        return leased
