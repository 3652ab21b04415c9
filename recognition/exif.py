"""The one thing of EXIF that matters here: which way is up."""

import struct

UPRIGHT = 1
_ORIENTATION = 0x0112
_SHORT = 3
_ORIENTATIONS = range(1, 9)
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


def orientation(tiff: bytes | memoryview) -> int:
    """Give the orientation 1 to 8 of a TIFF block; 1 where it is missing or makes no sense."""
    try:
        return _find(bytes(tiff))
    except struct.error:
        return UPRIGHT


def _find(tiff: bytes) -> int:
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None:
        return UPRIGHT
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}HH", tiff, entry)
        if tag == _ORIENTATION and kind == _SHORT:
            (value,) = struct.unpack_from(f"{order}H", tiff, entry + 8)
            return value if value in _ORIENTATIONS else UPRIGHT
    return UPRIGHT
