"""The structure of a PNG file (W3C PNG, third edition)."""

import struct
from collections.abc import Iterator
from zlib import crc32

from recognition.containers import MAX_PARTS, Container
from recognition.errors import ImageRefused
from recognition.exif import UPRIGHT, orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_HEADER = struct.Struct(">IIBBBBB")
_CHECKED = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_KEPT = (*_CHECKED, b"tRNS")
_OVERHEAD = 12  # length, name, checksum


def read_png(data: bytes) -> Container:
    """Walk the chunks of a PNG file to its end; refuse one that ends too early or is damaged."""
    parts = [memoryview(SIGNATURE)]
    names: set[bytes] = set()
    size = (0, 0)
    turned = UPRIGHT
    for name, chunk in _chunks(memoryview(data)):
        if not names or name == b"IHDR":
            size = _size(name, chunk, first=not names)
        if name == b"eXIf":
            turned = orientation(chunk[8:-4])
        if name in _KEPT:
            parts.append(chunk)
        names.add(name)
    if b"IDAT" not in names:
        raise ImageRefused("not_an_image", "a PNG file without a picture")
    return Container("image/png", *size, turned, tuple(parts))


def _chunks(view: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    position = len(SIGNATURE)
    for _ in range(MAX_PARTS):
        if position + _OVERHEAD > len(view):
            break
        (length,) = struct.unpack_from(">I", view, position)
        end = position + _OVERHEAD + length
        if end > len(view):
            break
        chunk = view[position:end]
        name = bytes(chunk[4:8])
        _check(name, chunk)
        yield name, chunk
        if name == b"IEND":
            return
        position = end
    raise ImageRefused("truncated", "the PNG file ends before its last chunk")


def _check(name: bytes, chunk: memoryview) -> None:
    (stated,) = struct.unpack_from(">I", chunk, len(chunk) - 4)
    if name in _CHECKED and crc32(chunk[4:-4]) != stated:
        raise ImageRefused("truncated", f"the PNG file is damaged in {name.decode()}")


def _size(name: bytes, chunk: memoryview, *, first: bool) -> tuple[int, int]:
    if not first or name != b"IHDR" or len(chunk) != _HEADER.size + _OVERHEAD:
        raise ImageRefused("not_an_image", "a PNG file without its header in its place")
    width, height, *_ = _HEADER.unpack_from(chunk, 8)
    return width, height
