"""The visits of a day among those of years: found by an index, in order, page by page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient

from domain.ids import new_id
from domain.records import Best, Id, Visit
from domain.store import Cursor, VisitQuery
from storage.documents import to_document
from storage.store import MongoStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITES = (new_id(), new_id(), new_id())
PEOPLE = tuple(new_id() for _ in range(50))
DAY = VisitQuery(
    start=datetime(2026, 3, 3, tzinfo=UTC), end=datetime(2026, 3, 4, tzinfo=UTC), limit=20
)


def visit(number: int) -> Visit:
    """A visit every five minutes, of ten minutes each."""
    at = NOON + timedelta(minutes=5 * (number // 2))
    best = Best(detection_id=new_id(), camera_id=new_id(), image_key="k", quality=0.5)
    return Visit(
        id=new_id(),
        person_id=PEOPLE[number % 50],
        site_id=SITES[number % 3],
        opened_at=at,
        last_seen_at=at + timedelta(minutes=10),
        open=False,
        ordinal=1,
        detections=1,
        camera_ids=(),
        best=best,
    )


@pytest.fixture
def kept(store: MongoStore, mongo_uri: str) -> list[Visit]:
    """Three weeks of visits, in the order in which they began."""
    made = [visit(number) for number in range(12_000)]
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        client["test"]["visits"].insert_many([to_document(one) for one in made])
    return made


async def examined(store: MongoStore, query: VisitQuery) -> tuple[list[Visit], int]:
    """Return a page, and how many documents Mongo looked at for it; it never sorts."""
    database = store._database
    await database.command("profile", 2)
    page = await store.visits.page(query)
    await database.command("profile", 0)
    [ran] = await database["system.profile"].find({"op": "query"}).to_list(None)
    await database["system.profile"].drop()
    assert not ran.get("hasSortStage")
    return page, ran["docsExamined"]


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize("site_ids", [None, SITES[:1], SITES[:2]])
@pytest.mark.parametrize("person_ids", [None, PEOPLE[3:6]])
async def test_a_day_has_pages(
    store: MongoStore,
    kept: list[Visit],
    *,
    oldest_first: bool,
    site_ids: tuple[Id, ...] | None,
    person_ids: tuple[Id, ...] | None,
) -> None:
    """Every visit that falls into the day once, in order; nothing else is read."""
    query = replace(DAY, oldest_first=oldest_first, site_ids=site_ids, person_ids=person_ids)
    wanted = [
        one.id
        for one in sorted(kept, key=lambda v: (v.opened_at, v.id), reverse=not oldest_first)
        if one.opened_at < query.end
        and one.last_seen_at >= query.start
        and (site_ids is None or one.site_id in site_ids)
        and (person_ids is None or one.person_id in person_ids)
    ]
    found: list[Visit] = []
    while True:
        page, documents = await examined(store, query)
        # What is asked of both place and person is told by one index, and then by the visit.
        assert documents <= len(page) + 4 or (site_ids and person_ids)
        found += page
        if len(page) < query.limit:
            break
        query = replace(query, after=Cursor(page[-1].opened_at, page[-1].id))
    assert [one.id for one in found] == wanted
    assert (await store.visits.counted(query))[0] == len(wanted)
