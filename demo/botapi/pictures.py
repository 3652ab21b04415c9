"""Photos as Telegram keeps them: three sizes, ascending, each with a file id of its own."""

import asyncio
import hashlib
import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from demo.botapi.errors import bad_request

# Limits of sendPhoto in the Bot API: bytes; width and height together; ratio of the sides.
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_SIDES = 10_000
MAX_RATIO = 20
# Longest sides of the sizes "s", "m" and "y".
SMALL, MEDIUM, LARGE = 90, 320, 1280


@dataclass(frozen=True)
class Size:
    """One size of a picture; `file_id` is for sending again, `unique_id` for comparing."""

    file_id: str
    unique_id: str
    width: int
    height: int

    @property
    def path(self) -> str:
        """Where it is downloaded; relative, and under no folder a bot is likely to have."""
        return f"photos/{self.unique_id}.jpg"

    def to_api(self) -> dict[str, Any]:
        """Return a PhotoSize."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "width": self.width,
            "height": self.height,
        }


@dataclass(frozen=True)
class Picture:
    """An image as it was uploaded, and its three sizes."""

    key: str
    content: bytes
    sizes: tuple[Size, ...]

    @property
    def largest(self) -> Size:
        """The size that people look at."""
        return self.sizes[-1]


class Pictures:
    """All pictures by file id; sizes are drawn when somebody downloads them."""

    def __init__(self) -> None:
        self._by_file_id: dict[str, tuple[Picture, Size]] = {}
        self._by_unique_id: dict[str, tuple[Picture, Size]] = {}
        self._drawn: dict[str, bytes] = {}

    async def add(self, content: bytes) -> Picture:
        """Keep an upload; a 400 in Telegram's words when it is no picture it would take."""
        if not content:
            raise bad_request("file must be non-empty")
        if len(content) > MAX_PHOTO_BYTES:
            raise bad_request(
                f"file of size {len(content)} bytes is too big for a photo; "
                f"the maximum size is {MAX_PHOTO_BYTES} bytes"
            )
        width, height = await asyncio.to_thread(_measure, content)
        key = hashlib.sha256(content).hexdigest()[:20]
        picture = Picture(key, content, tuple(_sizes(key, width, height)))
        for size in picture.sizes:
            self._by_file_id[size.file_id] = (picture, size)
            self._by_unique_id[size.unique_id] = (picture, size)
        return picture

    def by_file_id(self, file_id: str) -> tuple[Picture, Size] | None:
        """Return the picture that a file id names, and the size."""
        return self._by_file_id.get(file_id)

    async def draw(self, unique_id: str) -> bytes | None:
        """Return the JPEG of one size, or None when there is no such picture."""
        if unique_id not in self._drawn and unique_id in self._by_unique_id:
            picture, size = self._by_unique_id[unique_id]
            self._drawn[unique_id] = await asyncio.to_thread(_draw, picture.content, size)
        return self._drawn.get(unique_id)


def _measure(content: bytes) -> tuple[int, int]:
    """Decode the whole image, so that half a file is refused, and return width and height."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            if sum(image.size) > MAX_SIDES or max(image.size) > MAX_RATIO * min(image.size):
                raise bad_request("PHOTO_INVALID_DIMENSIONS")
            return ImageOps.exif_transpose(image).size
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise bad_request("IMAGE_PROCESS_FAILED") from error


def _sizes(key: str, width: int, height: int) -> Iterator[Size]:
    """Yield three sizes, ascending; a small picture is never enlarged."""
    longest = max(width, height)
    large = min(longest, LARGE)
    medium = min(MEDIUM, max(1, large * 2 // 3))
    small = min(SMALL, max(1, medium // 2))
    for letter, side in (("s", small), ("m", medium), ("y", large)):
        yield Size(
            file_id=f"AgACAgQAAx{letter}{secrets.token_urlsafe(24)}",
            unique_id=f"{key}{letter}",
            width=max(1, round(width * side / longest)),
            height=max(1, round(height * side / longest)),
        )


def _draw(content: bytes, size: Size) -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    if upright.size != (size.width, size.height):
        upright = upright.resize((size.width, size.height))
    drawn = io.BytesIO()
    upright.save(drawn, "JPEG", quality=90)
    return drawn.getvalue()
