"""Reading the body of a post: never more than the limits say, and not for longer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from api.admission import Held
from api.fields import POST_FIELDS, collect, unknown
from api.limits import Limits
from api.multipart import Form, Head, MalformedError, TooLongError, boundary_of
from api.problems import ProblemError

IMAGE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
# Clients that know no better call an image this; what it is, its bytes tell.
_PART_TYPES: Final = IMAGE_TYPES | {"application/octet-stream", ""}
MULTIPART: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Body:
    """What was posted: the images as they came, and the fields beside them, unchecked."""

    crops: tuple[bytes, ...]
    fields: dict[str, str]


def media_type(request: web.Request) -> str:
    """Return the type of the body; aiohttp's own way is slow when there is a boundary."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def check_head(request: web.Request, *, limits: Limits) -> None:
    """Refuse by the headers alone what would be refused later anyway."""
    if "Content-Type" not in request.headers and not request.body_exists:
        raise _no_image()
    kind = media_type(request)
    if kind not in IMAGE_TYPES | {MULTIPART}:
        raise ProblemError(
            "unsupported-media-type",
            f"Post {MULTIPART}, or one image as {', '.join(sorted(IMAGE_TYPES))}.",
            headers={"Accept": ", ".join([MULTIPART, *sorted(IMAGE_TYPES)])},
            close=True,
        )
    length = request.content_length or 0
    if kind == MULTIPART and length > limits.body_bytes:
        raise _too_large(limits)
    if kind in IMAGE_TYPES and length > limits.image_bytes:
        raise _image_too_large(0, limits)


async def read_body(request: web.Request, *, limits: Limits, held: Held) -> Body:
    """Return the body; raise ProblemError when it is too much, too slow or malformed."""
    reading = asyncio.timeout(limits.body_time.total_seconds())
    try:
        async with reading:
            if media_type(request) == MULTIPART:
                return await _form(request, limits=limits, held=held)
            return await _raw(request, limits=limits, held=held)
    except TimeoutError as error:
        if not reading.expired():
            raise
        seconds = limits.body_time.total_seconds()
        raise ProblemError(
            "body-too-slow", f"The body has to arrive within {seconds:g} s.", close=True
        ) from error
    except (MalformedError, web.RequestPayloadError) as error:
        raise ProblemError(
            "body-malformed", "The body is not what its headers say it is.", close=True
        ) from error


async def _raw(request: web.Request, *, limits: Limits, held: Held) -> Body:
    fields: dict[str, str] = {}
    for name, value in request.query.items():
        collect(name, value, fields, POST_FIELDS)
    chunks = []
    async for chunk in request.content.iter_any():
        held.add(len(chunk))
        chunks.append(chunk)
        if held.bytes > limits.image_bytes:
            raise _image_too_large(0, limits)
    return Body((b"".join(chunks),), fields)


async def _counted(
    request: web.Request, *, limits: Limits, held: Held
) -> AsyncGenerator[bytes, None]:
    """Yield the body as it comes; raise ProblemError when it is too much as a whole."""
    async for chunk in request.content.iter_any():
        held.add(len(chunk))
        if held.bytes > limits.body_bytes:
            raise _too_large(limits)
        yield chunk


async def _form(request: web.Request, *, limits: Limits, held: Held) -> Body:
    """Return the images and fields, in whatever order they come."""
    for name in request.query:
        raise unknown(name, frozenset())
    chunks = _counted(request, limits=limits, held=held)
    form = Form(chunks, boundary_of(request.headers["Content-Type"]))
    crops: list[bytes] = []
    fields: dict[str, str] = {}
    parts = 0
    async with aclosing(chunks):
        while head := await form.head():
            parts += 1
            _check_count(parts, "parts", limits.parts)
            if head.name == "image":
                _check_count(len(crops) + 1, "images", limits.images)
                crops.append(await _image(form, head, len(crops), limits))
            elif head.name in POST_FIELDS:
                collect(head.name, await _text(form, head, limits), fields, POST_FIELDS)
            else:
                raise unknown(head.name, POST_FIELDS | {"image"})
    if not crops:
        raise _no_image()
    return Body(tuple(crops), fields)


async def _image(form: Form, head: Head, number: int, limits: Limits) -> bytes:
    if head.media_type not in _PART_TYPES:
        raise ProblemError(
            "image-type-unsupported",
            f"Image {number} comes as {head.media_type[:100]!r}; JPEG, PNG or WebP is wanted.",
            image=number,
        )
    try:
        return await form.body(limits.image_bytes)
    except TooLongError:
        raise _image_too_large(number, limits) from None


async def _text(form: Form, head: Head, limits: Limits) -> str:
    try:
        return (await form.body(limits.field_bytes)).decode()
    except (TooLongError, UnicodeDecodeError):
        raise ProblemError(
            "field-invalid", f"{head.name} is too long, or no text in UTF-8.", field=head.name
        ) from None


def _check_count(count: int, what: str, most: int) -> None:
    if count > most:
        raise ProblemError(
            f"too-many-{what}", f"At most {most} {what} are taken at once.", close=True, limit=most
        )


def _no_image() -> ProblemError:
    return ProblemError(
        "image-missing", "There is no image: send it as the body, or in parts named image."
    )


def _image_too_large(number: int, limits: Limits) -> ProblemError:
    return ProblemError(
        "image-too-large",
        f"Image {number} has more than {limits.image_bytes} bytes.",
        close=True,
        image=number,
        limit=limits.image_bytes,
    )


def _too_large(limits: Limits) -> ProblemError:
    return ProblemError(
        "body-too-large",
        f"The body has more than {limits.body_bytes} bytes; send fewer images at once.",
        close=True,
        limit=limits.body_bytes,
    )
