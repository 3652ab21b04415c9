"""The visits of a day: as a board by site, as a table, and as a file."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo
from itertools import groupby
from urllib.parse import urlencode

from aiohttp import web

from admin_web.log_filters import known_of, members_of, people_asked, places, site_ids_asked
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE
from admin_web.rendering import page
from domain.attendance import (
    AttendancePage,
    Attended,
    attendance,
    attendance_by_site,
    limited,
)
from domain.day import bounds
from domain.errors import InvalidError
from domain.log import cursor_text, read_cursor
from domain.records import Account, Person, PersonStatus, Site
from domain.store import Store, VisitQuery

PAGE = 60
# So many of the last visits to a site are on the board, and so many sites.
ON_BOARD, COLUMNS = 20, 24
FILTERS = ("day", "site", "status", "person", "order")
OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAsked:
    """Which visits are asked for: as it was written, and what it means."""

    written: dict[str, str]
    day: date
    query: VisitQuery
    statuses: tuple[PersonStatus, ...]
    person: Person | None

    def address(self, path: str = "/visits", /, **more: str | None) -> str:
        """Return the address of what is asked for, with some of it changed."""
        wanted = {key: value for key, value in {**self.written, **more}.items() if value}
        return f"{path}?{urlencode(wanted)}" if wanted else path


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A site on the board: how many visits it had, how many are there, and the last by the hour."""

    site: Site
    count: int
    here: int
    hours: tuple[tuple[str, tuple[Attended, ...]], ...]
    more: bool


async def read_day(request: web.Request) -> DayAsked:
    """Return which visits an address asks for; raise InvalidError when it makes no sense."""
    store, account = request.app[STORE], request[ACCOUNT]
    written = {key: request.query.get(key, "").strip() for key in FILTERS}
    day = _day(written["day"], _today(request))
    people = await people_asked(store, written["person"]) if written["person"] else None
    start, end = bounds(day, request.app[OPTIONS].timezone)
    after = request.query.get("after")
    query = VisitQuery(
        start=start,
        end=end,
        site_ids=site_ids_asked(account, written["site"]),
        person_ids=await members_of(store, people),
        oldest_first=written["order"] == OLDEST,
        after=read_cursor(after) if after else None,
        limit=PAGE,
    )
    return DayAsked(
        written=written,
        day=day,
        query=query,
        statuses=_statuses(written["status"]),
        person=await known_of(store, account, people or ()),
    )


def _today(request: web.Request) -> date:
    return request.app[CLOCK]().astimezone(request.app[OPTIONS].timezone).date()


def _day(text: str, today: date) -> date:
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidError("A day looks like 2026-11-22.") from error
    if not abs(day - today) < timedelta(days=366 * 100):
        raise InvalidError("That day is too far away.")
    return day


def _statuses(text: str) -> tuple[PersonStatus, ...]:
    if text and text not in set(PersonStatus):
        raise InvalidError("There is no such status.")
    return (PersonStatus(text),) if text else ()


async def show_board(request: web.Request) -> web.Response:
    """Show a day by site; a script that has it already is told that nothing has changed."""
    asked, store, account = await read_day(request), request.app[STORE], request[ACCOUNT]
    zone, today = request.app[OPTIONS].timezone, _today(request)
    seen = await places(store, account)
    shown = [s for s in seen.sites if asked.query.site_ids is None or s.id in asked.query.site_ids]
    columns = await _columns(store, account, asked, shown[:COLUMNS], zone)
    revision = _revision(columns)
    if request.query.get("revision") == revision:
        return web.Response(status=204)
    return await page(
        request,
        "visits_board.html",
        asked=asked,
        today=today,
        **_days(asked, today),
        places=seen,
        columns=columns,
        left_out=shown[COLUMNS:],
        live=asked.address(revision=revision) if asked.day == today else None,
    )


async def _columns(
    store: Store, account: Account, asked: DayAsked, sites: Sequence[Site], zone: tzinfo
) -> list[Column]:
    query = replace(asked.query, oldest_first=False, after=None, limit=ON_BOARD)
    async with asyncio.TaskGroup() as group:
        counting = [
            group.create_task(store.visits.counted(replace(query, site_ids=(site.id,))))
            for site in sites
        ]
        reading = group.create_task(
            attendance_by_site(
                store, account, query, [site.id for site in sites], statuses=asked.statuses
            )
        )
    pages = reading.result()
    return [
        _column(site, counted.result(), pages[site.id], query, zone)
        for site, counted in zip(sites, counting, strict=True)
    ]


def _column(
    site: Site, counted: tuple[int, int], found: AttendancePage, query: VisitQuery, zone: tzinfo
) -> Column:
    def hour(one: Attended) -> str:
        return f"{max(one.visit.opened_at, query.start).astimezone(zone):%H}:00"

    lanes = groupby(found.visits, key=hour)
    return Column(
        site=site,
        count=counted[0],
        here=counted[1],
        hours=tuple((text, tuple(visits)) for text, visits in lanes),
        more=found.next is not None,
    )


def _revision(columns: Sequence[Column]) -> str:
    """Return what changes whenever the board would look different."""
    told: list[object] = []
    for column in columns:
        told.append((column.site.id, column.count, column.here))
        for _, visits in column.hours:
            told += [(v.visit.id, v.visit.last_seen_at, v.visit.detections) for v in visits]
            told += [(v.visit.open, v.person.label, v.person.status) for v in visits]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _days(asked: DayAsked, today: date) -> dict[str, str | None]:
    """Return where the days before and after this one are."""
    following = asked.day + timedelta(days=1)
    return {
        "day_before": (asked.day - timedelta(days=1)).isoformat(),
        "day_after": following.isoformat() if following <= today else None,
    }


async def show_table(request: web.Request) -> web.Response:
    """Show the visits of a day, a page of them, one in each row."""
    asked, store, account = await read_day(request), request.app[STORE], request[ACCOUNT]
    found = await attendance(store, account, asked.query, statuses=asked.statuses)
    count, here = await store.visits.counted(limited(account, asked.query))
    today = _today(request)
    return await page(
        request,
        "visits_table.html",
        asked=asked,
        today=today,
        **_days(asked, today),
        places=await places(store, account),
        visits=found.visits,
        count_of_day=count,
        here=here,
        first=asked.address("/visits/table") if request.query.get("after") else None,
        more=found.next and asked.address("/visits/table", after=cursor_text(found.next)),
    )
