"""Photos that a form brings: few, of a bounded size, and none before the form is known as ours.

A door that says `largest` takes such forms. The token stands before everything else in them, so
that nothing of a form that another site has sent is kept. A part is read as it comes: whoever sends
more than is taken is told so before it fills the memory.
"""

import asyncio
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web
from multidict import MultiDict

from admin_web.security import CSRF_FIELD, check_csrf, check_token
from domain.errors import InvalidError, UsherError

# Forms carry a name or a password; so much text a form with photos may carry as well.
LARGEST_FORM = 32 * 1024
LARGEST_PHOTO = 12 * 1024 * 1024
MOST_PHOTOS = 20
# What a door takes that is for one photo, and for as many as one may choose.
ONE_PHOTO = LARGEST_PHOTO + LARGEST_FORM
MANY_PHOTOS = MOST_PHOTOS * LARGEST_PHOTO + LARGEST_FORM
# So many such forms are in memory at a time, each for so long at most while it comes.
MOST_READING = 3
READING_SECONDS = 300
_MOST_FIELDS = 200
_KINDS = ((b"\xff\xd8\xff", 0), (b"\x89PNG\r\n\x1a\n", 0), (b"WEBP", 8))
_PHONE_KINDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")


class TooLargeError(UsherError):
    """More than a form may carry; the text says what to do."""

    key = "too-large"


@dataclass(frozen=True, slots=True)
class Photo:
    """A file of a form: what its sender calls it, and its bytes."""

    name: str
    data: bytes = field(repr=False)


Form = MultiDict[str | Photo]
FORM: web.RequestKey[Form] = web.RequestKey("form", MultiDict)
UPLOADING = web.AppKey("uploading", asyncio.Semaphore)


async def read_form(request: web.Request, *, largest: int, secret: str) -> Form:
    """Return a form with its files, of at most `largest` bytes.

    Raises NotAllowedError unless the token bound to `secret` comes first, TooLargeError, and
    InvalidError for what is no form.
    """
    if (request.content_length or 0) > largest:
        raise _too_many()
    if request.content_type != "multipart/form-data":
        await check_csrf(request, secret)
        return Form([(k, v) for k, v in (await request.post()).items() if isinstance(v, str)])
    try:
        async with asyncio.timeout(READING_SECONDS):
            return await _Reading(request, largest, secret).read()
    except TimeoutError as error:
        raise InvalidError(
            "The photos took too long to arrive. Please send fewer at once."
        ) from error
    except (ValueError, LookupError) as error:
        raise InvalidError("This form cannot be read.") from error


class _Reading:
    """One form being read, part by part."""

    def __init__(self, request: web.Request, largest: int, secret: str) -> None:
        self._request = request
        self._left = largest
        self._secret = secret
        self._text = LARGEST_FORM
        self._form = Form()

    async def read(self) -> Form:
        async for part in await self._request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise InvalidError("This form cannot be read.")
            if not self._form:
                await self._check_token(part)
            else:
                await self._take(part.name, part)
        if not self._form:
            check_token(None, self._secret)
        return self._form

    async def _check_token(self, part: BodyPartReader) -> None:
        """Take the first part, which has to be the token."""
        given = await self._words(part) if part.name == CSRF_FIELD else None
        check_token(given, self._secret)
        self._form.add(CSRF_FIELD, given or "")

    async def _take(self, name: str, part: BodyPartReader) -> None:
        if len(self._form) >= _MOST_FIELDS:
            raise _too_many()
        if part.filename is None:
            self._form.add(name, await self._words(part))
            return
        photo = Photo(_plain(part.filename), await self._photo(part))
        if not photo.name and not photo.data:
            return  # nothing was chosen
        self._form.add(name, photo)
        if sum(isinstance(value, Photo) for value in self._form.values()) > MOST_PHOTOS:
            raise _too_many()

    async def _words(self, part: BodyPartReader) -> str:
        data = await self._bytes(part, self._text)
        if data is None:
            raise _too_many()
        self._text -= len(data)
        return data.decode()

    async def _photo(self, part: BodyPartReader) -> bytes:
        data = await self._bytes(part, LARGEST_PHOTO)
        if data is None:
            raise TooLargeError(
                "{name} is larger than {limit} MB. Please send it smaller: as an ordinary photo, "
                "not the original.",
                name=_plain(part.filename) or "This photo",
                limit=LARGEST_PHOTO // 2**20,
            )
        return data

    async def _bytes(self, part: BodyPartReader, most: int) -> bytes | None:
        """Return what a part holds; None as soon as it is more than `most`."""
        data = bytearray()
        while chunk := await part.read_chunk(2**16):
            self._left -= len(chunk)
            if self._left < 0:
                raise _too_many()
            data += chunk
            if len(data) > most:
                return None
        return bytes(data)


def _too_many() -> TooLargeError:
    return TooLargeError(
        "That is too much at once. Please send at most {most} photos of {limit} MB each.",
        most=MOST_PHOTOS,
        limit=LARGEST_PHOTO // 2**20,
    )


def _plain(name: str | None) -> str:
    """Return the name of a file without its folders, short enough for a sentence."""
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:80]


def photos_in(form: Form, name: str = "photos") -> list[Photo]:
    """Return the files of a field; none where nothing was chosen."""
    return [value for value in form.getall(name, []) if isinstance(value, Photo)]


def chosen_photos(form: Form) -> list[Photo]:
    """Return the photos of a form; raise InvalidError where none was chosen."""
    photos = photos_in(form)
    if not photos:
        raise InvalidError("Please choose a photo first.")
    return photos


def require_readable(photo: Photo) -> None:
    """Raise InvalidError, with what to do, for what is no picture that can be read."""
    if wrong := _what_is_wrong(photo):
        raise InvalidError("{wrong}", wrong=wrong)


def _what_is_wrong(photo: Photo) -> str:
    """Say why a file is no picture that can be read, by how it begins; nothing where it may be."""
    data, name = photo.data, photo.name or "This file"
    if not data:
        return f"{name} is empty. Please choose it again."
    if any(data.startswith(magic, start) for magic, start in _KINDS):
        return ""
    if data[4:8] == b"ftyp" and data[8:12] in _PHONE_KINDS:
        return (
            f"{name} is in a format of phones (HEIC or AVIF) that cannot be read here. "
            "Please save it as JPEG, or send a screenshot of it."
        )
    return f"{name} is no photo that can be read here. Please choose JPEG, PNG or WebP."
