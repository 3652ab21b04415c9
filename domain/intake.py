"""Taking in crops: nothing is acknowledged before it is on disk and in the journal."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from domain.errors import InvalidError, KeyReusedError
from domain.ids import new_id
from domain.records import Camera, Detection, DetectionStatus, Id, Image
from domain.store import Store

# Clocks of cameras are never quite right; a crop from further ahead than this is refused.
CLOCK_SKEW = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_KEY = re.compile(r"crops/\d{4}/\d\d/\d\d/(?P<id>[0-9a-f]{24})\.(jpg|png|webp)")


class Images(Protocol):
    """The image store."""

    async def put(self, key: str, data: bytes, /) -> None:
        """Keep a picture; it is durable when this returns."""

    async def get(self, key: str, /) -> bytes:
        """Return a picture; raise KeyError when there is none."""

    async def delete(self, keys: Sequence[str], /) -> None:
        """Forget pictures; those that are gone already do not matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What an image is, found without decoding it whole. Pixels."""

    media_type: str
    width: int
    height: int


# Blocks; raises domain.errors.ImageRefusedError when the bytes are no image to work with.
Inspect = Callable[[bytes], ImageFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What a camera posted: one or many crops, and what it says of them."""

    camera: Camera
    crops: tuple[bytes, ...]
    captured_at: datetime | None = None
    track: str | None = None
    frame: str | None = None
    box: tuple[int, int, int, int] | None = None
    idempotency_key: str | None = None


async def receive(
    store: Store, images: Images, inspect: Inspect, *, post: Post, now: datetime
) -> list[Detection]:
    """Enter the crops into the log; return their detections, in order.

    The same idempotency key, or the same bytes of one camera at the same `captured_at`, gives
    the detections that are there already. Raises ImageRefusedError, InvalidError and
    KeyReusedError; then nothing is left behind.
    """
    _check_time(post.captured_at, now)
    facts = await asyncio.to_thread(lambda: [inspect(crop) for crop in post.crops])
    entries = [_entry(post, n, fact, now) for n, fact in enumerate(facts)]
    await _keep(images, {e.image.key: crop for e, crop in zip(entries, post.crops, strict=True)})
    # When this fails nobody knows whether the records are there: the images stay, and those
    # without a record are swept up later.
    kept = await _enter(store, images, post, entries)
    await images.delete([e.image.key for e, k in zip(entries, kept, strict=True) if e.id != k.id])
    return kept


async def _enter(
    store: Store, images: Images, post: Post, entries: Sequence[Detection]
) -> list[Detection]:
    """Enter the records; with an idempotency key the first alone, to see whose key it is."""
    if not post.idempotency_key:
        return await store.detections.enter(entries)
    [first] = await store.detections.enter(entries[:1])
    if _crop_key(post, 0) in first.keys and _body_key(post) not in first.keys:
        await images.delete([entry.image.key for entry in entries])
        raise KeyReusedError("This Idempotency-Key was used before with other images.")
    return [first, *(await store.detections.enter(entries[1:]) if entries[1:] else [])]


async def _keep(images: Images, crops: Mapping[str, bytes]) -> None:
    """Keep all the images, or none."""
    try:
        async with asyncio.TaskGroup() as group:
            for key, crop in crops.items():
                _ = group.create_task(images.put(key, crop))
    except BaseException:
        await asyncio.shield(images.delete([*crops]))
        raise


def _check_time(captured_at: datetime | None, now: datetime) -> None:
    if captured_at and not EARLIEST <= captured_at <= now + CLOCK_SKEW:
        raise InvalidError(
            "captured_at is in the future or before the year 2000; check the camera's clock."
        )


def _entry(post: Post, number: int, facts: ImageFacts, now: datetime) -> Detection:
    crop, id_ = post.crops[number], new_id()
    sha256 = hashlib.sha256(crop).hexdigest()
    return Detection(
        id=id_,
        camera_id=post.camera.id,
        site_id=post.camera.site_id,
        captured_at=post.captured_at or now,
        received_at=now,
        image=Image(
            key=image_key(id_, facts.media_type, now),
            sha256=sha256,
            bytes=len(crop),
            width=facts.width,
            height=facts.height,
            media_type=facts.media_type,
        ),
        status=DetectionStatus.NEW,
        keys=_keys(post, number, sha256),
        track=post.track,
        frame=post.frame,
        box=post.box,
    )


def _keys(post: Post, number: int, sha256: str) -> tuple[str, ...]:
    """Return what makes a second post of this crop the same detection."""
    keys = []
    if post.idempotency_key:
        keys.append(_crop_key(post, number))
        if number == 0:
            keys.append(_body_key(post))
    if post.captured_at:
        keys.append(f"same:{post.captured_at.astimezone(UTC).isoformat()}:{sha256}")
    return tuple(keys)


def _crop_key(post: Post, number: int) -> str:
    return f"key:{post.idempotency_key}:{number}"


def _body_key(post: Post) -> str:
    """Return what tells whether an idempotency key comes with the images it came with before."""
    digest = hashlib.sha256()
    for crop in post.crops:
        digest.update(hashlib.sha256(crop).digest())
    return f"body:{post.idempotency_key}:{digest.hexdigest()}"


def image_key(id_: Id, media_type: str, at: datetime) -> str:
    """Return where the image of a detection is kept: by day, so that folders stay small."""
    return f"crops/{at:%Y/%m/%d}/{id_}.{_SUFFIXES[media_type]}"


def crop_id(key: str) -> Id | None:
    """Return whose image `image_key` keeps there, or None when the key is not of its making."""
    found = _KEY.fullmatch(key)
    return Id(found["id"]) if found else None
