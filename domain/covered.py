"""Faces behind a mask or dark glasses: asked about, seldom named, and kept by nobody.

docs/decisions/covered-faces.md says why.
"""

from collections.abc import Sequence
from dataclasses import replace

from domain.gallery import LiveGallery
from domain.matching import Candidate, Verdict
from domain.policy import MatchPolicy, VisitPolicy
from domain.records import Detection, Face, MatchKind, Person, QuestionStatus, Visit
from domain.store import Records

LOWER, UPPER = "covered_lower", "covered_upper"
_BY = {LOWER: "a mask", UPPER: "dark glasses"}


def covered_parts(face: Face | None, policy: MatchPolicy) -> tuple[str, ...]:
    """Return which halves of a face are covered, as reasons."""
    if face is None:
        return ()
    chances = {LOWER: face.lower_covered, UPPER: face.upper_covered}
    return tuple(part for part, chance in chances.items() if chance >= policy.covered)


def sentence(covered: Sequence[str]) -> str:
    """Return what people are told of a covered face; nothing where it is bare."""
    by = [_BY[part] for part in covered if part in _BY]
    return f"The face is covered by {' and '.join(by)}." if by else ""


def doubted(verdict: Verdict, track: str | None) -> Verdict:
    """Return the verdict on a covered face: whoever is recognised by it is in doubt.

    Not so where the camera itself has followed this person from before the face was covered.
    """
    person = verdict.person
    if person is None or not person.recognised or person.person_id == track:
        return verdict
    return replace(verdict, kind=MatchKind.UNSURE)


async def identify(
    records: Records,
    *,
    detection: Detection,
    verdict: Verdict,
    gallery: LiveGallery,
    matching: MatchPolicy,
    visiting: VisitPolicy,
) -> tuple[Person | None, MatchKind]:
    """Return who a covered face is taken for, and how surely; None is somebody to be asked about.

    Who has been asked about, or let in with a bare face, in a visit that goes on is not asked about
    again: the face belongs to that visit.
    """
    likely = verdict.person
    if likely is None:
        raise ValueError("a covered face near nobody is set aside")
    if verdict.kind is MatchKind.MATCH:
        return gallery.person(likely.person_id), MatchKind.MATCH
    here = (detection.site_id, detection.captured_at, visiting.gap)
    visit = await records.visits.near(gallery.members(likely.person_id), *here)
    if visit and await _settled(records, visit, likely, matching):
        return gallery.person(likely.person_id), MatchKind.MATCH
    taken = await _in_frame(records, detection)
    for stranger in await records.persons.perhaps(gallery.members(likely.person_id)):
        members = gallery.members(stranger.id)
        faceless = stranger.id not in taken and not gallery.references(stranger.id)
        if faceless and await records.visits.near(members, *here):
            return stranger, MatchKind.UNSURE
    return None, MatchKind.UNSURE


async def _settled(records: Records, visit: Visit, likely: Candidate, policy: MatchPolicy) -> bool:
    """Tell whether a visit under way settles who is there: by nearness, or by what was answered."""
    if likely.distance <= policy.match:
        return True
    question = await records.questions.of_visit(visit.id)
    return question is not None and question.status is QuestionStatus.ANSWERED


async def _in_frame(records: Records, detection: Detection) -> Sequence[str]:
    if detection.frame is None:
        return ()
    return await records.detections.in_frame(detection.camera_id, detection.frame)
