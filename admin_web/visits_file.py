"""The visits of a day as a file that spreadsheets open."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime, tzinfo

from aiohttp import web

from admin_web.options import ACCOUNT, OPTIONS, STORE
from admin_web.visits import DayAsked, read_day
from domain.attendance import Attended, whole_attendance

HEAD = (
    "site",
    "person",
    "status",
    "first seen",
    "last seen",
    "minutes",
    "crops",
    "visit number",
    "still here",
    "cameras",
    "visit id",
    "person id",
)
# With these a spreadsheet takes a cell for a formula, and would run it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Spreadsheets take a file for UTF-8 by this.
_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


async def export_visits(request: web.Request) -> web.StreamResponse:
    """Answer with every visit that is asked for, written as it is read."""
    asked = await read_day(request)
    response = web.StreamResponse(headers=_headers(asked))
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    zone = request.app[OPTIONS].timezone
    await response.write((_MARK + _lines([HEAD])).encode())
    async for visits in whole_attendance(
        request.app[STORE], request[ACCOUNT], asked.query, statuses=asked.statuses
    ):
        await response.write(_lines(_row(one, zone) for one in visits).encode())
    await response.write_eof()
    return response


def _headers(asked: DayAsked) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="visits-{asked.day.isoformat()}.csv"',
        "Cache-Control": "private, no-store",
    }


def _lines(rows: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([[_cell(value) for value in row] for row in rows])
    return written.getvalue()


def _cell(value: object) -> str:
    """Return a value as it stands in a cell; a text that begins like a formula is made a text."""
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _row(one: Attended, zone: tzinfo) -> list[object]:
    visit = one.visit
    return [
        one.site.name if one.site else "",
        one.person.label,
        one.person.status,
        _time(visit.opened_at, zone),
        _time(visit.last_seen_at, zone),
        round((visit.last_seen_at - visit.opened_at).total_seconds() / 60, 1),
        visit.detections,
        visit.ordinal,
        "yes" if visit.open else "no",
        ", ".join(camera.name for camera in one.cameras),
        visit.id,
        one.person.id,
    ]


def _time(at: datetime, zone: tzinfo) -> str:
    """Return a time with its zone, to the second."""
    return at.astimezone(zone).isoformat(timespec="seconds")
