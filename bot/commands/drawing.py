"""Pictures made for an answer: a strip of faces. Blocking: called off the event loop."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, ImageOps

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Box = tuple[float, float, float, float]

CELL, LABEL, GAP, PER_ROW = 180, 26, 6, 5
TEXT_SIZE = 18
QUALITY = 85
# How much of what is around a face is shown with it: half of its size on every side.
AROUND = 0.5
_PAPER, _INK, _EMPTY = "white", "black", "lightgrey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """One face of a strip: a picture (None: it is gone), where the face is in it, and a label.

    `box` is x, y, width, height in pixels of the upright picture; None shows its middle.
    """

    picture: bytes | None
    label: str
    box: Box | None = None


def strip(portraits: Sequence[Portrait]) -> bytes:
    """Return a JPEG of faces in rows, each with its label below."""
    columns, rows = min(PER_ROW, len(portraits)), -(-len(portraits) // PER_ROW)
    across, down = CELL + GAP, CELL + LABEL + GAP
    sheet = Image.new("RGB", (columns * across + GAP, rows * down + GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT_SIZE)
    for number, portrait in enumerate(portraits):
        row, column = divmod(number, PER_ROW)
        left, top = GAP + column * across, GAP + row * down
        sheet.paste(_cell(portrait), (left, top))
        place = (left + CELL // 2, top + CELL + LABEL // 2)
        draw.text(place, _fitting(portrait.label, font), fill=_INK, font=font, anchor="mm")
    return _jpeg(sheet)


def _cell(portrait: Portrait) -> Image.Image:
    opened = _opened(portrait.picture)
    if opened is None:
        return Image.new("RGB", (CELL, CELL), _EMPTY)
    return opened.resize((CELL, CELL), box=_square(opened.size, portrait.box))


def _opened(picture: bytes | None) -> Image.Image | None:
    """Return a picture upright, or None where there is none that can be opened."""
    if picture is None:
        return None
    try:
        return upright(picture)
    except (OSError, ValueError, SyntaxError):
        return None


def upright(picture: bytes) -> Image.Image:
    """Return the pixels of a picture as its camera was held."""
    with Image.open(io.BytesIO(picture)) as opened:
        return ImageOps.exif_transpose(opened).convert("RGB")


def _square(size: tuple[int, int], box: Box | None) -> tuple[float, float, float, float]:
    """Return the square of a picture that shows a face with some of what is around it."""
    width, height = size
    x, y, w, h = box or (0, 0, width, height)
    around = 1 + 2 * AROUND if box else 1
    side = min(max(w, h) * around, width, height)
    left = min(max(0, x + w / 2 - side / 2), width - side)
    top = min(max(0, y + h / 2 - side / 2), height - side)
    return left, top, left + side, top + side


def _fitting(label: str, font: Font) -> str:
    """Return as much of a label as fits; the font has the letters of Latin-1 alone."""
    text = label.encode("latin-1", "ignore").decode("latin-1").strip()
    while text and font.getlength(text) > CELL:
        text = text[:-1]
    return text


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
