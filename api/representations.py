"""Records as JSON. Embeddings, keys and leases never leave."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from domain.records import (
    Detection,
    Face,
    Id,
    Match,
    Person,
    Question,
    Suggestion,
    Visit,
)

Json = dict[str, Any]
People = Mapping[Id, Person]
ONE, ONE_IMAGE = "detection", "detection-image"


def address(app: web.Application, id_: Id) -> str:
    """Return where a detection is to be had."""
    return str(app.router[ONE].url_for(id=id_))


def image_address(app: web.Application, id_: Id) -> str:
    """Return where the image of a detection is to be had."""
    return str(app.router[ONE_IMAGE].url_for(id=id_))


def time_json(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC, to the millisecond, as the database keeps it."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person_json(id_: Id | None, people: People) -> Json | None:
    """Return who it turned out to be."""
    person = people.get(id_) if id_ else None
    if person is None:
        return None
    return {
        "id": person.id,
        "number": person.number,
        "label": person.label,
        "name": person.name,
        "status": person.status,
    }


def detection_json(detection: Detection, people: People, app: web.Application) -> Json:
    """Return a detection with its person, who may have become another one since."""
    image = detection.image
    return {
        "id": detection.id,
        "url": address(app, detection.id),
        "camera_id": detection.camera_id,
        "site_id": detection.site_id,
        "captured_at": time_json(detection.captured_at),
        "received_at": time_json(detection.received_at),
        "classified_at": time_json(detection.classified_at),
        "status": detection.status,
        "reasons": list(detection.reasons),
        "error": detection.error,
        "track": detection.track,
        "frame": detection.frame,
        "box": detection.box and list(detection.box),
        "face": _face(detection.face),
        "model": detection.model,
        "match": _match(detection.match),
        "person": person_json(detection.person_id, people),
        "visit_id": detection.visit_id,
        "image": {
            "url": image_address(app, detection.id),
            "media_type": image.media_type,
            "bytes": image.bytes,
            "width": image.width,
            "height": image.height,
            "sha256": image.sha256,
        },
    }


def _face(face: Face | None) -> Json | None:
    if face is None:
        return None
    return {
        "box": list(face.box),
        "landmarks": [list(point) for point in face.landmarks],
        "score": face.score,
        "quality": face.quality,
        "roll": face.roll,
        "yaw": face.yaw,
        "pitch": face.pitch,
        "count": face.count,
        "lower_covered": face.lower_covered,
        "upper_covered": face.upper_covered,
        "live": face.live,
    }


def _match(match: Match | None) -> Json | None:
    if match is None:
        return None
    rival = match.runner_up
    return {
        "kind": match.kind,
        "distance": match.distance,
        "confidence": match.confidence,
        "reference_id": match.reference_id,
        "runner_up": rival and {"person_id": rival.person_id, "distance": rival.distance},
    }


def visit_json(visit: Visit, people: People, app: web.Application) -> Json:
    """Return a visit with its person and its best crop."""
    best = visit.best
    return {
        "id": visit.id,
        "site_id": visit.site_id,
        "person": person_json(visit.person_id, people),
        "opened_at": time_json(visit.opened_at),
        "last_seen_at": time_json(visit.last_seen_at),
        "open": visit.open,
        "ordinal": visit.ordinal,
        "detections": visit.detections,
        "camera_ids": list(visit.camera_ids),
        "confidence": visit.confidence,
        "best": {
            "detection_id": best.detection_id,
            "quality": best.quality,
            "image_url": image_address(app, best.detection_id),
        },
    }


def question_json(question: Question, people: People) -> Json:
    """Return a question with the people it may be about."""
    return {
        "id": question.id,
        "visit_id": question.visit_id,
        "site_id": question.site_id,
        "person": person_json(question.person_id, people),
        "kind": question.kind,
        "status": question.status,
        "asked_at": time_json(question.asked_at),
        "decided_at": time_json(question.decided_at),
        "suggestions": [_suggestion(s, people) for s in question.suggestions],
    }


def _suggestion(suggestion: Suggestion, people: People) -> Json:
    return {
        "person": person_json(suggestion.person_id, people),
        "distance": suggestion.distance,
        "confidence": suggestion.confidence,
    }
