"""Dark glasses to be drawn before the eyes of a face, and clear ones, which cover nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.sheet import MIDDLE, Draw, Floats, Sheet, X, Y, colour, noise, oval
from recognition.alignment import ARCFACE_TEMPLATE

_EYES = ARCFACE_TEMPLATE[:2]


@dataclass(frozen=True, slots=True)
class Style:
    """A kind of glasses, in pixels of the template: half a lens, its form, where it hangs."""

    wide: tuple[float, float]
    high: tuple[float, float]
    square: tuple[float, float]
    drop: tuple[float, float]
    slant: float = 0.0
    """How far the outer half of a lens hangs lower (aviator) or is drawn up (cat)."""


SQUARE = Style((14, 18), (9, 13), (2.6, 5), (1, 4))
AVIATOR = Style((14, 18), (12, 16), (2.0, 2.6), (3, 7), slant=3.0)
WRAPPED = Style((17, 21), (8, 12), (2.2, 3.5), (0, 3), slant=-2.0)
ROUND = Style((11, 15), (11, 15), (2.0, 2.1), (1, 4))
CAT = Style((14, 17), (10, 13), (2.2, 3), (1, 4), slant=-4.0)
LARGE = Style((18, 21), (15, 19), (2.2, 3.2), (3, 7))


def _lenses(style: Style, rng: np.random.Generator) -> list[Floats]:
    wide, high = rng.uniform(*style.wide), rng.uniform(*style.high)
    square, drop = rng.uniform(*style.square), rng.uniform(*style.drop)
    lenses = []
    for (x, y), side in zip(_EYES.tolist(), (-1, 1), strict=True):
        lens = oval(x + side * 1.5, y + drop, wide, high, square)
        lens[:, 1] += style.slant * side * (lens[:, 0] - x) / wide
        lenses.append(lens)
    return lenses


def _frame(sheet: Sheet, lenses: list[Floats], rng: np.random.Generator, colour: Floats) -> None:
    thick = rng.uniform(0.6, 2.6)
    for lens, side in zip(lenses, (-1, 1), strict=True):
        sheet.paint(sheet.lines(lens, thick, closed=True), colour)
        y = float(lens[:, 1].mean()) - 3
        outer = float(lens[:, 0].min() if side < 0 else lens[:, 0].max())
        earpiece = [(outer, y), (MIDDLE + side * 54, y + rng.uniform(-3, 2))]
        sheet.paint(sheet.lines(np.array(earpiece, np.float32), thick), colour)
    y = float(lenses[0][:, 1].mean()) - rng.uniform(1, 5)
    bridge = [(float(lenses[0][:, 0].max()), y), (float(lenses[1][:, 0].min()), y)]
    sheet.paint(sheet.lines(np.array(bridge, np.float32), thick), colour)


def _glass(rng: np.random.Generator, tint: Floats) -> Floats:
    """Give dark glass (s, s, 3): lighter below or not, with reflections of what is before it."""
    graded = tint * (1 + rng.uniform(0, 1.4) * ((Y - 40) / 30).clip(0, 1))[..., None]
    mirrored = (noise(rng, (10, 10)) - rng.uniform(0.2, 1.5)).clip(0, None) * rng.uniform(0, 60)
    shine = np.exp(
        -(((X + Y * rng.uniform(-1, 1) - rng.uniform(20, 140)) / rng.uniform(2, 8)) ** 2)
    )
    light = mirrored + shine * rng.uniform(0, 110) * (rng.random() < 0.5)  # noqa: PLR2004
    return np.asarray((graded + light[..., None]).clip(0, 255), np.float32)


def _sunglasses(style: Style, tint: Callable[[np.random.Generator], Floats]) -> Draw:
    def draw(sheet: Sheet, rng: np.random.Generator) -> None:
        lenses = _lenses(style, rng)
        glass = _glass(rng, tint(rng))
        dense = np.float32(rng.uniform(0.72, 1.0))
        for lens in lenses:
            sheet.paint(sheet.area(lens) * dense, glass)
        _frame(sheet, lenses, rng, colour(rng, 5, 120) * np.float32(rng.choice([0.2, 1.0, 1.6])))

    return draw


def _dark(rng: np.random.Generator) -> Floats:
    grey = rng.uniform(4, 52)
    return np.asarray(grey + rng.normal(0, 5, 3), np.float32).clip(0, 80)


def _brown(rng: np.random.Generator) -> Floats:
    return np.array([70, 42, 22], np.float32) * np.float32(rng.uniform(0.4, 1.1))


def _mirror(rng: np.random.Generator) -> Floats:
    tints = np.array([[30, 70, 140], [130, 80, 20], [40, 110, 90], [110, 40, 110]], np.float32)
    return np.asarray(tints[rng.integers(len(tints))] * rng.uniform(0.6, 1.3), np.float32)


def spectacles(sheet: Sheet, rng: np.random.Generator) -> None:
    """Put on glasses that the eyes are seen through: they cover nothing."""
    style = (SQUARE, AVIATOR, ROUND, CAT)[int(rng.integers(4))]
    lenses = _lenses(style, rng)
    for lens in lenses:
        clear = np.float32(rng.uniform(0, 0.12))
        sheet.paint(sheet.area(lens) * clear, _glass(rng, colour(rng, 60, 200)))
    _frame(sheet, lenses, rng, colour(rng, 5, 200) * np.float32(rng.choice([0.2, 1.0])))


GLASSES: Mapping[str, Draw] = {
    "square dark": _sunglasses(SQUARE, _dark),
    "aviator dark": _sunglasses(AVIATOR, _dark),
    "aviator brown": _sunglasses(AVIATOR, _brown),
    "wrapped dark": _sunglasses(WRAPPED, _dark),
    "wrapped mirror": _sunglasses(WRAPPED, _mirror),
}
GLASSES_HELD_BACK: Mapping[str, Draw] = {
    "round dark": _sunglasses(ROUND, _dark),
    "cat brown": _sunglasses(CAT, _brown),
    "large dark": _sunglasses(LARGE, _dark),
    "large mirror": _sunglasses(LARGE, _mirror),
}
