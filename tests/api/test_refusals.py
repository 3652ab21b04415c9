"""What is refused leaves an answer that says why, and nothing else."""

import shutil
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api.limits import Limits
from storage.images import ImageStore

Make = Callable[..., bytes]
Count = Callable[[], Awaitable[tuple[int, int]]]
SMALL = Limits(image_bytes=20_000, body_bytes=50_000, images=3, parts=6)


def _bomb() -> bytes:
    """Return a PNG of some hundred bytes that says it has 900 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 90_001))
        + chunk(b"IEND", b"")
    )


BAD_IMAGES: list[tuple[Callable[[Make], bytes], int, str]] = [
    (lambda _: b"", 422, "image-empty"),
    (lambda _: b"hello, this is no image", 422, "image-not-an-image"),
    (lambda make: make()[:-40], 422, "image-truncated"),
    (lambda make: make("GIF"), 415, "image-type-unsupported"),
    (lambda _: _bomb(), 422, "image-too-many-pixels"),
    (lambda make: make() + bytes(20_000), 413, "image-too-large"),
]


def _is_problem(answer: Any, status: int, key: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    problem = answer.json()
    assert problem["type"] == f"urn:usher:problem:{key}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]


async def test_bad_image_raw(serve: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A bad image as the body is refused by its own type and leaves nothing."""
    api = await serve(limits=SMALL)
    for make_crop, status, key in BAD_IMAGES:
        answer = await api.client.post(
            "/detections",
            content=make_crop(picture),
            headers={**eye.headers, "Content-Type": "image/jpeg"},
        )
        _is_problem(answer, status, key)
    assert await kept() == (0, 0)


async def test_bad_image_among_good(serve: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A bad image in a batch is named by its place, and the good ones are not kept either."""
    api = await serve(limits=SMALL)
    for make_crop, status, key in BAD_IMAGES:
        crops = [picture(), make_crop(picture), picture()]
        answer = await api.client.post(
            "/detections", files=[("image", ("a.jpg", crop)) for crop in crops], headers=eye.headers
        )
        _is_problem(answer, status, key)
        assert answer.json()["image"] == 1
    assert await kept() == (0, 0)


async def test_too_large_without_a_length(serve: Any, eye: Any, picture: Make, kept: Count) -> None:
    """An image too large is refused while it comes in, when its length was not said before."""
    api = await serve(limits=SMALL)

    async def chunks() -> AsyncIterator[bytes]:
        yield picture()
        for _ in range(30):
            yield bytes(1_000)

    answer = await api.client.post(
        "/detections", content=chunks(), headers={**eye.headers, "Content-Type": "image/jpeg"}
    )
    _is_problem(answer, 413, "image-too-large")
    assert answer.json()["limit"] == 20_000
    assert await kept() == (0, 0)


async def test_too_much_together(serve: Any, eye: Any, picture: Make, kept: Count) -> None:
    """Images that are small enough one by one may be too much together."""
    api = await serve(limits=SMALL)
    crops = [picture() + bytes(19_000) for _ in range(3)]
    answer = await api.client.post(
        "/detections", files=[("image", ("a.jpg", crop)) for crop in crops], headers=eye.headers
    )
    _is_problem(answer, 413, "body-too-large")
    assert await kept() == (0, 0)


async def test_too_many_images(serve: Any, eye: Any, picture: Make, kept: Count) -> None:
    """One image more than allowed refuses the post."""
    api = await serve(limits=SMALL)
    answer = await api.client.post(
        "/detections", files=[("image", ("a.jpg", picture()))] * 4, headers=eye.headers
    )
    _is_problem(answer, 413, "too-many-images")
    assert await kept() == (0, 0)


async def test_too_many_parts(serve: Any, eye: Any, picture: Make, kept: Count) -> None:
    """Parts are counted, whatever they hold."""
    api = await serve(limits=Limits(parts=3))
    answer = await api.client.post(
        "/detections",
        files={"image": picture()},
        data={"track": "1", "frame": "2", "box": "1,2,3,4"},
        headers=eye.headers,
    )
    _is_problem(answer, 413, "too-many-parts")
    assert await kept() == (0, 0)


async def test_no_image(api: Any, eye: Any, kept: Count) -> None:
    """Fields without an image, an empty form and no body at all say that an image is missing."""
    empty = b"--b--\r\n"
    for options in (
        {"files": {"track": (None, "7")}},
        {"content": empty, "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {},
    ):
        headers = {**eye.headers, **options.pop("headers", {})}  # type: ignore[dict-item]
        answer = await api.client.post("/detections", headers=headers, **options)
        _is_problem(answer, 422, "image-missing")
    assert await kept() == (0, 0)


async def test_wrong_type(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A body of another type is refused with a list of those that are taken."""
    for kind in ("text/plain", "image/gif", "application/json", "multipart/mixed"):
        answer = await api.client.post(
            "/detections", content=picture(), headers={**eye.headers, "Content-Type": kind}
        )
        _is_problem(answer, 415, "unsupported-media-type")
        assert "image/jpeg" in answer.headers["Accept"]
    assert await kept() == (0, 0)


async def test_wrong_type_of_a_part(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A part that says it is no image is not taken for one."""
    answer = await api.client.post(
        "/detections", files={"image": ("a.txt", picture(), "text/plain")}, headers=eye.headers
    )
    _is_problem(answer, 415, "image-type-unsupported")
    assert await kept() == (0, 0)


BAD_FIELDS = [
    ("captured_at", "yesterday"),
    ("captured_at", "2026-11-22"),
    ("captured_at", "2026-11-22T14:32:05"),
    ("captured_at", "20261122T143205Z"),
    ("captured_at", "2026-W47-7T14:32:05Z"),
    ("captured_at", "2026-13-22T14:32:05Z"),
    ("captured_at", "2026-11-22T14:32:05+24:00"),
    ("captured_at", "0001-01-01T00:00:00+23:59"),
    ("captured_at", ""),
    ("track", ""),
    ("track", "x" * 101),
    ("track", "a\nb"),
    ("frame", "a\u0000b"),
    ("frame", "x" * 2_000),
    ("box", "1,2,3"),
    ("box", "1,2,3,-4"),
    ("box", "1,2,3,4.5"),
    ("box", "1, 2, 3, 4"),
]


async def test_bad_field(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A bad value is refused by the name of its field, in a form and in the address."""
    raw = {**eye.headers, "Content-Type": "image/jpeg"}
    for field, value in BAD_FIELDS:
        given = {field: value}
        in_form = await api.client.post(
            "/detections", files={"image": picture()}, data=given, headers=eye.headers
        )
        in_address = await api.client.post(
            "/detections", content=picture(), params=given, headers=raw
        )
        for answer in (in_form, in_address):
            _is_problem(answer, 422, "field-invalid")
            assert answer.json()["field"] == field, given
    assert await kept() == (0, 0)


async def test_impossible_time(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A time in the future or long ago means that the camera's clock is wrong."""
    for when in ("2026-11-22T14:38:00Z", "1999-12-31T23:59:59Z"):
        answer = await api.client.post(
            "/detections",
            files={"image": picture()},
            data={"captured_at": when},
            headers=eye.headers,
        )
        _is_problem(answer, 422, "invalid")
        assert "captured_at" in answer.json()["detail"]
    assert await kept() == (0, 0)


async def test_unknown_field(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A field nobody knows is refused by name, in a form, in an address and as a file."""
    raw = {**eye.headers, "Content-Type": "image/jpeg"}
    answers = [
        await api.client.post(
            "/detections", files={"image": picture()}, data={"trak": "7"}, headers=eye.headers
        ),
        await api.client.post("/detections", files={"trak": picture()}, headers=eye.headers),
        await api.client.post("/detections", content=picture(), params={"trak": "7"}, headers=raw),
        await api.client.post(
            "/detections", files={"image": picture()}, params={"trak": "7"}, headers=eye.headers
        ),
    ]
    for answer in answers:
        _is_problem(answer, 422, "field-unknown")
        assert answer.json()["field"] == "trak"
    assert await kept() == (0, 0)


async def test_doubled_field(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """A field given twice is refused rather than guessed at."""
    answers = [
        await api.client.post(
            "/detections",
            files=[("image", picture()), ("track", (None, "1")), ("track", (None, "2"))],
            headers=eye.headers,
        ),
        await api.client.post(
            "/detections?track=1&track=2",
            content=picture(),
            headers={**eye.headers, "Content-Type": "image/jpeg"},
        ),
    ]
    for answer in answers:
        _is_problem(answer, 422, "field-doubled")
        assert answer.json()["field"] == "track"
    assert await kept() == (0, 0)


MALFORMED = {
    "no form": b"this is no multipart body",
    "no end": b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nabc',
    "other end": b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nabc\r\n--c--\r\n',
    "nested": b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--b--",
    "endless head": b"--b\r\n" + b"X: yyyyyy\r\n" * 1_000 + b"\r\nabc\r\n--b--\r\n",
}


async def test_malformed_form(api: Any, eye: Any, kept: Count) -> None:
    """A body that is not the form it is said to be is refused."""
    headers = {**eye.headers, "Content-Type": "multipart/form-data; boundary=b"}
    for body in MALFORMED.values():
        answer = await api.client.post("/detections", content=body, headers=headers)
        _is_problem(answer, 400, "body-malformed")
    assert await kept() == (0, 0)


async def test_form_without_boundary(api: Any, eye: Any, kept: Count) -> None:
    """A form that does not say where its parts end is refused."""
    answer = await api.client.post(
        "/detections",
        content=b"--b--",
        headers={**eye.headers, "Content-Type": "multipart/form-data"},
    )
    _is_problem(answer, 400, "body-malformed")
    assert await kept() == (0, 0)


async def test_bad_idempotency_key(api: Any, eye: Any, picture: Make, kept: Count) -> None:
    """An Idempotency-Key has 1 to 200 ASCII characters."""
    for key in ("", "x" * 201, "gr\u00fc\u00df"):
        answer = await api.client.post(
            "/detections",
            files={"image": picture()},
            headers={**eye.headers, "Idempotency-Key": key.encode()},
        )
        _is_problem(answer, 422, "idempotency-key-invalid")
    assert await kept() == (0, 0)


async def test_keys_of_cameras(api: Any, hire: Any, picture: Make, kept: Count) -> None:
    """No key, an unknown one and a revoked one are told apart, each with 401."""
    revoked = await hire(revoked=True)
    for headers, key in (
        ({}, "key-missing"),
        ({"Authorization": "Basic dTpw"}, "key-missing"),
        ({"Authorization": "Bearer"}, "key-missing"),
        ({"Authorization": b"Bearer \xff\xfe"}, "key-unknown"),
        ({"Authorization": "Bearer nobody's"}, "key-unknown"),
        (revoked.headers, "key-revoked"),
    ):
        answer = await api.client.post("/detections", files={"image": picture()}, headers=headers)
        _is_problem(answer, 401, key)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert await kept() == (0, 0)


async def test_cookies_do_not_post(
    api: Any, eye: Any, sign_in: Any, picture: Make, kept: Count
) -> None:
    """A session of the panel posts nothing, so that no other page can post in its name."""
    cookie = await sign_in("manager", eye.camera.site_id)
    answer = await api.client.post("/detections", files={"image": picture()}, headers=cookie)
    _is_problem(answer, 401, "key-missing")
    assert await kept() == (0, 0)


async def test_disk_in_the_way(
    serve: Any, eye: Any, picture: Make, kept: Count, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody foresaw is answered 500 with an id, and nothing of why."""

    class Full:
        async def put(self, _key: str, _data: bytes, /) -> None:
            raise OSError(28, "No space left on device")

        async def get(self, key: str, /) -> bytes:
            raise KeyError(key)

        async def delete(self, _keys: Any, /) -> None:
            pass

    api = await serve(images=Full())
    answer = await api.client.post("/detections", files={"image": picture()}, headers=eye.headers)
    _is_problem(answer, 500, "unexpected")
    assert "space" not in answer.text
    [record] = [r for r in caplog.records if r.name == "api.problems"]
    assert answer.json()["error_id"] in record.getMessage()
    assert record.exc_info
    assert await kept() == (0, 0)


class Away(Exception):  # noqa: N818 - what a database driver may raise
    """The database cannot be reached."""


class NoDatabase:
    """A store whose database is away."""

    def __init__(self) -> None:
        self.cameras = self.detections = self

    async def by_key(self, _hash: str) -> None:
        """Fail."""
        raise Away("mongodb://user:secret@host is away")


async def test_database_away(serve: Any, eye: Any, picture: Make) -> None:
    """While the database is away, a camera is asked to come again; it is not told more."""
    api = await serve(store=NoDatabase(), outages=(Away,))
    answer = await api.client.post("/detections", files={"image": picture()}, headers=eye.headers)
    _is_problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "2"
    assert "secret" not in answer.text


async def test_image_store_away(
    serve: Any, eye: Any, picture: Make, kept: Count, tmp_path: Path
) -> None:
    """While images cannot be kept, nothing is taken and a camera is asked to come again."""
    images = ImageStore.open(str(tmp_path / "images"))
    shutil.rmtree(tmp_path / "images")
    (tmp_path / "images").write_text("a file where the folder was")
    api = await serve(images=images)
    answer = await api.client.post("/detections", files={"image": picture()}, headers=eye.headers)
    _is_problem(answer, 503, "images-unavailable")
    assert answer.headers["Retry-After"] == "2"
    assert str(tmp_path) not in answer.text
    assert (await kept())[0] == 0


async def test_unknown_addresses(api: Any, eye: Any) -> None:
    """Unknown addresses and wrong methods are problems as well."""
    _is_problem(await api.client.get("/nothing"), 404, "not-found")
    answer = await api.client.delete("/detections", headers=eye.headers)
    _is_problem(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["Allow"]
