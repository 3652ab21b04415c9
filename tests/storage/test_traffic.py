"""What cameras sent lately: counted over a window bounded in time and in crops."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.ids import new_id
from domain.records import Detection, DetectionStatus, Id, Image
from storage import traffic
from storage.store import MongoStore
from tests.storage.test_plans import plans

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FRONT, BACK, SITE = Id("f" * 24), Id("b" * 24), Id("5" * 24)
MINUTE = timedelta(minutes=1)


async def post(store: MongoStore, camera: Id, ago: timedelta, *reasons: str) -> Detection:
    """Keep a crop that came in so long ago, unusable if there is a reason."""
    id_ = new_id()
    made = Detection(
        id=id_,
        camera_id=camera,
        site_id=SITE,
        captured_at=NOON - ago,
        received_at=NOON - ago,
        image=Image(key=id_, sha256=id_, bytes=1, width=1, height=1, media_type="image/jpeg"),
        status=DetectionStatus.UNUSABLE if reasons else DetectionStatus.CLASSIFIED,
        reasons=reasons,
    )
    await store.detections.add(made)
    return made


async def test_each_camera_by_minute_and_reason(store: MongoStore) -> None:
    """The last hour by the minute, the last day in all, what is older not at all."""
    await post(store, FRONT, timedelta(hours=25), "blurred")
    await post(store, FRONT, timedelta(hours=2), "blurred", "too_small")
    await post(store, FRONT, 59.5 * MINUTE, "blurred")
    await post(store, FRONT, 0 * MINUTE)
    await post(store, BACK, 0.5 * MINUTE)
    lately = await store.traffic.lately(NOON)
    front, back = lately.cameras[FRONT], lately.cameras[BACK]
    assert (front.crops, front.unusable) == (3, 2)
    assert front.minutes == (1, *(0,) * 58, 1)
    assert front.reasons == {"blurred": 2, "too_small": 1}
    assert (back.crops, back.unusable, back.minutes[-1], back.reasons) == (1, 0, 1, {})
    assert (lately.since, lately.whole) == (NOON - timedelta(days=1), True)


async def test_nothing_came(store: MongoStore) -> None:
    """Nothing is counted, and nothing is the last crop."""
    lately = await store.traffic.lately(NOON)
    assert (lately.cameras, lately.whole) == ({}, True)
    assert await store.traffic.newest([FRONT]) == {}


async def test_more_than_is_counted(store: MongoStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest are counted, and since when that is is said."""
    monkeypatch.setattr(traffic, "MOST_CROPS", 2)
    for minutes in (90, 60, 30):
        await post(store, FRONT, minutes * MINUTE)
    lately = await store.traffic.lately(NOON)
    assert lately.cameras[FRONT].crops == 2
    assert (lately.since, lately.whole) == (NOON - timedelta(hours=1), False)


async def test_the_newest_of_each(store: MongoStore) -> None:
    """One of each camera that was asked for."""
    _, _, last = [await post(store, camera, timedelta(0)) for camera in (FRONT, BACK, FRONT)]
    newest = await store.traffic.newest([FRONT])
    assert newest == {FRONT: last}


async def test_a_day_by_the_hour(store: MongoStore) -> None:
    """24 hours, those without a crop too, of one camera alone."""
    await post(store, FRONT, timedelta(hours=23, minutes=59))
    await post(store, FRONT, timedelta(minutes=10), "blurred")
    await post(store, BACK, timedelta(minutes=10))
    hours = await store.traffic.hours(FRONT, NOON)
    assert len(hours) == 24
    assert [(h.at, h.crops, h.unusable) for h in hours if h.crops] == [
        (NOON - timedelta(hours=24), 1, 0),
        (NOON - timedelta(hours=1), 1, 1),
    ]


async def test_what_is_counted_is_read_from_an_index_alone(store: MongoStore) -> None:
    """However large the log is, no document is fetched to count."""
    await post(store, FRONT, timedelta(0))
    plan = await store._database.command(
        "explain",
        {
            "aggregate": "detections",
            "pipeline": traffic.counting(NOON - timedelta(days=1), NOON),
            "cursor": {},
        },
    )
    assert "FETCH" not in str(plan)
    assert "received_at_1_camera_id_1_status_1" in str(plan)


async def test_the_newest_are_read_one_by_one(store: MongoStore) -> None:
    """However many crops a camera has sent: one key of the index for each camera."""
    for camera in (FRONT, FRONT, BACK):
        await post(store, camera, timedelta(0))
    first, *_ = await plans(store, lambda store: store.traffic.newest([FRONT, BACK]))
    assert first.startswith("DISTINCT_SCAN { camera_id: 1, captured_at: -1")
