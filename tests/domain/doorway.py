"""Doors of the world, with people before them whose crops come when a test says."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from domain.classification import Analysis, Classifier
from domain.gallery import LiveGallery
from domain.ids import new_id
from domain.policy import DoorPolicy, MatchPolicy, VisitPolicy
from domain.records import (
    Account,
    CardKind,
    Detection,
    DetectionStatus,
    Door,
    Embedding,
    Face,
    Grant,
    Id,
    Image,
    Person,
    PersonStatus,
    QuestionStatus,
)
from domain.webhooks import new_webhook_secret
from recognition.gallery import Gallery
from tests.domain.door import FACE, POLICY, at
from tests.domain.made_up import MadeUp
from tests.domain.world import NOON, World
from usher.recogniser import GalleryIndex

ANNA = at(0)
SECOND = timedelta(seconds=1)


@dataclass(kw_only=True)
class Doorway:
    """A camera, and whatever doors a test puts behind it. Its clock is that of the world."""

    world: World
    policy: DoorPolicy = field(default_factory=DoorPolicy)
    matching: MatchPolicy = POLICY
    gallery: LiveGallery = field(init=False)

    def __post_init__(self) -> None:
        self.gallery = self.new_gallery()

    def new_gallery(self) -> LiveGallery:
        """Return a gallery as another worker has it."""
        return LiveGallery(store=self.world.store, model="test", index=GalleryIndex(Gallery(2)))

    async def known(
        self,
        name: str,
        embedding: Embedding = ANNA,
        *,
        status: PersonStatus = PersonStatus.KNOWN,
        **values: Any,
    ) -> Person:
        """Return somebody known by this face, who was here two hours ago."""
        before = self.world.now - timedelta(hours=2)
        seen = await self.crop(embedding, captured=before, received=before, looked=before)
        assert seen.person_id
        person = await self.world.someone(seen.person_id)
        version = await self.world.store.transact(lambda records: records.gallery.advance())
        made = replace(person, status=status, name=name, version=version, **values)
        await self.world.store.persons.save(made)
        for asked in await self.world.store.questions.open_of([made.id]):
            await self.world.store.questions.save(replace(asked, status=QuestionStatus.ANSWERED))
        await self.gallery.refresh()
        return made

    async def door(self, **values: Any) -> Door:
        """Return a door for everybody known, unless said otherwise."""
        made = Door(
            **{
                "id": new_id(),
                "site_id": self.world.site.id,
                "name": f"Door {new_id()}",
                "url": "https://door.example/open",
                "secret": new_webhook_secret(),
                "created_at": NOON,
                "everybody": True,
                **values,
            }
        )
        await self.world.store.doors.add(made)
        return made

    async def crop(
        self,
        embedding: Embedding = ANNA,
        *,
        captured: datetime | None = None,
        received: datetime | None = None,
        looked: datetime | None = None,
        face: Face = FACE,
        reasons: tuple[str, ...] = (),
        camera_id: Id | None = None,
        track: str | None = None,
        sha256: str | None = None,
    ) -> Detection:
        """Return what became of a crop: captured, received and looked at now unless said otherwise.

        The clock moves on by half a second when all of it is now.
        """
        id_, now = new_id(), self.world.now
        entry = Detection(
            id=id_,
            camera_id=camera_id or self.world.camera.id,
            site_id=self.world.site.id,
            captured_at=captured or now,
            received_at=received or now,
            image=Image(
                key=id_, sha256=sha256 or id_, bytes=1, width=9, height=9, media_type="image/jpeg"
            ),
            status=DetectionStatus.NEW,
            track=track,
        )
        store = self.world.store
        await store.detections.enter([entry])
        [leased] = await store.detections.claim(
            worker="w", now=now, until=now + timedelta(1), limit=1, max_attempts=9
        )
        found = Analysis(face=face, embedding=embedding, reasons=reasons)
        settled = await self.classifier().classify(leased, found, looked or now)
        if not (captured or received or looked):
            self.world.now += SECOND / 2
        return settled

    def classifier(self, gallery: LiveGallery | None = None) -> Classifier:
        """Return what classifies, by this doorway's rules."""
        return Classifier(
            store=self.world.store,
            gallery=gallery or self.gallery,
            answers=MadeUp(self.matching),
            visit_policy=VisitPolicy,
            door_policy=self.policy,
        )

    async def log(self, door: Door | None = None) -> list[Grant]:
        """Return what stands in the doors' log, oldest first."""
        found = await self.world.store.grants.last(100, door_id=door.id if door else None)
        return found[::-1]

    async def statuses(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return how each entry of the log ended, and why, oldest first."""
        return [(grant.status, grant.reasons) for grant in await self.log()]

    async def cards(self, grant: Grant) -> list[Account]:
        """Return whose chats have a card of a grant, by name."""
        later = self.world.now + timedelta(1)
        claimed = await self.world.store.outbox.claim(
            now=later, until=later + timedelta(1), limit=50
        )
        mine = [c for c in claimed if c.kind is CardKind.DOOR and c.grant_id == grant.id]
        people = await self.world.store.accounts.some(
            [card.account_id for card in mine if card.account_id]
        )
        return sorted(people.values(), key=lambda account: account.name)
