"""What people's answers say of the suggestions that were made to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.records import Decision, Id, Person, Question, Suggestion
from domain.store import Store
from domain.views import canonical_people

# Who says one of these says that it is somebody, and who.
_SAY_WHO = {"merge", "name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The first suggestion of a question, and whether it was right, as people said.

    `crop_id` shows whom it was about.
    """

    at: datetime
    site_id: Id
    crop_id: Id | None
    distance: float
    confidence: float
    right: bool


async def proofs(
    store: Store, site_ids: Sequence[Id], *, since: datetime, until: datetime, most: int
) -> list[Proof]:
    """Return what the newest so many answered questions of these sites prove, newest first.

    They were asked from a time until before another. Answers that do not say who somebody is, and
    those taken back, prove nothing.
    """
    questions = await store.questions.decided(site_ids, since, until, limit=most)
    decisions = await store.decisions.some([q.decision_id for q in questions if q.decision_id])
    pointed = [q.suggestions[0].person_id for q in questions]
    pointed += [d.target_id for d in decisions.values() if d.target_id]
    people = await canonical_people(store, pointed)
    visits = await store.visits.some([q.visit_id for q in questions])
    found = []
    for question in questions:
        decision = decisions.get(question.decision_id) if question.decision_id else None
        right = _right(question.suggestions[0], decision, people)
        if right is not None:
            visit = visits.get(question.visit_id)
            found.append(_proof(question, visit.best.detection_id if visit else None, right=right))
    return found


def _right(
    suggestion: Suggestion, decision: Decision | None, people: Mapping[Id, Person]
) -> bool | None:
    """Tell whether a decision says that it was whom the suggestion said; None: it does not say."""
    if decision is None or decision.undone or decision.verb not in _SAY_WHO:
        return None
    if decision.verb == "name":
        return False
    meant = decision.target_id and people.get(decision.target_id)
    suggested = people.get(suggestion.person_id)
    return meant.id == suggested.id if meant and suggested else None


def _proof(question: Question, crop_id: Id | None, *, right: bool) -> Proof:
    first = question.suggestions[0]
    return Proof(
        at=question.asked_at,
        site_id=question.site_id,
        crop_id=crop_id,
        distance=first.distance,
        confidence=first.confidence,
        right=right,
    )
