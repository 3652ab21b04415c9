"""Pictures made for an answer: strips of faces, numbered boxes. They block: not on the loop."""

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
LARGEST, NUMBER_SIZE = 1280, 30
_PAPER, _INK, _EMPTY, _MARK = "white", "black", "lightgrey", "gold"


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


def boxed(picture: bytes, boxes: Sequence[Box]) -> bytes | None:
    """Return a JPEG of a picture with a numbered box around each face; None if it cannot be read.

    `boxes` are x, y, width, height in pixels of the upright picture.
    """
    shown = _opened(picture)
    if shown is None:
        return None
    scale = min(1.0, LARGEST / max(shown.size))
    shown = shown.resize((round(shown.width * scale), round(shown.height * scale)))
    draw, font = ImageDraw.Draw(shown), ImageFont.load_default(NUMBER_SIZE)
    for number, (x, y, width, height) in enumerate(boxes, 1):
        left, top = x * scale, y * scale
        draw.rectangle((left, top, left + width * scale, top + height * scale), None, _MARK, 3)
        _tag(draw, font, (left, top), str(number))
    return _jpeg(shown)


def _tag(draw: ImageDraw.ImageDraw, font: Font, place: tuple[float, float], text: str) -> None:
    left, top = max(0.0, place[0]), max(0.0, place[1])
    box = draw.textbbox((left + 4, top + 2), text, font=font)
    draw.rectangle((left, top, box[2] + 4, box[3] + 4), _MARK)
    draw.text((left + 4, top + 2), text, fill=_INK, font=font)


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
