"""Crops come in, each once."""

import asyncio
import hashlib
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from PIL import Image as Pillow

from domain.intake import Images
from domain.records import DetectionStatus, Id
from domain.store import Store

Make = Callable[..., bytes]
Count = Callable[[], Awaitable[tuple[int, int]]]


async def test_raw_body(api: Any, eye: Any, picture: Make, store: Store, images: Images) -> None:
    """One JPEG as the body is answered 202 once record and file are there, with its address."""
    crop = picture()
    answer = await api.client.post(
        "/detections",
        content=crop,
        params={
            "captured_at": "2026-11-22T15:30:00.25+01:00",
            "track": "t 7",
            "frame": "f-9",
            "box": "1,2,30,40",
        },
        headers={**eye.headers, "Content-Type": "image/jpeg"},
    )
    assert answer.status_code == 202
    [entered] = answer.json()["detections"]
    assert entered["status"] == "new"
    assert answer.headers["Location"] == entered["url"] == f"/api/v1/detections/{entered['id']}"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    detection = await store.detections.get(Id(entered["id"]))
    assert detection
    assert detection.captured_at == datetime(2026, 11, 22, 14, 30, 0, 250_000, tzinfo=UTC)
    assert (detection.track, detection.frame, detection.box) == ("t 7", "f-9", (1, 2, 30, 40))
    assert (detection.camera_id, detection.site_id) == (eye.camera.id, eye.camera.site_id)
    assert detection.status is DetectionStatus.NEW
    assert detection.image.sha256 == hashlib.sha256(crop).hexdigest()
    assert (detection.image.width, detection.image.height) == (48, 64)
    assert await images.get(detection.image.key) == crop


async def test_many_images(api: Any, eye: Any, picture: Make, kept: Count, store: Store) -> None:
    """Several images in one post share the fields and are answered in order."""
    crops = [picture("JPEG"), picture("PNG"), picture("WEBP")]
    answer = await api.client.post(
        "/detections",
        files=[("image", (f"{n}.bin", crop)) for n, crop in enumerate(crops)],
        data={"frame": "f1", "captured_at": "2026-11-22T14:30:00Z"},
        headers=eye.headers,
    )
    assert answer.status_code == 202, answer.text
    assert "Location" not in answer.headers
    entered = answer.json()["detections"]
    found = [await store.detections.get(Id(one["id"])) for one in entered]
    assert [d.image.sha256 for d in found if d] == [hashlib.sha256(c).hexdigest() for c in crops]
    assert [d.image.media_type for d in found if d] == ["image/jpeg", "image/png", "image/webp"]
    assert {d.frame for d in found if d} == {"f1"}
    assert await kept() == (3, 3)


def _deep_png() -> bytes:
    file = io.BytesIO()
    Pillow.new("I;16", (48, 64), 40_000).save(file, "PNG")
    return file.getvalue()


def _turned(make: Make) -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    return make("JPEG", exif=exif)


@pytest.mark.parametrize(
    ("make_crop", "size"),
    [
        pytest.param(lambda make: make(mode="CMYK"), (48, 64), id="CMYK"),
        pytest.param(lambda _: _deep_png(), (48, 64), id="16 bits"),
        pytest.param(_turned, (64, 48), id="turned by EXIF"),
    ],
)
async def test_unusual_images(
    *,
    api: Any,
    eye: Any,
    picture: Make,
    store: Store,
    make_crop: Callable[[Make], bytes],
    size: tuple[int, int],
) -> None:
    """CMYK, 16 bits and EXIF rotation are taken; the size is that of the upright picture."""
    answer = await api.client.post(
        "/detections", files={"image": make_crop(picture)}, headers=eye.headers
    )
    assert answer.status_code == 202, answer.text
    detection = await store.detections.get(Id(answer.json()["detections"][0]["id"]))
    assert detection
    assert (detection.image.width, detection.image.height) == size


async def test_same_key_again(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """The same Idempotency-Key with the same image gives the same detection."""
    crop = picture()
    answers = [
        await api.client.post(
            "/detections", files={"image": crop}, headers={**eye.headers, "Idempotency-Key": "k 1"}
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert await kept() == (1, 1)


async def test_many_at_once(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """Twenty simultaneous posts under one key are one detection and one file."""
    crop = picture()
    headers = {**eye.headers, "Idempotency-Key": "k"}
    answers = await asyncio.gather(
        *(api.client.post("/detections", files={"image": crop}, headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["detections"][0]["id"] for answer in answers}) == 1
    assert await kept() == (1, 1)


async def test_same_bytes_and_time(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """The same bytes at the same time, however it is written, are the same detection."""
    crop = picture()
    ids = set()
    for captured_at in ("2026-11-22T14:00:00Z", "2026-11-22T16:00:00+02:00"):
        answer = await api.client.post(
            "/detections",
            files={"image": crop},
            data={"captured_at": captured_at},
            headers=eye.headers,
        )
        ids.add(answer.json()["detections"][0]["id"])
    assert len(ids) == 1
    assert await kept() == (1, 1)


async def test_other_time_or_none(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """The same bytes at another time, or at no stated time, are detections of their own."""
    crop = picture()
    for data in ({"captured_at": "2026-11-22T14:00:00Z"}, {"captured_at": "2026-11-22T14:00:01Z"}):
        await api.client.post("/detections", files={"image": crop}, data=data, headers=eye.headers)
    for _ in range(2):
        await api.client.post("/detections", files={"image": crop}, headers=eye.headers)
    assert await kept() == (4, 4)


async def test_key_for_another_image(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A key that comes again with another image is refused; the first one stays."""
    headers = {**eye.headers, "Idempotency-Key": "k"}
    await api.client.post("/detections", files={"image": picture()}, headers=headers)
    answer = await api.client.post("/detections", files={"image": picture()}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:usher:problem:idempotency-key-reused"
    assert await kept() == (1, 1)


async def test_key_for_another_batch(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A key that comes again with more, fewer or other images enters none of them."""
    headers = {**eye.headers, "Idempotency-Key": "k"}
    crops = [picture() for _ in range(3)]

    async def post(*chosen: bytes) -> int:
        files = [("image", crop) for crop in chosen]
        answer: httpx.Response = await api.client.post("/detections", files=files, headers=headers)
        return answer.status_code

    assert await post(*crops[:2]) == 202
    assert [await post(*crops), await post(crops[0]), await post(crops[2], crops[1])] == [422] * 3
    assert await post(*crops[:2]) == 202
    assert await kept() == (2, 2)


async def test_key_after_the_same_bytes(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """Bytes and time posted before without a key may be posted again with one."""
    crop, data = picture(), {"captured_at": "2026-11-22T14:00:00Z"}
    for key in ({}, {"Idempotency-Key": "k"}):
        answer = await api.client.post(
            "/detections", files={"image": crop}, data=data, headers={**eye.headers, **key}
        )
        assert answer.status_code == 202
    assert await kept() == (1, 1)


async def test_keys_are_of_a_camera(api: Any, eye: Any, hire: Any, picture: Make) -> None:
    """Two cameras may use the same key for different images."""
    other, ids = await hire(), set()
    for each in (eye, other):
        answer = await api.client.post(
            "/detections",
            files={"image": picture()},
            headers={**each.headers, "Idempotency-Key": "k"},
        )
        ids.add(answer.json()["detections"][0]["id"])
    assert len(ids) == 2


async def test_seen(api: Any, eye: Any, picture: Make, store: Store, clock: Any) -> None:
    """When a camera last posted is noted, but not with each post."""
    times = []
    for wait in (0, 1, 15):
        clock.pass_by(timedelta(seconds=wait))
        await api.client.post("/detections", files={"image": picture()}, headers=eye.headers)
        camera = await store.cameras.get(eye.camera.id)
        assert camera
        assert camera.last_seen_at
        times.append(camera.last_seen_at)
    assert times[0] == times[1] < times[2] == clock()
