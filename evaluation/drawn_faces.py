"""Faces that nobody has: drawn, for where pictures of people are wanted and nobody's may be shown.

The same number gives the same picture.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

SIDE = 250
# Drawn so much larger and made smaller, which smooths the edges.
_FINE = 3
_QUALITY = 88
_BEARDS, _GLASSES = 0.5, 0.3
BOX = (75.0, 62.0, 100.0, 128.0)
LANDMARKS = ((103.0, 118.0), (147.0, 118.0), (125.0, 142.0), (108.0, 162.0), (142.0, 162.0))

_SKINS = ("#f6d7c3", "#eec1a2", "#dfa67f", "#c68863", "#a4683f", "#7d4b2c", "#5b3620")
_HAIRS = ("#1f1a17", "#3a2618", "#5d3a1d", "#8a5a2b", "#c79a4b", "#9a9a9a", "#d9d4cc", "#8c2f1b")
_GROUNDS = ("#cfe0ea", "#e3dccd", "#d5e3d0", "#ead3d0", "#dcd6ea", "#c9d2d6", "#f0e2bd", "#b9c9c0")
_CLOTHES = ("#2f4858", "#6b4e71", "#3d6b4f", "#a63d40", "#31393c", "#c08a3e", "#486b94", "#7a7265")


@dataclass(frozen=True, slots=True)
class _Looks:
    """What tells one face from another: colours, and how the hair and the rest are drawn."""

    skin: str
    hair: str
    ground: str
    clothes: str
    style: int
    beard: bool
    glasses: bool
    smile: int
    brow: int
    wide: int


def drawn_face(number: int) -> bytes:
    """Return a JPEG of `SIDE` pixels a side: a face at `BOX` (x, y, width, height)."""
    chance = np.random.default_rng([number, SIDE])
    style = int(chance.integers(len(_STYLES)))
    looks = _Looks(
        skin=str(chance.choice(_SKINS)),
        hair=str(chance.choice(_HAIRS)),
        ground=str(chance.choice(_GROUNDS)),
        clothes=str(chance.choice(_CLOTHES)),
        style=style,
        beard=style in _SHORT and bool(chance.random() < _BEARDS),
        glasses=bool(chance.random() < _GLASSES),
        smile=int(chance.integers(2, 9)),
        brow=int(chance.integers(-3, 4)),
        wide=int(chance.integers(-4, 5)),
    )
    big = Image.new("RGB", (SIDE * _FINE, SIDE * _FINE), looks.ground)
    _Pen(ImageDraw.Draw(big), looks).portrait()
    data = io.BytesIO()
    big.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(data, "JPEG", quality=_QUALITY)
    return data.getvalue()


class _Pen:
    """Draws in pixels of the finished picture."""

    def __init__(self, draw: ImageDraw.ImageDraw, looks: _Looks) -> None:
        self._draw = draw
        self._looks = looks

    def round(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """Fill an ellipse."""
        edges = [_FINE * edge for edge in (left, top, right, bottom)]
        self._draw.ellipse(edges, fill=colour)

    def block(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """Fill a rectangle with round corners."""
        edges = [_FINE * edge for edge in (left, top, right, bottom)]
        self._draw.rounded_rectangle(edges, radius=18 * _FINE, fill=colour)

    def curve(self, box: tuple[float, ...], ends: tuple[int, int], colour: str, width: int) -> None:
        """Draw a part of an ellipse, from one angle to another."""
        self._draw.arc([_FINE * edge for edge in box], *ends, fill=colour, width=width * _FINE)

    def portrait(self) -> None:
        """Draw from the back to the front."""
        looks = self._looks
        back, front = _STYLES[looks.style]
        back(self, looks)
        self.round(42, 205, 208, 330, looks.clothes)
        self.block(107, 170, 143, 225, _darker(looks.skin))
        self.round(68, 112, 82, 140, looks.skin)
        self.round(168, 112, 182, 140, looks.skin)
        self.round(75 - looks.wide, 60, 175 + looks.wide, 192, looks.skin)
        if looks.beard:
            self.round(82 - looks.wide, 140, 168 + looks.wide, 193, looks.hair)
            self.round(92, 128, 158, 172, looks.skin)
        self._features()
        front(self, looks)

    def _features(self) -> None:
        """Draw eyes, brows, nose and mouth."""
        looks, ink = self._looks, "#2b2320"
        for x in (103, 147):
            self.round(x - 7, 113, x + 7, 123, "#ffffff")
            self.round(x - 4, 113, x + 4, 122, ink)
            lift = looks.brow if x < SIDE / 2 else -looks.brow
            brow = (x - 13, 101 + lift / 2, x + 13, 117 + lift / 2)
            self.curve(brow, (205, 335), _darker(looks.hair), 4)
            if looks.glasses:
                self.curve((x - 17, 103, x + 17, 133), (0, 360), ink, 2)
        self.curve((116, 122, 134, 147), (20, 160), _darker(looks.skin), 3)
        mouth = (106, 150 - looks.smile, 144, 166 + looks.smile / 2)
        self.curve(mouth, (25, 155), "#a8483f", 4)


_Style = Callable[[_Pen, _Looks], None]


def _nothing(_: _Pen, __: _Looks) -> None:
    """Draw no hair here."""


def _cap(pen: _Pen, looks: _Looks) -> None:
    """Draw short hair over the forehead."""
    pen.curve((70 - looks.wide, 46, 180 + looks.wide, 196), (188, 352), looks.hair, 26)


def _fringe(pen: _Pen, looks: _Looks) -> None:
    """Draw hair that falls to one side."""
    pen.curve((68 - looks.wide, 42, 182 + looks.wide, 180), (180, 318), looks.hair, 34)
    pen.curve((68 - looks.wide, 42, 182 + looks.wide, 200), (300, 358), looks.hair, 18)


def _long(pen: _Pen, looks: _Looks) -> None:
    """Draw hair down to the shoulders, behind the face."""
    pen.block(58, 60, 192, 222, looks.hair)
    pen.round(58, 36, 192, 150, looks.hair)


def _bob(pen: _Pen, looks: _Looks) -> None:
    """Draw hair down to the chin, behind the face."""
    pen.round(56, 38, 194, 184, looks.hair)


def _bun(pen: _Pen, looks: _Looks) -> None:
    """Draw hair that is tied up."""
    pen.round(100, 16, 150, 66, looks.hair)
    pen.round(66, 42, 184, 150, looks.hair)


def _curls(pen: _Pen, looks: _Looks) -> None:
    """Draw curls around the head."""
    for turn in np.linspace(0.95 * np.pi, 2.05 * np.pi, 9):
        x, y = 125 + 56 * np.cos(turn), 112 + 58 * np.sin(turn)
        pen.round(x - 22, y - 22, x + 22, y + 22, looks.hair)


_STYLES: tuple[tuple[_Style, _Style], ...] = (
    (_nothing, _nothing),
    (_nothing, _cap),
    (_bob, _fringe),
    (_long, _fringe),
    (_long, _cap),
    (_bun, _cap),
    (_curls, _nothing),
    (_bob, _cap),
)


_SHORT = {0, 1, 6}


def _darker(colour: str) -> str:
    parts = [int(colour[at : at + 2], 16) * 4 // 5 for at in (1, 3, 5)]
    return "#" + "".join(f"{part:02x}" for part in parts)
