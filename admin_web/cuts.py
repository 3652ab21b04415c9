"""Small pictures cut out of larger ones: a face, or the whole photo, upright."""

from io import BytesIO

from PIL import Image, ImageOps

SIDE = 320
_DECODED = 1280
_MARGIN = 0.35


def cut(data: bytes, *, width: int, box: tuple[float, float, float, float] | None) -> bytes:
    """Return a JPEG of a photo, of at most SIDE a side; of a face in it where a box is given.

    The box (left, top, width, height) is in pixels of the upright photo, which is `width` wide.
    Blocks for some 20 ms.
    """
    with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
        image.draft("RGB", (_DECODED, _DECODED))
        picture = ImageOps.exif_transpose(image).convert("RGB")
    if box:
        picture = picture.crop(_around(box, picture.width / width))
    picture.thumbnail((SIDE, SIDE))
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _around(
    box: tuple[float, float, float, float], scale: float
) -> tuple[float, float, float, float]:
    """Return a square around a face, with some of what is beside it."""
    left, top, width, height = (value * scale for value in box)
    half = max(width, height) * (0.5 + _MARGIN)
    x, y = left + width / 2, top + height / 2
    return x - half, y - half, x + half, y + half
