"""People seen at a site, written through the domain into a real database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from domain import visits
from domain.decisions import Answer, Outcome, Verdict, answer, decide
from domain.ids import new_id
from domain.policy import DecisionPolicy, VisitPolicy
from domain.records import (
    Account,
    Camera,
    Card,
    Decision,
    Detection,
    DetectionStatus,
    Embedding,
    Face,
    Id,
    Image,
    Match,
    MatchKind,
    Person,
    PersonStatus,
    Question,
    Reference,
    Role,
    Site,
    Suggestion,
    Visit,
)
from domain.store import Records
from domain.undo import Undoing, undo
from storage.store import MongoStore

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GAP = timedelta(minutes=10)
MODEL = "test"


def turned(person: Person, *towards: float) -> Embedding:
    """Return the embedding (64,) of a person, turned so far towards directions nobody has."""
    vector = np.zeros(64, np.float32)
    vector[48 : 48 + len(towards)] = towards
    vector[person.number % 48] = np.sqrt(max(0.0, 1 - float(np.sum(vector**2))))
    return vector


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Somebody seen: who it is, the visit, what is asked about it, and the crop itself."""

    person: Person
    visit: Visit
    question: Question | None
    crop: Detection


@dataclass(kw_only=True)
class World:
    """A site with a camera and two managers who have a chat, and a clock that tests move."""

    store: MongoStore
    site: Site
    camera: Camera
    maria: Account
    otto: Account
    now: datetime = NOON
    policy: VisitPolicy = field(default_factory=lambda: VisitPolicy(gap=GAP))

    @classmethod
    async def build(cls, store: MongoStore, number: int = 0) -> "World":
        """Make the site and who belongs to it; worlds of one database have numbers."""
        more = f" {number}" if number else ""
        site = Site(id=new_id(), name=f"Main{more}", created_at=NOON)
        await store.sites.add(site)
        camera = Camera(
            id=new_id(), site_id=site.id, name="Door", key_hash=new_id(), created_at=NOON
        )
        await store.cameras.add(camera)
        maria, otto = [
            Account(
                id=new_id(),
                name=f"{name}{more}",
                role=Role.MANAGER,
                created_at=NOON,
                site_ids=(site.id,),
                chat_id=2 * number + chat,
                user_id=2 * number + chat,
            )
            for name, chat in (("Maria", 1), ("Otto", 2))
        ]
        for account in (maria, otto):
            await store.accounts.add(account)
        return cls(store=store, site=site, camera=camera, maria=maria, otto=otto)

    async def person(self, name: str | None = None, **values: object) -> Person:
        """Make somebody with one reference; with a name they are known."""
        status = PersonStatus.KNOWN if name else PersonStatus.UNKNOWN

        async def work(records: Records) -> Person:
            version = await records.gallery.advance()
            number = await records.persons.next_number()
            given = {"status": status, "name": name, **values}
            made = Person(
                id=new_id(),
                number=number,
                created_at=self.now,
                version=version,
                **given,  # type: ignore[arg-type]  # a test names real fields
            )
            await records.persons.add(made)
            await records.references.add(self._reference(made, version))
            return made

        return await self.store.transact(work)

    def _reference(self, person: Person, version: int, **values: Any) -> Reference:
        vector = np.zeros(64, np.float32)
        vector[person.number % 64] = 1.0
        return Reference(
            **{
                "id": new_id(),
                "person_id": person.id,
                "detection_id": new_id(),
                "image_key": "k",
                "model": MODEL,
                "embedding": vector,
                "quality": 1.0,
                "version": version,
                "created_at": self.now,
                **values,
            }
        )

    async def learn(
        self, person: Person, *towards: float, like: Person | None = None, **values: Any
    ) -> Reference:
        """Keep one more reference of a person, with its detection.

        Its embedding is that of the person, or of another one, turned so far towards each of some
        directions that are nobody's own.
        """
        return await self.keep(person, embedding=turned(like or person, *towards), **values)

    async def keep(self, person: Person, **values: Any) -> Reference:
        """Keep one more reference of a person, with its detection."""
        detection = replace(
            self._detection(self.now, 0.5, MatchKind.MATCH), person_id=person.id, kept=True
        )
        await self.store.detections.add(detection)
        made: dict[str, Any] = {
            "detection_id": detection.id,
            "image_key": detection.image.key,
            **values,
        }

        async def work(records: Records) -> Reference:
            version = await records.gallery.advance()
            reference = self._reference(person, version, **made)
            await records.references.add(reference)
            return reference

        return await self.store.transact(work)

    async def see(
        self,
        person: Person | None = None,
        *,
        maybe: Sequence[Person] = (),
        at: datetime | None = None,
        quality: float = 0.5,
        kind: MatchKind | None = None,
    ) -> Seen:
        """Have a person, or a new stranger who may be somebody, seen now or at a time."""
        person = person or await self.person()
        kind = kind or (MatchKind.UNSURE if maybe else MatchKind.MATCH)
        detection = self._detection(at or self.now, quality, kind)
        suggestions = tuple(
            Suggestion(person_id=other.id, distance=0.6, confidence=0.7) for other in maybe
        )

        async def work(records: Records) -> Visit:
            sighting = visits.Sighting(
                person=person,
                members=await records.persons.members(person.id),
                detection=detection,
                suggestions=suggestions,
            )
            return await visits.extend(records, sighting=sighting, policy=self.policy, now=self.now)

        visit = await self.store.transact(work)
        crop = replace(detection, person_id=person.id, visit_id=visit.id)
        await self.store.detections.add(crop)
        question = await self.store.questions.of_visit(visit.id)
        there = await self.someone(person.id)
        return Seen(person=there, visit=visit, question=question, crop=crop)

    def _detection(self, at: datetime, quality: float, kind: MatchKind) -> Detection:
        id_ = new_id()
        return Detection(
            id=id_,
            camera_id=self.camera.id,
            site_id=self.site.id,
            captured_at=at,
            received_at=self.now,
            image=Image(
                key=f"key-{id_}", sha256="0", bytes=1, width=1, height=1, media_type="image/jpeg"
            ),
            status=DetectionStatus.CLASSIFIED,
            face=Face(
                box=(0, 0, 1, 1),
                landmarks=(),
                score=1,
                quality=quality,
                roll=0,
                yaw=0,
                pitch=0,
                count=1,
            ),
            match=Match(kind=kind, distance=0.3, confidence=0.8),
        )

    async def say(
        self, given: Answer, question: Question | None, account: Account | None = None
    ) -> Outcome:
        """Answer a question, Maria unless somebody else does."""
        assert question
        return await answer(
            self.store,
            question_id=question.id,
            answer=given,
            account=account or self.maria,
            via="chat",
            now=self.now,
        )

    async def decide(
        self, given: Verdict, person: Person, account: Account | None = None
    ) -> Outcome:
        """Say something of a person nobody asked about, Maria unless somebody else does."""
        return await decide(
            self.store,
            person_id=person.id,
            answer=given,
            account=account or self.maria,
            via="panel",
            now=self.now,
        )

    async def undo(self, decision: Decision, account: Account | None = None) -> Undoing:
        """Take a decision back, Maria unless somebody else does."""
        return await undo(
            self.store,
            decision_id=decision.id,
            account=account or self.maria,
            via="chat",
            now=self.now,
            policy=DecisionPolicy(),
        )

    async def asked(self, visit: Visit) -> Question:
        """Return the question about a visit as it is now."""
        found = await self.store.questions.of_visit(visit.id)
        assert found
        return found

    async def someone(self, id_: Id) -> Person:
        """Return a person's record as it is now, merged or not."""
        found = await self.store.persons.get(id_)
        assert found
        return found

    async def cards(self, visit: Visit) -> list[Card]:
        """Return the cards of a visit, by chat."""
        found = await self.store.outbox.of_visit(visit.id)
        return sorted(found, key=lambda card: card.chat_id)
