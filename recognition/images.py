"""Bytes of strangers in, upright RGB pixels out, or a refusal that says why."""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from recognition import jpeg, png, webp
from recognition.containers import Container, MediaType
from recognition.errors import ImageRefused

MAX_PIXELS = 50_000_000
MAX_SIDE = 1280

_BACKDROP = 127  # what shows through a transparent picture
_UNSUPPORTED = (
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"8BPS", "Photoshop"),
    (0, b"\0\0\1\0", "icon"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (4, b"jP  ", "JPEG 2000"),
    (4, b"ftyp", "HEIC or AVIF"),
)
_DECODERS: dict[MediaType, type[ImageFile]] = {
    "image/jpeg": JpegImageFile,
    "image/png": PngImageFile,
    "image/webp": WebPImageFile,
}
_DECODING_FAILED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What an image is, by its content; `width` and `height` are those of the upright picture."""

    media_type: MediaType
    width: int
    height: int


def inspect(data: bytes, *, max_pixels: int = MAX_PIXELS) -> ImageInfo:
    """Say what these bytes are, from their structure alone: no pixel is decoded.

    Raises ImageRefused. Safe in threads; about 20 microseconds for a crop of 8 kB.
    """
    container = _container(data, max_pixels)
    width, height = container.width, container.height
    if container.orientation > 4:  # noqa: PLR2004 - 5 to 8 swap the axes
        width, height = height, width
    return ImageInfo(container.media_type, width, height)


def decode(
    data: bytes, *, max_side: int = MAX_SIDE, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Decode to upright RGB, (height, width, 3), no side longer than `max_side`.

    Transparent pictures lie on grey, 16 bits are scaled to 8, of an animation the first frame is
    taken. Raises ImageRefused. Safe in threads.
    """
    container = _container(data, max_pixels)
    try:
        pixels = _pixels(container, max_side)
    except _DECODING_FAILED as error:
        raise ImageRefused("truncated", f"the picture cannot be decoded: {error}") from error
    return _upright(_shrink(pixels, max_side), container.orientation)


def _container(data: bytes, max_pixels: int) -> Container:
    container = _read(data)
    pixels = container.width * container.height
    if pixels == 0:
        raise ImageRefused("not_an_image", "a picture without pixels")
    if pixels > max_pixels:
        size = f"{container.width} x {container.height}"
        raise ImageRefused("too_many_pixels", f"{size} pixels; at most {max_pixels} are allowed")
    return container


def _read(data: bytes) -> Container:
    if not data:
        raise ImageRefused("empty", "no bytes")
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.read_jpeg(data)
    if data.startswith(png.SIGNATURE):
        return png.read_png(data)
    if data.startswith(webp.SIGNATURE) and data[8:12] == webp.FORM:
        return webp.read_webp(data)
    for start, magic, name in _UNSUPPORTED:
        if data.startswith(magic, start):
            raise ImageRefused("unsupported_type", f"{name}; send JPEG, PNG or WebP")
    raise ImageRefused("not_an_image", "neither JPEG nor PNG nor WebP")


def _pixels(container: Container, max_side: int) -> NDArray[np.uint8]:
    with _DECODERS[container.media_type](BytesIO(container.plain())) as image:
        _reduce_while_decoding(image, max_side)
        if image.mode.startswith("I"):  # 16 bits of grey
            grey = (np.asarray(image) >> 8).astype(np.uint8)
            return np.repeat(grey[:, :, None], 3, axis=2)
        if image.has_transparency_data:
            return _on_backdrop(np.asarray(image.convert("RGBA")))
        return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _reduce_while_decoding(image: ImageFile, max_side: int) -> None:
    """Let the JPEG decoder skip the detail that would be thrown away: it halves, up to 8 times."""
    shrink = max(image.size) / max_side
    if shrink > 1:
        least = (max(1, int(image.width / shrink)), max(1, int(image.height / shrink)))
        image.draft(image.mode, least)


def _on_backdrop(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    alpha = rgba[:, :, 3:].astype(np.uint16)
    mixed = (rgba[:, :, :3] * alpha + _BACKDROP * (255 - alpha) + 127) // 255
    return mixed.astype(np.uint8)


def _shrink(pixels: NDArray[np.uint8], max_side: int) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    longest = max(height, width)
    if longest <= max_side:
        return pixels
    size = (max(1, round(width * max_side / longest)), max(1, round(height * max_side / longest)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn the stored picture upright (EXIF 2.32, tag 0x0112)."""
    if orientation > 4:  # noqa: PLR2004 - 5 to 8 swap the axes
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)
