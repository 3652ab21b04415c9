"""The detection log in order: what is asked of it, answered by an index whatever is asked.

It is in the order of `captured_at`, then of `_id`. Beside its fields a detection has `marks`: what
became of it in one word, and that word once more after each of its reasons. So whatever is asked of
status, answer, percentage and reason is some of the words of `outcomes`, and each index below has
them before the time: Mongo then merges a few runs of the index that are in order already.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bson import ObjectId

from domain.records import Detection, DetectionStatus, MatchKind
from domain.store import PERCENTS, DetectionQuery
from storage.documents import Document, object_ids, to_document

NEWEST = (("captured_at", -1), ("_id", -1))
OLDEST = (("captured_at", 1), ("_id", 1))
# Of these a query may ask for several at once; the one that leaves least comes first.
PLACES = ("visit_id", "person_id", "camera_id", "site_id")
# Mongo merges so many runs of an index; with more of them it would sort all there is.
MOST_RUNS = 200
_SURE = 100
_RATED = (MatchKind.MATCH, MatchKind.UNSURE)
Keys = tuple[tuple[str, int], ...]


def log_document(detection: Detection) -> Document:
    """Return the document that keeps a detection, with its marks."""
    return marked(to_document(detection))


def marked(document: Document) -> Document:
    """Return the document of a detection with its marks."""
    return document | {"marks": marks(document)}


def marks(document: Mapping[str, Any]) -> list[str]:
    """Return the marks of the document of a detection."""
    match = document.get("match") or {}
    outcome = mark(document["status"], match.get("kind"), match.get("confidence"))
    return [outcome, *(_because(reason, outcome) for reason in document.get("reasons") or ())]


def mark(status: str, kind: str | None = None, confidence: float | None = None) -> str:
    """Return in one word what became of a detection."""
    if status != DetectionStatus.CLASSIFIED:
        return str(status)
    if kind not in _RATED or confidence is None:
        return f"{status}:{kind or ''}"
    step = next((p for p in PERCENTS if confidence * 100 < p), _SURE)
    return f"{status}:{kind}:{step}"


def _because(reason: str, outcome: str) -> str:
    return f"{reason} {outcome}"


def outcomes(query: DetectionQuery) -> list[str]:
    """Return the words for everything that can have become of what a query asks for."""
    statuses = query.statuses or tuple(DetectionStatus)
    made: list[str] = []
    if query.kinds or query.below:
        statuses = tuple(s for s in statuses if s is DetectionStatus.CLASSIFIED)
    for status in statuses:
        made += _of_classified(query) if status is DetectionStatus.CLASSIFIED else [mark(status)]
    return made


def _of_classified(query: DetectionQuery) -> list[str]:
    steps = [p for p in (*PERCENTS, _SURE) if p <= (query.below or _SURE)]
    kinds: Sequence[MatchKind | None] = query.kinds or (None, *MatchKind)
    rated = [f"classified:{kind}:{step}" for kind in kinds if kind in _RATED for step in steps]
    return rated if query.below else [*rated, *(f"classified:{kind or ''}" for kind in kinds)]


def log_indexes() -> Iterator[Keys]:
    """Return the keys of every index of the log.

    Those of a person have the places besides, and those of a camera the site: what is asked of
    both is told by the index alone.
    """
    also = {
        "person_id": (("site_id", 1), ("camera_id", 1)),
        "camera_id": (("site_id", 1),),
    }
    yield NEWEST
    yield (("marks", 1), *NEWEST)
    for place in PLACES:
        beside = also.get(place, ())
        yield ((place, 1), *NEWEST, *beside)
        if place != "visit_id":
            yield ((place, 1), ("marks", 1), *NEWEST, *beside)


def index_for(filter_: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the keys of the index that a filter of the log is answered by."""
    first = next((place for place in PLACES if place in filter_), None)
    marked = "marks" in filter_ and first != "visit_id"
    start = tuple(name for name in (first, "marks" if marked else None) if name)
    found = next(
        keys
        for keys in log_indexes()
        if tuple(name for name, _ in keys[: len(start)]) == start
        and keys[len(start) :][:2] == NEWEST
    )
    return list(found)


def log_filter(query: DetectionQuery) -> dict[str, Any]:
    """Return the query document; nothing asked of a field leaves it out."""
    wanted: dict[str, Any] = {}
    if query.visit_id:
        wanted["visit_id"] = ObjectId(query.visit_id)
    if query.person_ids is not None:
        wanted["person_id"] = {"$in": object_ids(query.person_ids)}
    if query.camera_id:
        wanted["camera_id"] = ObjectId(query.camera_id)
    if query.site_ids is not None:
        wanted["site_id"] = {"$in": object_ids(query.site_ids)}
    if query.reference_ids is not None:
        wanted["match.reference_id"] = {"$in": object_ids(query.reference_ids)}
    if query.statuses or query.kinds or query.below or query.reason:
        wanted["marks"] = {"$in": _marks_asked(query)}
    return wanted | _times(query)


def _marks_asked(query: DetectionQuery) -> list[str]:
    reason = query.reason
    return [_because(reason, one) if reason else one for one in outcomes(query)]


def _times(query: DetectionQuery) -> dict[str, Any]:
    captured = {"$gte": query.since, "$lt": query.until}
    bounds: dict[str, Any] = {key: at for key, at in captured.items() if at is not None}
    for cursor, upto, far in ((query.after, "$lte", "$gte"), (query.before, "$gte", "$lte")):
        if cursor:
            near = max if upto == "$gte" else min
            bounds[upto] = near(bounds.get(upto, cursor.at), cursor.at)
            # Of what was captured at that very moment, only what lies beyond the cursor.
            passed = {"captured_at": cursor.at, "_id": {far: ObjectId(cursor.id)}}
            return {"captured_at": bounds, "$nor": [passed]}
    return {"captured_at": bounds} if bounds else {}


def in_runs(filter_: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the filter in as many parts as leave Mongo few enough runs of the index to merge.

    Nothing is in two of them.
    """
    index = {name for name, _ in index_for(filter_)[:2]}
    asked = {
        name: value["$in"]
        for name, value in filter_.items()
        if name in index and isinstance(value, dict) and "$in" in value
    }
    if any(not values for values in asked.values()):
        return []
    if _product(asked.values()) <= MOST_RUNS:
        return [filter_]
    split = max(asked, key=lambda name: len(asked[name]) * (name != "marks"))
    others = _product(values for name, values in asked.items() if name != split)
    size = max(1, MOST_RUNS // others)
    starts = range(0, len(asked[split]), size)
    return [filter_ | {split: {"$in": asked[split][at : at + size]}} for at in starts]


def _product(lists: Iterable[Sequence[Any]]) -> int:
    made = 1
    for values in lists:
        made *= len(values)
    return made
