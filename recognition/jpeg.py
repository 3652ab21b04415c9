"""The structure of a JPEG file (ITU-T T.81, annex B)."""

import re
import struct

from recognition.containers import MAX_PARTS, Container
from recognition.errors import ImageRefused
from recognition.exif import UPRIGHT, orientation

SIGNATURE = b"\xff\xd8\xff"
MAX_SCANS = 128
"""A progressive file has some ten scans; thousands of them cost minutes to decode."""

_SOI = b"\xff\xd8"
_EOI, _SOS, _APP0, _APP1, _APP14, _COM = 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xFE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODABLE_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_METADATA = frozenset(range(_APP0, 0xF0)) - {_APP0, _APP14} | {_COM}  # 0 and 14 tell the colours
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_EXIF = b"Exif\0\0"
_BITS = 8


def read_jpeg(data: bytes) -> Container:
    """Walk a JPEG file from its first marker to its last; refuse one that ends too early."""
    return _Walk(data).run()


class _Walk:
    """One pass over the markers of one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._view = memoryview(data)
        self._parts: list[memoryview] = [memoryview(_SOI)]
        self._size: tuple[int, int] | None = None
        self._orientation = UPRIGHT
        self._scans = 0

    def run(self) -> Container:
        position = len(_SOI)
        for _ in range(MAX_PARTS):
            start, marker = self._next(_MARKER, position)
            if marker == _EOI:
                self._parts.append(self._view[start : start + 2])
                return self._result()
            position = start + 2 if marker in _ALONE else self._segment(start, marker)
        raise ImageRefused("not_an_image", "a JPEG file of too many segments")

    def _next(self, pattern: re.Pattern[bytes], position: int) -> tuple[int, int]:
        found = pattern.search(self._data, position)
        if found is None:
            raise ImageRefused("truncated", "the JPEG file ends before its end marker")
        return found.start(), self._data[found.start() + 1]

    def _segment(self, start: int, marker: int) -> int:
        """Take in one segment; give the position after it (and after its scan)."""
        end = self._end(start)
        body = self._view[start + 4 : end]
        if marker in _FRAMES:
            self._frame(marker, body)
        elif marker == _APP1 and body[: len(_EXIF)] == _EXIF:
            self._orientation = orientation(body[len(_EXIF) :])
        if marker == _SOS:
            end = self._scan(end)
        if marker not in _METADATA:
            self._parts.append(self._view[start:end])
        return end

    def _end(self, start: int) -> int:
        try:
            (length,) = struct.unpack_from(">H", self._data, start + 2)
        except struct.error:
            length = len(self._data)
        if length < 2:  # noqa: PLR2004 - the length counts its own two bytes
            raise ImageRefused("not_an_image", "a JPEG segment shorter than its own length")
        end: int = start + 2 + length
        if end > len(self._data):
            raise ImageRefused("truncated", "the JPEG file ends inside a segment")
        return end

    def _frame(self, marker: int, body: memoryview) -> None:
        if marker not in _DECODABLE_FRAMES:
            raise ImageRefused("unsupported_type", "a lossless or hierarchical JPEG file")
        if self._size is not None or len(body) < 6:  # noqa: PLR2004 - precision, two sizes, components
            raise ImageRefused("not_an_image", "a JPEG file with a broken frame header")
        bits, height, width = struct.unpack_from(">BHH", body)
        if bits != _BITS:
            raise ImageRefused("unsupported_type", f"a JPEG file of {bits} bits a sample")
        self._size = (width, height)

    def _scan(self, position: int) -> int:
        self._scans += 1
        if self._scans > MAX_SCANS:
            raise ImageRefused("unsupported_type", f"a JPEG file of more than {MAX_SCANS} scans")
        return self._next(_MARKER_IN_SCAN, position)[0]

    def _result(self) -> Container:
        if self._size is None or not self._scans:
            raise ImageRefused("not_an_image", "a JPEG file without a picture")
        width, height = self._size
        return Container("image/jpeg", width, height, self._orientation, tuple(self._parts))
