"""Visits, and what they make of questions and cards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.arrivals import welcome
from domain.asking import deal
from domain.errors import StaleError
from domain.ids import new_id
from domain.policy import VisitPolicy
from domain.records import (
    Best,
    CardKind,
    Detection,
    Id,
    MatchKind,
    Person,
    PersonStatus,
    Question,
    QuestionKind,
    QuestionStatus,
    Suggestion,
    Visit,
)
from domain.store import Records
from domain.whereabouts import came

# A crop replaces the one on the card only when it is clearly better, so that the card stays calm.
CLEARLY_BETTER = 1.1
# A long visit is edited ever more rarely: each time after another tenth of its length.
EDITS_PER_LENGTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A detection about to be written, and who it shows.

    `members` are the person's ids: their own, and those of everybody merged into them.
    `suggestions` are who else it may be.
    """

    person: Person
    members: Sequence[Id]
    detection: Detection
    suggestions: tuple[Suggestion, ...]


async def extend(
    records: Records, *, sighting: Sighting, policy: VisitPolicy, now: datetime
) -> Visit:
    """Put a sighting into its visit: an open one, an earlier one, or a new one."""
    detection = sighting.detection
    visit = await records.visits.near(
        sighting.members, detection.site_id, detection.captured_at, policy.gap
    )
    if visit:
        grown = _grown(visit, detection)
        await records.visits.save(grown)
        await records.outbox.touch([visit.id], now + _pause(grown, policy))
        return grown
    visit = await _open(records, sighting, policy, now)
    await _announce(records, sighting, visit, policy, now)
    return visit


def _grown(visit: Visit, detection: Detection) -> Visit:
    best = _best(detection)
    return replace(
        visit,
        opened_at=min(visit.opened_at, detection.captured_at),
        last_seen_at=max(visit.last_seen_at, detection.captured_at),
        detections=visit.detections + 1,
        camera_ids=tuple(dict.fromkeys((*visit.camera_ids, detection.camera_id))),
        best=best if _shows_better(best, visit.best) else visit.best,
        confidence=max(visit.confidence or 0.0, _confidence(detection) or 0.0) or None,
    )


def _shows_better(best: Best, shown: Best) -> bool:
    """Tell whether a crop shall replace the one on the card: a bare face before a covered one."""
    if bool(best.covered) != bool(shown.covered):
        return not best.covered
    return best.quality > shown.quality * CLEARLY_BETTER


def _pause(visit: Visit, policy: VisitPolicy) -> timedelta:
    return max(policy.edit, (visit.last_seen_at - visit.opened_at) / EDITS_PER_LENGTH)


async def _open(records: Records, sighting: Sighting, policy: VisitPolicy, now: datetime) -> Visit:
    """Open a visit; what a camera sends long after it happened is over already."""
    detection = sighting.detection
    # Two workers who see somebody come back at once do not see each other's visit. Both advance
    # the gallery, so one of them has to begin anew, and finds it.
    await records.gallery.advance()
    await _require_known(records, sighting.person)
    current = detection.captured_at + policy.gap > now
    over: list[Visit] = []
    if current:
        earlier = await records.visits.open_of(sighting.members, detection.site_id)
        over = [replace(visit, open=False) for visit in earlier]
        for visit in over:
            await records.visits.save(visit)
    visit = Visit(
        id=new_id(),
        person_id=sighting.person.id,
        site_id=detection.site_id,
        opened_at=detection.captured_at,
        last_seen_at=detection.captured_at,
        open=current,
        ordinal=1 + await records.visits.count(sighting.members, detection.site_id),
        detections=1,
        camera_ids=(detection.camera_id,),
        best=_best(detection),
        confidence=_confidence(detection),
    )
    await records.visits.add(visit)
    await came(records, visit.person_id, [*over, visit])
    return visit


async def _require_known(records: Records, person: Person) -> None:
    """Raise StaleError when somebody has been forgotten since the gallery was searched."""
    found = await records.persons.get(person.id)
    if found and found.forgotten_at:
        raise StaleError("This person has been forgotten.")


async def _announce(
    records: Records, sighting: Sighting, visit: Visit, policy: VisitPolicy, now: datetime
) -> None:
    """Ask about somebody unknown, alert about somebody blocked, mention somebody known."""
    # The gallery may not have heard yet of what a manager decided a moment ago.
    person = await records.persons.canonical(sighting.person.id) or sighting.person
    match PersonStatus.UNKNOWN if person.lapsed(now) else person.status:
        case PersonStatus.UNKNOWN:
            if await _make_way(records, sighting, visit, now):
                question = await _ask(records, sighting, visit, now)
                await deal(records, CardKind.QUESTION, visit, question, now)
        case PersonStatus.BLOCKED:
            await deal(records, CardKind.ALERT, visit, None, now)
        case PersonStatus.KNOWN:
            await welcome(records, person=person, visit=visit, now=now)
            if policy.announce_known:
                await deal(records, CardKind.NOTICE, visit, None, now)
        case PersonStatus.DISMISSED:
            pass


async def _make_way(records: Records, sighting: Sighting, visit: Visit, now: datetime) -> bool:
    """Let what nobody has answered about an earlier visit make way; tell whether to ask again.

    A visit that was over before it was heard of does not push a newer question aside.
    """
    for earlier in await records.questions.unanswered_of(sighting.members):
        if earlier.site_id == visit.site_id:
            if not visit.open:
                return False
            await records.questions.save(
                replace(earlier, status=QuestionStatus.SUPERSEDED, decided_at=now)
            )
            await records.outbox.touch([earlier.visit_id], now)
    return True


async def _ask(records: Records, sighting: Sighting, visit: Visit, now: datetime) -> Question:
    """Ask about this visit: who it is, or whether it is the one it looks like."""
    match = sighting.detection.match
    unsure = match is not None and match.kind is MatchKind.UNSURE
    question = Question(
        id=new_id(),
        visit_id=visit.id,
        site_id=visit.site_id,
        person_id=sighting.person.id,
        kind=QuestionKind.CONFIRM if unsure else QuestionKind.WHO,
        status=QuestionStatus.OPEN,
        asked_at=now,
        suggestions=sighting.suggestions,
    )
    await records.questions.add(question)
    return question


def _best(detection: Detection) -> Best:
    return Best(
        detection_id=detection.id,
        camera_id=detection.camera_id,
        image_key=detection.image.key,
        quality=detection.face.quality if detection.face else 0.0,
        covered=detection.reasons,
    )


def _confidence(detection: Detection) -> float | None:
    matched = detection.match and detection.match.kind is MatchKind.MATCH
    return detection.match.confidence if detection.match and matched else None
