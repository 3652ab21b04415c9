"""What becomes of a detection once its face has been found: one transaction per result."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from domain import covered, doors, spoofs, visits
from domain.answers import Answers
from domain.errors import StaleError
from domain.gallery import LiveGallery
from domain.ids import new_id
from domain.matching import Candidate, Verdict, judge
from domain.policy import DoorPolicy, MatchPolicy, VisitPolicy
from domain.records import (
    Detection,
    DetectionStatus,
    Embedding,
    Face,
    Id,
    Match,
    MatchKind,
    Person,
    PersonStatus,
    Reference,
    Retirement,
    Rival,
    Suggestion,
)
from domain.references import in_use, lesson, may_teach
from domain.store import Records, Store
from domain.strangers import Strangers
from domain.upkeep import retire

MAX_SUGGESTIONS = 3
_DOORS = DoorPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What recognition found in one crop.

    `embedding` is (d,) float32 of unit length. `reasons` say why the face may not make a person
    or a reference; `refused` says why the image could not be read at all.
    """

    face: Face | None = None
    embedding: Embedding | None = None
    reasons: tuple[str, ...] = ()
    refused: str | None = None


class Recogniser(Protocol):
    """Images in, faces out. `analyse` blocks: call it off the event loop."""

    @property
    def model(self) -> str:
        """The model whose embeddings these are."""

    @property
    def provider(self) -> str:
        """What the model runs on."""

    def analyse(self, images: Sequence[bytes], /) -> list[Analysis]:
        """Return what is in each image; one bad image does not spoil the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One verdict on its way into the database, with what it was made from.

    `version` is that of the gallery when it was searched, not of the one there is by now.
    """

    detection: Detection
    token: str
    probe: Embedding
    verdict: Verdict
    version: int
    suggestions: tuple[Suggestion, ...]
    now: datetime

    def reference(self, person: Person, version: int) -> Reference:
        """Return the reference this face makes for a person."""
        face, model = self.detection.face, self.detection.model
        if face is None or model is None:
            raise ValueError("a reference needs a face and its model")
        return Reference(
            id=new_id(),
            person_id=person.id,
            detection_id=self.detection.id,
            image_key=self.detection.image.key,
            model=model,
            embedding=self.probe,
            quality=face.quality,
            version=version,
            created_at=self.now,
        )


class Classifier:
    """Turns analysed detections into persons, visits, questions and cards, and opens doors."""

    def __init__(
        self,
        *,
        store: Store,
        gallery: LiveGallery,
        answers: Answers,
        visit_policy: Callable[[], VisitPolicy],
        door_policy: DoorPolicy = _DOORS,
    ) -> None:
        self._store = store
        self._gallery = gallery
        self._answers = answers
        self._visit_policy = visit_policy
        self._strangers = Strangers(store=store, gallery=gallery, gap=lambda: visit_policy().gap)
        self._doors = door_policy

    @property
    def _visiting(self) -> VisitPolicy:
        """The rules of visits, as they are now."""
        return self._visit_policy()

    @property
    def _matching(self) -> MatchPolicy:
        """The distances to go by, for as many people as are known now."""
        return self._answers.policy(self._gallery.size, self._gallery.kept)

    async def classify(self, detection: Detection, analysis: Analysis, now: datetime) -> Detection:
        """Settle one leased detection and everything that follows from it, at once or not at all.

        Raises ClaimLostError when the lease has gone to another worker, PackChangedError when the
        embedding is of a model that is not in use any more.
        """
        detection = replace(
            detection,
            face=analysis.face,
            embedding=analysis.embedding,
            model=self._gallery.model if analysis.embedding is not None else None,
            reasons=(analysis.refused,) if analysis.refused else analysis.reasons,
            classified_at=now,
        )
        if analysis.embedding is None or detection.reasons:
            return await self._set_aside(detection)
        if spoofs.is_spoof(detection.face, self._matching):
            return await self._expose(detection, now)
        detection = replace(detection, reasons=covered.covered_parts(analysis.face, self._matching))
        return await self._recognise(detection, analysis.embedding, now)

    async def _expose(self, detection: Detection, now: datetime) -> Detection:
        work = partial(
            spoofs.expose,
            detection=detection,
            token=_token(detection),
            gap=self._visiting.gap,
            now=now,
        )
        return await self._store.transact(work)

    async def _set_aside(self, detection: Detection) -> Detection:
        settled = replace(detection, status=DetectionStatus.UNUSABLE, claim=None)
        await self._store.detections.settle(settled, _token(detection))
        return settled

    async def _recognise(self, detection: Detection, probe: Embedding, now: datetime) -> Detection:
        """Match and commit; again when another process was quicker."""
        while True:
            version = self._gallery.version
            near = self._gallery.candidates(probe)
            track = await self._track(detection)
            verdict = await self._judge(detection, near, track)
            if detection.reasons and verdict.kind is MatchKind.STRANGER:
                return await self._set_aside(replace(detection, match=self._match(verdict)))
            if not detection.reasons and await self._joined(detection, verdict, track, version):
                continue
            finding = Finding(
                detection=replace(
                    detection,
                    status=DetectionStatus.CLASSIFIED,
                    match=self._match(verdict),
                    claim=None,
                ),
                token=_token(detection),
                probe=probe,
                verdict=verdict,
                version=version,
                suggestions=self._suggestions(near, verdict),
                now=now,
            )
            try:
                settled = await self._store.transact(partial(self._commit, finding))
            except StaleError:
                await self._gallery.refresh()
                continue
            await self._gallery.refresh()
            return settled

    async def _joined(
        self, detection: Detection, verdict: Verdict, track: Id | None, version: int
    ) -> bool:
        """Join people whom this face shows to be one; tell whether to look again."""
        limit, now = self._matching.bridge, _classified(detection)
        return await self._strangers.bridge(
            verdict, limit=limit, version=version, now=now
        ) or await self._strangers.settle(
            detection, verdict, track=track, limit=limit, version=version, now=now
        )

    async def _track(self, detection: Detection) -> Id | None:
        """Return whom the camera's own track was classified as a moment ago."""
        if detection.track is None:
            return None
        since = detection.captured_at - self._visiting.gap
        found = await self._store.detections.track_person(
            detection.camera_id, detection.track, since
        )
        return (await self._gallery.current(found)).id if found else None

    async def _judge(
        self, detection: Detection, near: Sequence[Candidate], track: Id | None
    ) -> Verdict:
        taken: list[Id] = []
        if detection.frame:
            taken = await self._store.detections.in_frame(detection.camera_id, detection.frame)
        verdict = judge(
            near,
            policy=self._matching,
            rejected=self._gallery.rejected,
            excluded={(await self._gallery.current(id_)).id for id_ in taken},
            track=track,
        )
        return covered.doubted(verdict, track) if detection.reasons else verdict

    async def _commit(self, finding: Finding, records: Records) -> Detection:
        """Write everything one verdict means."""
        person, detection = await self._identify(records, finding)
        sighting = visits.Sighting(
            person=person,
            members=self._gallery.members(person.id),
            detection=detection,
            suggestions=finding.suggestions,
        )
        visit = await visits.extend(
            records, sighting=sighting, policy=self._visiting, now=finding.now
        )
        settled = replace(detection, visit_id=visit.id)
        await records.detections.settle(settled, finding.token)
        await doors.consider(
            records,
            sighting=replace(sighting, detection=settled),
            matching=self._matching,
            policy=self._doors,
            now=finding.now,
        )
        return settled

    async def _identify(self, records: Records, finding: Finding) -> tuple[Person, Detection]:
        """Return who it is, and the detection that says so.

        Somebody new is met when it is nobody for sure.
        """
        if finding.detection.reasons:
            return await self._identify_covered(records, finding)
        if finding.verdict.kind is not MatchKind.MATCH or finding.verdict.person is None:
            person, kept = await self._meet(records, finding), True
        else:
            person = self._gallery.person(finding.verdict.person.person_id)
            kept = await self._learn(records, finding, person)
        return person, replace(finding.detection, person_id=person.id, kept=kept)

    async def _identify_covered(
        self, records: Records, finding: Finding
    ) -> tuple[Person, Detection]:
        person, kind = await covered.identify(
            records,
            detection=finding.detection,
            verdict=finding.verdict,
            gallery=self._gallery,
            matching=self._matching,
            visiting=self._visiting,
        )
        person = person or await self._meet(records, finding)
        match = self._match(replace(finding.verdict, kind=kind))
        return person, replace(finding.detection, person_id=person.id, match=match)

    async def _meet(self, records: Records, finding: Finding) -> Person:
        """Create a person; the gallery must be current, or another worker's may be the same.

        A covered face makes no reference.
        """
        version = await records.gallery.advance(finding.version)
        person = Person(
            id=new_id(),
            number=await records.persons.next_number(),
            status=PersonStatus.UNKNOWN,
            created_at=finding.now,
            version=version,
            maybe=finding.suggestions,
            cover=finding.detection.image.key,
        )
        await records.persons.add(person)
        if may_teach(finding.detection):
            await records.references.add(finding.reference(person, version))
        return person

    async def _learn(self, records: Records, finding: Finding, person: Person) -> bool:
        """Keep the face as one more reference, if it adds to what is kept; tell whether it did."""
        if not may_teach(finding.detection):
            return False
        if lesson(self._gallery.references(person.id), finding.probe, self._matching) is None:
            return False
        # What this process knows may be behind; what is there now decides.
        there = await records.references.of(self._gallery.members(person.id))
        learnt = lesson(in_use(there, self._gallery.model), finding.probe, self._matching)
        if learnt is None:
            return False
        version = await records.gallery.advance(model=finding.detection.model)
        await records.references.add(finding.reference(person, version))
        if learnt.instead_of:
            await retire(
                records,
                person_id=person.id,
                references=[learnt.instead_of],
                why=Retirement.TRIMMED,
                version=version,
                now=finding.now,
            )
        return True

    def _suggestions(self, near: Sequence[Candidate], verdict: Verdict) -> tuple[Suggestion, ...]:
        """Return who else it may be: people recognised and not too far, strangers in doubt."""
        sure = verdict.person if verdict.kind is MatchKind.MATCH else None
        policy = self._matching
        return tuple(
            Suggestion(
                person_id=c.person_id,
                distance=c.distance,
                confidence=self._answers.estimate(c.distance, self._gallery.size).value,
                reference_id=c.reference_id,
            )
            for c in near
            if c is not sure
            and c.distance <= (policy.hint if c.recognised else policy.unsure)
            and not (sure and self._gallery.rejected(c.person_id, sure.person_id))
        )[:MAX_SUGGESTIONS]

    def _match(self, verdict: Verdict) -> Match:
        nearest = verdict.person or next(iter(verdict.candidates), None)
        if nearest is None:
            return Match(kind=verdict.kind)
        rival = verdict.runner_up if verdict.person else None
        sure = self._answers.estimate(nearest.distance, self._gallery.size)
        return Match(
            kind=verdict.kind,
            distance=nearest.distance,
            confidence=sure.value,
            reference_id=nearest.reference_id,
            runner_up=Rival(person_id=rival.person_id, distance=rival.distance) if rival else None,
            low=sure.low,
            high=sure.high,
        )


def _classified(detection: Detection) -> datetime:
    if detection.classified_at is None:
        raise ValueError("nobody has looked at it yet")
    return detection.classified_at


def _token(detection: Detection) -> str:
    if detection.claim is None:
        raise ValueError("only a leased detection can be settled")
    return detection.claim.token
