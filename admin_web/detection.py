"""A page for each detection: what was seen, whom it resembles, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from admin_web.cards import card
from admin_web.options import ACCOUNT, STORE
from admin_web.rendering import page
from admin_web.seeing import advice, seen_facts
from admin_web.words import told
from domain.candidates import resembling
from domain.ids import parse_id
from domain.log import beside
from domain.records import (
    UNANSWERED,
    Account,
    Decision,
    Detection,
    DetectionStatus,
    Id,
    Person,
    Question,
    Visit,
)
from domain.sight import seen_detection, sites_of
from domain.store import DetectionQuery, Store
from domain.undo import may_undo
from domain.views import canonical_people

CROPS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that became of a detection; `decision` if somebody said it."""

    at: datetime
    text: str
    decision: Decision | None = None


async def show_detection(request: web.Request) -> web.Response:
    """Show one detection: its crop with what was found in it, and what came of it."""
    store, account = request.app[STORE], request[ACCOUNT]
    detection = await seen_detection(store, account, parse_id(request.match_info["id"]))
    visit = await store.visits.get(detection.visit_id) if detection.visit_id else None
    question = await store.questions.of_visit(visit.id) if visit else None
    decisions = await _decisions(store, account, detection, visit, question)
    people = await canonical_people(
        store, [detection.person_id, *(d.target_id for d in decisions), *_kept_with(decisions)]
    )
    newer, older = await beside(store, detection, sites_of(account))
    asked = question if question and question.status in UNANSWERED else None
    return await page(
        request,
        "detection.html",
        detection=detection,
        who=people.get(detection.person_id) if detection.person_id else None,
        site=await store.sites.get(detection.site_id),
        camera=await store.cameras.get(detection.camera_id),
        visit=visit,
        crops=await _crops(store, account, visit),
        facts=seen_facts(detection.face) if detection.face else [],
        advice=advice(detection),
        resembling=await resembling(store, account, detection, question),
        steps=_steps(detection, question, decisions, people),
        people=people,
        undoable={d.id for d in decisions if await may_undo(store, d, account)},
        card=await card(store, account, asked) if asked else None,
        may_answer=account.may_answer(detection.site_id),
        may_retry=account.may_answer(detection.site_id)
        and detection.status is DetectionStatus.FAILED,
        retried="retried" in request.query,
        newer=newer,
        older=older,
    )


async def _crops(store: Store, account: Account, visit: Visit | None) -> list[Detection]:
    if visit is None:
        return []
    query = DetectionQuery(visit_id=visit.id, site_ids=sites_of(account), limit=CROPS)
    return await store.detections.page(query)


async def _decisions(
    store: Store,
    account: Account,
    detection: Detection,
    visit: Visit | None,
    question: Question | None,
) -> list[Decision]:
    """Return what was said of a detection: of itself, of its visit, and to its question."""
    changed = await store.decisions.changing([detection.id, *([visit.id] if visit else [])])
    found = {d.id: d for d in changed if d.site_id is None or account.may_see(d.site_id)}
    if question and question.decision_id and question.decision_id not in found:
        answer = await store.decisions.get(question.decision_id)
        found |= {answer.id: answer} if answer else {}
    return list(found.values())


def _kept_with(decisions: list[Decision]) -> list[Id | None]:
    return [d.undone.kept_with for d in decisions if d.undone]


def _steps(
    detection: Detection,
    question: Question | None,
    decisions: list[Decision],
    people: Mapping[Id, Person],
) -> list[Step]:
    """Return what became of a detection, in the order in which it did."""
    steps = [
        Step(at=detection.captured_at, text="Captured"),
        Step(at=detection.received_at, text="Received"),
    ]
    if detection.classified_at:
        by = f" by {detection.model}" if detection.model else ""
        steps.append(Step(at=detection.classified_at, text=f"Looked at{by}"))
    if question:
        steps.append(Step(at=question.asked_at, text="Asked who it is"))
    steps += [Step(at=d.at, text=told(d, people), decision=d) for d in decisions]
    return sorted(steps, key=lambda step: step.at)


async def retry_detection(request: web.Request) -> web.Response:
    """Put a failed detection back into the queue."""
    store, account = request.app[STORE], request[ACCOUNT]
    detection = await seen_detection(store, account, parse_id(request.match_info["id"]))
    await store.detections.retry([detection.id])
    raise web.HTTPSeeOther(f"/detections/{detection.id}?retried")
