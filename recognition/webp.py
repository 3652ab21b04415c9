"""The structure of a WebP file (RFC 9649)."""

import struct
from collections.abc import Iterator

from recognition.containers import MAX_PARTS, Container
from recognition.errors import ImageRefused
from recognition.exif import UPRIGHT, orientation

SIGNATURE = b"RIFF"
FORM = b"WEBP"

_START_CODE = b"\x9d\x01\x2a"
_LOSSLESS_SIGNATURE = 0x2F
_EXIF_PREFIX = b"Exif\0\0"
_FOURTEEN_BITS = 0x3FFF


def read_webp(data: bytes) -> Container:
    """Walk the chunks of a WebP file; refuse one that is shorter than it says."""
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise ImageRefused("truncated", "the WebP file ends before the length that it states")
    view = memoryview(data)[: size + 8]
    found: tuple[int, int] | None = None
    turned = UPRIGHT
    for name, body in _chunks(view):
        found = found or _size(name, body)
        if name == b"EXIF":
            start = len(_EXIF_PREFIX) if body[: len(_EXIF_PREFIX)] == _EXIF_PREFIX else 0
            turned = orientation(body[start:])
    if found is None:
        raise ImageRefused("not_an_image", "a WebP file without a picture")
    return Container("image/webp", *found, turned, (view,))


def _chunks(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    position = 12
    for _ in range(MAX_PARTS):
        if position + 8 > len(view):
            return
        name, length = struct.unpack_from("<4sI", view, position)
        end = position + 8 + length
        if end > len(view):
            raise ImageRefused("truncated", "the WebP file ends inside a chunk")
        yield name, view[position + 8 : end]
        position = end + length % 2
    raise ImageRefused("not_an_image", "a WebP file of too many chunks")


def _size(name: bytes, body: memoryview) -> tuple[int, int]:
    """Read the size from the first chunk, which must be one of the three that state it."""
    try:
        return _READERS[name](body)
    except (KeyError, struct.error) as error:
        raise ImageRefused("not_an_image", "a WebP file that does not start as one") from error


def _lossy(body: memoryview) -> tuple[int, int]:
    if body[3:6] != _START_CODE:
        raise ImageRefused("not_an_image", "a WebP picture without its start code")
    width, height = struct.unpack_from("<HH", body, 6)
    return width & _FOURTEEN_BITS, height & _FOURTEEN_BITS


def _lossless(body: memoryview) -> tuple[int, int]:
    signature, bits = struct.unpack_from("<BI", body)
    if signature != _LOSSLESS_SIGNATURE:
        raise ImageRefused("not_an_image", "a WebP picture without its signature")
    return (bits & _FOURTEEN_BITS) + 1, (bits >> 14 & _FOURTEEN_BITS) + 1


def _extended(body: memoryview) -> tuple[int, int]:
    low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", body, 4)
    return (low_width | high_width << 16) + 1, (low_height | high_height << 16) + 1


_READERS = {b"VP8 ": _lossy, b"VP8L": _lossless, b"VP8X": _extended}
