"""What the three image files have in common once their structure is known."""

from dataclasses import dataclass
from typing import Literal

MediaType = Literal["image/jpeg", "image/png", "image/webp"]

MAX_PARTS = 10_000
"""Segments or chunks of one file. A real file has some hundreds; walking millions costs seconds."""


@dataclass(frozen=True, slots=True)
class Container:
    """The structure of an image file, read without decoding a pixel.

    `width` and `height` are as stored; `orientation` is the EXIF value 1 to 8. `parts` joined are
    the same picture without its metadata, so that a decoder meets nothing but pixels.
    """

    media_type: MediaType
    width: int
    height: int
    orientation: int
    parts: tuple[memoryview, ...]

    def plain(self) -> bytes:
        """Give the file without metadata."""
        return b"".join(self.parts)
