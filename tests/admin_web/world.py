"""Two sites, their cameras, people seen there and accounts that answer for them."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import insightface
import numpy as np

from domain import drafts, visits
from domain.ids import new_id
from domain.intake import ImageFacts, Images, image_key
from domain.looking import Look, Looked
from domain.policy import MatchPolicy, VisitPolicy
from domain.records import (
    Account,
    Camera,
    Detection,
    DetectionStatus,
    Doubt,
    Draft,
    Face,
    Image,
    Match,
    MatchKind,
    Person,
    PersonStatus,
    Question,
    Reference,
    Site,
    Suggestion,
    Visit,
)
from domain.store import Records, Store
from tests.clock import Clock

PASSWORD = "correct horse battery"
PHOTO = Path(insightface.__file__).parent / "data" / "images" / "t1.jpg"
# Six people of the photo: where to cut, and the box and landmarks found in the cut.
CUTS = (
    (688, 303, 909, 524),
    (379, 203, 660, 484),
    (1069, 228, 1280, 447),
    (821, 2, 1078, 259),
    (207, 98, 433, 324),
    (0, 213, 231, 455),
)
BOXES = (
    (58.6, 44.1, 94.4, 130.5),
    (81.0, 70.4, 108.1, 135.5),
    (61.3, 43.8, 94.6, 126.1),
    (85.6, 57.2, 100.5, 143.2),
    (62.6, 48.3, 102.8, 123.1),
    (56.4, 49.0, 110.3, 128.0),
)
LANDMARKS = (
    ((71.8, 97.2), (118.7, 101.0), (84.7, 125.6), (70.8, 141.1), (110.6, 144.8)),
    ((113.8, 119.8), (160.3, 127.0), (129.7, 151.9), (107.7, 168.4), (147.5, 174.0)),
    ((75.9, 91.9), (121.9, 92.1), (90.2, 113.8), (78.3, 135.6), (118.4, 136.4)),
    ((97.0, 122.7), (121.4, 114.3), (93.3, 152.3), (114.0, 173.0), (137.8, 166.9)),
    ((78.6, 106.3), (111.7, 92.5), (91.5, 132.7), (103.3, 149.6), (128.4, 138.5)),
    ((81.2, 102.8), (132.5, 90.7), (112.9, 120.9), (100.7, 146.0), (143.6, 136.3)),
)
MODEL = "test-model"


@dataclass(frozen=True, slots=True)
class Seen:
    """A detection with all that came of it."""

    detection: Detection
    person: Person
    visit: Visit
    question: Question | None

    @property
    def asked(self) -> Question:
        """The question it led to."""
        assert self.question
        return self.question


@dataclass(frozen=True, slots=True)
class World:
    """Two sites with cameras, and accounts that answer for one, for all, or only look."""

    store: Store
    images: Images
    clock: Clock
    main: Site
    annex: Site
    door: Camera
    yard: Camera
    gate: Camera
    admin: Account
    maria: Account
    vera: Account
    otto: Account
    crops: tuple[bytes, ...]

    async def crop(
        self, number: int, *, camera: Camera | None = None, at: datetime | None = None, **more: Any
    ) -> Detection:
        """Keep a crop of one of the six as a camera would, without a verdict."""
        camera, at, id_ = camera or self.door, at or self.clock(), new_id()
        data = self.crops[number]
        detection = Detection(
            **{
                "id": id_,
                "camera_id": camera.id,
                "site_id": camera.site_id,
                "captured_at": at,
                "received_at": at,
                "image": _image(id_, data, number, at),
                "status": DetectionStatus.NEW,
                **more,
            }
        )
        await self.images.put(detection.image.key, data)
        await self.store.detections.add(detection)
        return detection

    async def meet(self, status: PersonStatus = PersonStatus.UNKNOWN, **more: Any) -> Person:
        """Keep somebody."""
        number = await self.store.persons.next_number()
        person = Person(
            id=new_id(),
            number=number,
            status=status,
            created_at=self.clock(),
            version=await self.store.gallery.advance(),
            **more,
        )
        await self.store.persons.add(person)
        return person

    async def see(
        self,
        number: int,
        *,
        person: Person | None = None,
        suggestions: tuple[Suggestion, ...] = (),
        kind: MatchKind = MatchKind.STRANGER,
        **where: Any,
    ) -> Seen:
        """Let somebody be seen: a classified detection, its visit, and its question if any."""
        known = person or await self.meet()
        raw = await self.crop(number, **where)
        best = suggestions[0] if suggestions else None
        detection = replace(
            raw,
            status=DetectionStatus.CLASSIFIED,
            face=_face(number),
            model=MODEL,
            person_id=known.id,
            match=Match(
                kind=kind,
                distance=best.distance if best else 0.2,
                confidence=best.confidence if best else 0.97,
            ),
            classified_at=self.clock(),
        )

        async def work(records: Records) -> Visit:
            visit = await visits.extend(
                records,
                sighting=visits.Sighting(
                    person=known,
                    members=[known.id],
                    detection=detection,
                    suggestions=suggestions,
                ),
                policy=VisitPolicy(),
                now=self.clock(),
            )
            await records.detections.save(replace(detection, visit_id=visit.id))
            return visit

        visit = await self.store.transact(work)
        await self._learn(known, detection)
        question = await self.store.questions.of_visit(visit.id)
        return Seen(replace(detection, visit_id=visit.id), known, visit, question)

    async def _learn(self, person: Person, detection: Detection) -> None:
        await self.store.references.add(
            Reference(
                id=new_id(),
                person_id=person.id,
                detection_id=detection.id,
                image_key=detection.image.key,
                model=MODEL,
                embedding=np.eye(1, 128, dtype=np.float32)[0],
                quality=0.5,
                version=await self.store.gallery.advance(),
                created_at=self.clock(),
            )
        )

    async def doubt(self, seen: Seen, other: Person | None = None) -> Reference:
        """Let the photo of a detection not look like its person, though others are there."""
        [reference] = [
            r
            for r in await self.store.references.of([seen.person.id])
            if r.detection_id == seen.detection.id
        ]
        doubt = Doubt(
            at=self.clock(),
            distance=0.8,
            site_id=seen.detection.site_id,
            other_id=other.id if other else None,
        )
        doubted = replace(reference, doubt=doubt, version=await self.store.gallery.advance())
        await self.store.references.save(doubted)
        return doubted

    async def give(self, account: Account, number: int = 0) -> Draft:
        """Let an account give a photo of one of the six, who is nobody known."""
        left, top, right, bottom = CUTS[number]
        looked = Looked(
            face=_face(number),
            embedding=np.eye(1, 128, 1 + number, dtype=np.float32)[0],
            reasons=(),
            kind=MatchKind.STRANGER,
            near=(),
        )
        look = Look(
            faces=(looked,),
            facts=ImageFacts(media_type="image/jpeg", width=right - left, height=bottom - top),
            model=MODEL,
            policy=MatchPolicy(match=0.5, unsure=0.6, hint=0.7),
        )
        return await drafts.keep(
            self.store,
            self.images,
            look=look,
            picture=self.crops[number],
            name=f"{number}.jpg",
            account=account,
            now=self.clock(),
        )

    async def know(self, number: int, name: str, *, camera: Camera | None = None) -> Seen:
        """Let somebody known be seen."""
        person = await self.meet(PersonStatus.KNOWN, name=name)
        return await self.see(number, person=person, camera=camera, kind=MatchKind.MATCH)


def suggest(person: Person, confidence: float = 0.71) -> tuple[Suggestion, ...]:
    """Return that somebody may be this person."""
    return (Suggestion(person_id=person.id, distance=1 - confidence, confidence=confidence),)


def _image(id_: Any, data: bytes, number: int, at: datetime) -> Image:
    left, top, right, bottom = CUTS[number]
    return Image(
        key=image_key(id_, "image/jpeg", at),
        sha256=f"{number:064x}",
        bytes=len(data),
        width=right - left,
        height=bottom - top,
        media_type="image/jpeg",
    )


def _face(number: int) -> Face:
    return Face(
        box=BOXES[number],
        landmarks=LANDMARKS[number],
        score=0.93,
        quality=0.5 + number / 100,
        roll=5.0,
        yaw=-21.0,
        pitch=-7.0,
        count=1,
    )
