"""The detection log, page by page, in both directions and to any depth."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from domain.errors import InvalidError
from domain.ids import parse_id
from domain.records import Detection, DetectionStatus, Id
from domain.store import Cursor, DetectionQuery, Store

# News of the log is counted up to here.
MOST_NEWS = 100
# So many failed detections are tried again at once, and in one write.
MOST_RETRIED = 5000
_RETRIED_TOGETHER = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(?P<at>[0-9a-f]{1,12})-(?P<id>[0-9a-f]{24})")
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """A page of the log, newest first; `newer` and `older` are where those beside it begin."""

    detections: tuple[Detection, ...]
    newer: Cursor | None
    older: Cursor | None


async def log_page(store: Store, query: DetectionQuery) -> LogPage:
    """Return the page of `query.limit` that its cursor leads to.

    Going up, the first page is always a full one.
    """
    found = await store.detections.page(replace(query, limit=query.limit + 1))
    more = len(found) > query.limit
    if query.before and not more:
        return await log_page(store, replace(query, before=None))
    shown = found[-query.limit :] if query.before else found[: query.limit]
    newer = shown and (more if query.before else query.after)
    older = shown and (True if query.before else more)
    return LogPage(
        detections=tuple(shown),
        newer=cursor_at(shown[0]) if newer else None,
        older=cursor_at(shown[-1]) if older else None,
    )


async def news(store: Store, query: DetectionQuery, top: Cursor) -> int:
    """Count what the log has by now above a page, up to MOST_NEWS."""
    wanted = replace(query, after=None, before=top, limit=MOST_NEWS)
    return len(await store.detections.page(wanted))


async def retry_failed(store: Store, query: DetectionQuery) -> int:
    """Have whatever failed, of a query, tried again, up to MOST_RETRIED; return how many."""
    failed = replace(
        query, statuses=(DetectionStatus.FAILED,), after=None, before=None, limit=_RETRIED_TOGETHER
    )
    retried = 0
    while retried < MOST_RETRIED and (found := await store.detections.page(failed)):
        again = await store.detections.retry([one.id for one in found])
        if again == 0:
            break
        retried += again
    return retried


async def beside(
    store: Store, detection: Detection, site_ids: tuple[Id, ...] | None
) -> tuple[Id | None, Id | None]:
    """Return the detections of these sites (None: all) that come next: the newer, and the older."""
    here, one = cursor_at(detection), DetectionQuery(site_ids=site_ids, limit=1)
    newer = await store.detections.page(replace(one, before=here))
    older = await store.detections.page(replace(one, after=here))
    return newer[0].id if newer else None, older[0].id if older else None


def cursor_at(detection: Detection) -> Cursor:
    """Return the place of a detection in the log."""
    return Cursor(detection.captured_at, detection.id)


def cursor_text(cursor: Cursor) -> str:
    """Return a cursor as it stands in an address."""
    return f"{(cursor.at - _EPOCH) // _MILLISECOND:x}-{cursor.id}"


def read_cursor(text: str) -> Cursor:
    """Return the cursor that a text is; raise InvalidError for any other text."""
    found = _CURSOR.fullmatch(text)
    try:
        at = _EPOCH + int(found["at"], 16) * _MILLISECOND if found else None
    except OverflowError:
        at = None
    if found is None or at is None:
        raise InvalidError(
            "This leads to no place in the log, or was made by an older version."
            " Begin again with the newest."
        )
    return Cursor(at, parse_id(found["id"]))
