"""The log is read back, by those whose business it is."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from domain.ids import new_id
from domain.intake import Images
from domain.records import (
    DetectionStatus,
    Face,
    Match,
    MatchKind,
    Person,
    PersonStatus,
    Rival,
)

Make = Callable[..., bytes]
Enter = Callable[..., Awaitable[Any]]


async def _person(store: Any, clock: Any, **changes: Any) -> Person:
    person = Person(
        id=new_id(),
        number=await store.persons.next_number(),
        status=PersonStatus.UNKNOWN,
        created_at=clock(),
        version=0,
    )
    person = replace(person, **changes)
    await store.persons.add(person)
    return person


async def _ids(api: Any, who: dict[str, str], **params: Any) -> list[str]:
    answer = await api.client.get("/detections", params=params, headers=who)
    assert answer.status_code == 200, answer.text
    return [detection["id"] for detection in answer.json()["detections"]]


async def test_one(
    *, api: Any, eye: Any, enter: Enter, images: Images, picture: Make, store: Any, clock: Any
) -> None:
    """A detection says all that is known of it, and who it is by now; never its embedding."""
    anna = await _person(store, clock, status=PersonStatus.KNOWN, name="Anna")
    stranger = await _person(store, clock, merged_into=anna.id)
    rival, visit, reference = new_id(), new_id(), new_id()
    detection = await enter(
        eye,
        picture(),
        images,
        status=DetectionStatus.CLASSIFIED,
        classified_at=clock(),
        face=Face(
            box=(1.0, 2.0, 30.0, 40.0),
            landmarks=((1.0, 2.0),) * 5,
            score=0.9,
            quality=0.8,
            roll=1.0,
            yaw=2.0,
            pitch=3.0,
            count=1,
        ),
        embedding=np.zeros(128, np.float32),
        model="sface",
        person_id=stranger.id,
        visit_id=visit,
        match=Match(
            kind=MatchKind.MATCH,
            distance=0.2,
            confidence=0.97,
            reference_id=reference,
            runner_up=Rival(person_id=rival, distance=0.6),
        ),
    )
    answer = await api.client.get(f"/detections/{detection.id}", headers=eye.headers)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "embedding" not in answer.text
    shown = answer.json()
    assert shown["status"] == "classified"
    assert shown["received_at"] == "2026-11-22T14:32:05.000Z"
    assert shown["person"] == {
        "id": anna.id,
        "number": anna.number,
        "label": "Anna",
        "name": "Anna",
        "status": "known",
    }
    assert shown["match"] == {
        "kind": "match",
        "distance": 0.2,
        "confidence": 0.97,
        "reference_id": reference,
        "runner_up": {"person_id": rival, "distance": 0.6},
    }
    assert shown["face"]["landmarks"] == [[1.0, 2.0]] * 5
    assert shown["face"]["count"] == 1
    assert shown["visit_id"] == visit
    assert shown["image"] == {
        "url": f"/api/v1/detections/{detection.id}/image",
        "media_type": "image/jpeg",
        "bytes": detection.image.bytes,
        "width": 48,
        "height": 64,
        "sha256": detection.image.sha256,
    }


async def test_pages(api: Any, eye: Any, enter: Enter, images: Images, picture: Make) -> None:
    """Following the cursor gives every detection once, newest first, and then an end."""
    entered = [(await enter(eye, picture(), images)).id for _ in range(7)]
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await api.client.get(
            "/detections", params={"limit": 3, **cursor}, headers=eye.headers
        )
        pages.append([detection["id"] for detection in answer.json()["detections"]])
        if answer.json()["next"] is None:
            break
        cursor = {"cursor": answer.json()["next"]}
    newest_first = entered[::-1]
    assert pages == [newest_first[:3], newest_first[3:6], newest_first[6:]]


async def test_full_last_page(
    api: Any, eye: Any, enter: Enter, images: Images, picture: Make
) -> None:
    """A last page that is full does not promise another one."""
    for _ in range(2):
        await enter(eye, picture(), images)
    answer = await api.client.get("/detections", params={"limit": 2}, headers=eye.headers)
    assert len(answer.json()["detections"]) == 2
    assert answer.json()["next"] is None


async def test_filters(
    *,
    api: Any,
    hire: Any,
    sign_in: Any,
    enter: Enter,
    images: Images,
    picture: Make,
    store: Any,
    clock: Any,
) -> None:
    """Each filter leaves what it names; a person is found under everybody they turned out to be."""
    admin = await sign_in("admin")
    one, two = await hire(), await hire()
    anna = await _person(store, clock)
    merged = await _person(store, clock, merged_into=anna.id)
    old = await enter(one, picture(), images, person_id=merged.id, visit_id=(visit := new_id()))
    clock.pass_by(timedelta(hours=1))
    noon = clock()
    new = await enter(one, picture(), images, person_id=anna.id, status=DetectionStatus.CLASSIFIED)
    bad = await enter(two, picture(), images, status=DetectionStatus.UNUSABLE)
    stamp = noon.isoformat()
    assert await _ids(api, admin) == [bad.id, new.id, old.id]
    assert await _ids(api, admin, site=one.camera.site_id) == [new.id, old.id]
    assert await _ids(api, admin, camera=two.camera.id) == [bad.id]
    assert await _ids(api, admin, person=anna.id) == [new.id, old.id]
    assert await _ids(api, admin, person=merged.id) == [new.id, old.id]
    assert await _ids(api, admin, person=new_id()) == []
    assert await _ids(api, admin, visit=visit) == [old.id]
    assert await _ids(api, admin, status="unusable") == [bad.id]
    assert await _ids(api, admin, status=["unusable", "new"]) == [bad.id, old.id]
    assert await _ids(api, admin, since=stamp) == [bad.id, new.id]
    assert await _ids(api, admin, until=stamp) == [old.id]


BAD_FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"stauts": "new"}, "stauts"),
    ({"status": "fine"}, "status"),
    ({"limit": "0"}, "limit"),
    ({"limit": "201"}, "limit"),
    ({"cursor": "abc"}, "cursor"),
    ({"person": "Anna"}, "person"),
    ({"since": "today"}, "since"),
    ({"limit": ["1", "2"]}, "limit"),
]


async def test_bad_filters(api: Any, eye: Any) -> None:
    """A filter that cannot be meant is refused by name, not passed over."""
    for params, field in BAD_FILTERS:
        answer = await api.client.get("/detections", params=params, headers=eye.headers)
        assert answer.status_code == 422
        assert answer.json()["field"] == field


async def test_cameras_see_their_own(
    *, api: Any, hire: Any, enter: Enter, images: Images, picture: Make, store: Any
) -> None:
    """A camera reads what it posted; what another one posted, even at its site, is not there."""
    mine = await hire()
    site = await store.sites.get(mine.camera.site_id)
    other = await hire(site=site)
    own, foreign = await enter(mine, picture(), images), await enter(other, picture(), images)
    assert await _ids(api, mine.headers) == [own.id]
    assert await _ids(api, mine.headers, camera=other.camera.id) == []
    for suffix in ("", "/image"):
        seen = await api.client.get(f"/detections/{own.id}{suffix}", headers=mine.headers)
        unseen = await api.client.get(f"/detections/{foreign.id}{suffix}", headers=mine.headers)
        assert (seen.status_code, unseen.status_code) == (200, 404)


@pytest.mark.parametrize("role", ["manager", "viewer"])
async def test_accounts_see_their_sites(
    *, api: Any, hire: Any, sign_in: Any, enter: Enter, images: Images, picture: Make, role: str
) -> None:
    """Managers and viewers see their sites; another site looks as if it were empty."""
    here, there = await hire(), await hire()
    own, foreign = await enter(here, picture(), images), await enter(there, picture(), images)
    who = await sign_in(role, here.camera.site_id)
    assert await _ids(api, who) == [own.id]
    assert await _ids(api, who, site=there.camera.site_id) == []
    assert await _ids(api, who, camera=there.camera.id) == []
    for suffix in ("", "/image"):
        seen = await api.client.get(f"/detections/{own.id}{suffix}", headers=who)
        unseen = await api.client.get(f"/detections/{foreign.id}{suffix}", headers=who)
        assert (seen.status_code, unseen.status_code) == (200, 404)


async def test_nobody(
    *,
    api: Any,
    eye: Any,
    hire: Any,
    sign_in: Any,
    enter: Enter,
    images: Images,
    picture: Make,
    clock: Any,
) -> None:
    """Without a key or a session nothing is shown; nor with one that is over."""
    detection = await enter(eye, picture(), images)
    session = await sign_in("admin")
    clock.pass_by(timedelta(days=15))
    revoked = await hire(revoked=True)
    for path in ("", f"/{detection.id}", f"/{detection.id}/image"):
        for headers in ({}, {"Cookie": "usher_session=made-up"}, session, revoked.headers):
            answer = await api.client.get(f"/detections{path}", headers=headers)
            assert answer.status_code == 401
            assert answer.json()["type"].startswith("urn:usher:problem:")


async def test_image(api: Any, eye: Any, enter: Enter, images: Images, picture: Make) -> None:
    """The image comes as it was posted; a browser that has it already gets 304."""
    crop = picture("WEBP")
    detection = await enter(eye, crop, images)
    path = f"/detections/{detection.id}/image"
    answer = await api.client.get(path, headers=eye.headers)
    assert answer.content == crop
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["ETag"] == f'"{detection.image.sha256}"'
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    headers = {**eye.headers, "If-None-Match": f'"old", W/{answer.headers["ETag"]}'}
    again = await api.client.get(path, headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == answer.headers["ETag"]
    head = await api.client.head(path, headers=eye.headers)
    assert (head.status_code, head.content) == (200, b"")


async def test_image_not_kept(
    api: Any, eye: Any, enter: Enter, images: Images, picture: Make
) -> None:
    """An image whose time is over is gone, though its record may be there."""
    detection = await enter(eye, picture(), images)
    await images.delete([detection.image.key])
    answer = await api.client.get(f"/detections/{detection.id}/image", headers=eye.headers)
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:usher:problem:image-gone"


async def test_no_such_detection(api: Any, eye: Any) -> None:
    """An id nobody has, and a text that is no id, are not found."""
    for id_ in (new_id(), "abc"):
        answer = await api.client.get(f"/detections/{id_}", headers=eye.headers)
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:usher:problem:not-found"


async def test_no_secrets_in_the_log(
    api: Any, eye: Any, picture: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """The access log has neither keys nor queries."""
    caplog.set_level("INFO", "aiohttp.access")
    await api.client.get("/detections", params={"limit": "7"}, headers=eye.headers)
    lines = [r.getMessage() for r in caplog.records if r.name == "aiohttp.access"]
    assert lines
    assert lines[0].startswith("GET /api/v1/detections 200")
    assert "limit" not in json.dumps(lines)
    assert eye.key not in json.dumps(lines)
