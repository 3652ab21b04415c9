"""Reading the body of a post: never more than the limits say, and not for longer."""

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from api.admission import Held
from api.fields import POST_FIELDS, collect, unknown
from api.limits import Limits
from api.problems import ProblemError

IMAGE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
# Clients that know no better call an image this; what it is, its bytes tell.
_PART_TYPES: Final = IMAGE_TYPES | {"application/octet-stream"}
MULTIPART: Final = "multipart/form-data"
_CHUNK: Final = 65_536
_MALFORMED: Final = (
    ValueError,
    RuntimeError,
    AssertionError,
    HttpProcessingError,
    web.RequestPayloadError,
)


@dataclass(frozen=True, slots=True)
class Body:
    """What was posted: the images as they came, and the fields beside them, unchecked."""

    crops: tuple[bytes, ...]
    fields: dict[str, str]


def check_head(request: web.Request, *, limits: Limits) -> None:
    """Refuse by the headers alone what would be refused later anyway."""
    if "Content-Type" not in request.headers and not request.body_exists:
        raise _no_image()
    if request.content_type not in IMAGE_TYPES | {MULTIPART}:
        raise ProblemError(
            "unsupported-media-type",
            f"Post {MULTIPART}, or one image as {', '.join(sorted(IMAGE_TYPES))}.",
            headers={"Accept": ", ".join([MULTIPART, *sorted(IMAGE_TYPES)])},
            close=True,
        )
    length = request.content_length or 0
    if request.content_type == MULTIPART and length > limits.body_bytes:
        raise _too_large(limits)
    if request.content_type in IMAGE_TYPES and length > limits.image_bytes:
        raise _image_too_large(0, limits)


async def read_body(request: web.Request, *, limits: Limits, held: Held) -> Body:
    """Return the body; raise ProblemError when it is too much, too slow or malformed."""
    reading = asyncio.timeout(limits.body_time.total_seconds())
    try:
        async with reading:
            if request.content_type == MULTIPART:
                return await _Multipart(request, limits=limits, held=held).read()
            return await _raw(request, limits=limits, held=held)
    except TimeoutError as error:
        if not reading.expired():
            raise
        seconds = limits.body_time.total_seconds()
        raise ProblemError(
            "body-too-slow", f"The body has to arrive within {seconds:g} s.", close=True
        ) from error
    except _MALFORMED as error:
        raise ProblemError(
            "body-malformed", "The body is not what its headers say it is.", close=True
        ) from error


async def _raw(request: web.Request, *, limits: Limits, held: Held) -> Body:
    fields: dict[str, str] = {}
    for name, value in request.query.items():
        collect(name, value, fields, POST_FIELDS)
    crop = bytearray()
    async for chunk in request.content.iter_any():
        held.add(len(chunk))
        crop += chunk
        if len(crop) > limits.image_bytes:
            raise _image_too_large(0, limits)
    return Body((bytes(crop),), fields)


class _Multipart:
    """One multipart body on its way in."""

    def __init__(self, request: web.Request, *, limits: Limits, held: Held) -> None:
        self._request = request
        self._limits = limits
        self._held = held
        self._crops: list[bytes] = []
        self._fields: dict[str, str] = {}

    async def read(self) -> Body:
        """Return the images and fields, in whatever order they come."""
        for name in self._request.query:
            raise unknown(name, frozenset())
        reader = await self._request.multipart()
        parts = 0
        while (part := await reader.next()) is not None:
            parts += 1
            if parts > self._limits.parts:
                raise ProblemError(
                    "too-many-parts",
                    f"At most {self._limits.parts} parts are taken.",
                    close=True,
                    limit=self._limits.parts,
                )
            await self._take(part)
        if not self._crops:
            raise _no_image()
        return Body(tuple(self._crops), self._fields)

    async def _take(self, part: BodyPartReader | MultipartReader) -> None:
        if isinstance(part, MultipartReader):
            raise ProblemError("body-malformed", "Parts within parts are not taken.", close=True)
        if part.name == "image":
            self._crops.append(await self._image(part))
        elif part.name in POST_FIELDS:
            collect(part.name, await self._text(part, part.name), self._fields, POST_FIELDS)
        else:
            raise unknown(part.name or "", POST_FIELDS | {"image"})

    async def _image(self, part: BodyPartReader) -> bytes:
        number = len(self._crops)
        if number == self._limits.images:
            raise ProblemError(
                "too-many-images",
                f"At most {self._limits.images} images are taken at once.",
                close=True,
                limit=self._limits.images,
            )
        kind = part.headers.get("Content-Type", "image/jpeg").partition(";")[0].strip().lower()
        if kind not in _PART_TYPES:
            raise ProblemError(
                "image-type-unsupported",
                f"Image {number} comes as {kind[:100]!r}; JPEG, PNG or WebP is wanted.",
                image=number,
            )
        data = await self._bytes(part, self._limits.image_bytes)
        if data is None:
            raise _image_too_large(number, self._limits)
        return data

    async def _text(self, part: BodyPartReader, name: str) -> str:
        data = await self._bytes(part, self._limits.field_bytes)
        try:
            if data is not None:
                return data.decode()
        except UnicodeDecodeError:
            pass
        raise ProblemError("field-invalid", f"{name} is too long, or no text in UTF-8.", field=name)

    async def _bytes(self, part: BodyPartReader, most: int) -> bytes | None:
        """Return what the part holds, or None when it is more than this."""
        data = bytearray()
        while not part.at_eof():
            chunk = await part.read_chunk(_CHUNK)
            self._held.add(len(chunk))
            data += chunk
            if self._held.bytes > self._limits.body_bytes:
                raise _too_large(self._limits)
            if len(data) > most:
                return None
        return bytes(data)


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
