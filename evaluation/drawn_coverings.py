"""Masks, scarves, hands and glasses drawn onto photographed faces, as a camera would see them.

Everything is drawn on a sheet whose coordinates are those of the ArcFace template (112 x 112, see
recognition/alignment.py) with a margin, and laid onto the picture by the face's own landmarks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognition.alignment import ARCFACE_TEMPLATE, FACE_SIDE, similarity

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

_MARGIN = 44  # of the template's pixels around it: a mask goes below the chin, an earpiece beyond
_FINE = 1.0  # pixels of the sheet for one of the template
_SIDE = int((FACE_SIDE + 2 * _MARGIN) * _FINE)
_MIDDLE = 56.0  # of the template: where the nose is of who looks straight ahead
_EYES = ARCFACE_TEMPLATE[:2]
_MOST_TURNED = 14.0
_HEAD = 46.0  # half a head's width


@dataclass(slots=True)
class Sheet:
    """Colour (s, s, 3) 0 to 255 and how much it hides (s, s) 0 to 1; `turn` shifts the nose."""

    colour: Floats
    hides: Floats
    turn: float

    @classmethod
    def empty(cls, turn: float) -> "Sheet":
        """Give a sheet that hides nothing."""
        return cls(np.zeros((_SIDE, _SIDE, 3), np.float32), np.zeros((_SIDE, _SIDE), np.float32), turn)

    def points(self, template: Floats) -> NDArray[np.int32]:
        """Give points (k, 2) of the template as pixels of the sheet, turned with the head."""
        depth = 1 - np.clip(np.abs(template[:, 0] - _MIDDLE) / _HEAD, 0, 1) ** 2
        turned = template + np.stack([self.turn * depth, np.zeros_like(depth)], axis=1)
        return np.round((turned + _MARGIN) * _FINE).astype(np.int32)

    def area(self, template: Floats) -> Floats:
        """Give the inside of an outline as a layer (s, s) of 0 and 1."""
        layer = np.zeros((_SIDE, _SIDE), np.float32)
        cv2.fillPoly(layer, [self.points(template)], 1.0, cv2.LINE_AA)
        return layer

    def lines(self, template: Floats, width: float, *, closed: bool = False) -> Floats:
        """Give a line along points as a layer (s, s) of 0 and 1."""
        layer = np.zeros((_SIDE, _SIDE), np.float32)
        thick = max(1, round(width * _FINE))
        cv2.polylines(layer, [self.points(template)], closed, 1.0, thick, cv2.LINE_AA)
        return layer

    def paint(self, layer: Floats, colour: Floats) -> None:
        """Lay a colour, (3,) or (s, s, 3), over what is there, as thick as the layer says."""
        self.colour += layer[..., None] * (colour - self.colour)
        self.hides = 1 - (1 - self.hides) * (1 - layer)


Draw = Callable[[Sheet, np.random.Generator], None]


def wear(
    picture: Picture, landmarks: Floats, draw: Draw, rng: np.random.Generator
) -> Picture:
    """Draw a covering onto the face of a picture (h, w, 3) with these landmarks (5, 2)."""
    matrix = similarity(landmarks, ARCFACE_TEMPLATE)
    nose = float(matrix[0] @ [*landmarks[2], 1.0])
    sheet = Sheet.empty(float(np.clip(nose - _MIDDLE, -_MOST_TURNED, _MOST_TURNED)))
    draw(sheet, rng)
    return _lay(picture, sheet, matrix, rng)


def _lay(picture: Picture, sheet: Sheet, matrix: Floats, rng: np.random.Generator) -> Picture:
    """Lay a sheet onto a picture, lit as the face below it is, with a soft edge."""
    onto = matrix.astype(np.float64).copy()
    onto[:, 2] += _MARGIN
    onto = np.vstack([onto * _FINE, [0, 0, 1]])
    back = np.linalg.inv(onto)[:2]
    size = (picture.shape[1], picture.shape[0])
    soft = rng.uniform(0.6, 1.6) * max(1.0, float(np.hypot(onto[0, 0], onto[0, 1])))
    hides, premultiplied = (
        cv2.warpAffine(cv2.GaussianBlur(layer, (0, 0), soft), back, size)
        for layer in (sheet.hides, sheet.colour * sheet.hides[..., None])
    )
    lit = _light(picture, 12 / float(np.hypot(matrix[0, 0], matrix[0, 1])), hides, rng)
    laid = picture * (1 - hides[..., None]) + premultiplied * lit[..., None]
    return np.clip(laid, 0, 255).astype(np.uint8)


def _light(picture: Picture, reach: float, hides: Floats, rng: np.random.Generator) -> Floats:
    """Give how bright the light is on each pixel, relative to a well-lit white."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (width // 4 + 1, height // 4 + 1), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), reach / 4)
    grey = cv2.resize(blurred, (width, height)).astype(np.float32)
    under = float((grey * hides).sum() / max(float(hides.sum()), 1.0)) or 1.0
    falls = (grey / np.float32(under)).clip(0.3, 1.7) ** np.float32(rng.uniform(0.3, 1.0))
    overall = np.clip(under / 150, 0.25, 1.25) * rng.uniform(0.8, 1.2)
    return np.asarray(falls * overall, dtype=np.float32)


def _outline(points: list[tuple[float, float]], rng: np.random.Generator, jitter: float) -> Floats:
    """Give a round outline through moved corner points (Chaikin's corner cutting, 1974)."""
    line = np.array(points, np.float32)
    line += rng.normal(0, jitter, line.shape).astype(np.float32)
    for _ in range(3):
        after = np.roll(line, -1, axis=0)
        line = np.stack([0.75 * line + 0.25 * after, 0.25 * line + 0.75 * after], axis=1)
        line = line.reshape(-1, 2).astype(np.float32)
    return line


def _noise(rng: np.random.Generator, cells: tuple[int, int]) -> Floats:
    """Give smooth noise (s, s) of mean 0 and deviation about 1, with so many bumps each way."""
    coarse = rng.normal(0, 1, cells).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.float32)


def _grid() -> tuple[Floats, Floats]:
    """Give x and y of the template for each pixel of the sheet."""
    along = (np.arange(_SIDE, dtype=np.float32) + 0.5) / np.float32(_FINE) - _MARGIN
    x, y = np.meshgrid(along, along)
    return x, y


_X, _Y = _grid()


def _cloth(rng: np.random.Generator, base: Floats, crumpled: float) -> Floats:
    """Give a plain cloth (s, s, 3): its colour, rounded over the face, creased and woven."""
    rounded = 1 - 0.35 * rng.uniform(0.2, 1) * ((_X - _MIDDLE) / _HEAD) ** 2
    creased = crumpled * (0.06 * _noise(rng, (14, 6)) + 0.05 * _noise(rng, (5, 5)))
    woven = 0.03 * rng.normal(0, 1, (_SIDE, _SIDE))
    return np.asarray(base * (rounded + creased + woven)[..., None], dtype=np.float32)


def _pleats(rng: np.random.Generator, top: float) -> Floats:
    """Give the shadows of a surgical mask's folds (s, s), 0 to 1."""
    bent = _Y - rng.uniform(-0.006, 0.002) * (_X - _MIDDLE) ** 2
    shadows = np.zeros_like(bent)
    for fold in range(int(rng.integers(2, 5))):
        at = top + 12 + fold * rng.uniform(8, 13)
        shadows += np.exp(-(((bent - at) / rng.uniform(0.7, 1.8)) ** 2))
    return np.asarray(shadows.clip(0, 1), np.float32)


def _colour(rng: np.random.Generator, low: float = 10, high: float = 240) -> Floats:
    return rng.uniform(low, high, 3).astype(np.float32)


def _mask_outline(rng: np.random.Generator, top: float, *, chin: float, wide: float) -> Floats:
    side = rng.uniform(2, 9)  # how much lower a mask begins on the cheeks than on the nose
    left, right = _MIDDLE - wide, _MIDDLE + wide
    return _outline(
        [
            (left, top + side + 2),
            (_MIDDLE - 18, top + side * 0.5),
            (_MIDDLE, top - 3),
            (_MIDDLE + 18, top + side * 0.5),
            (right, top + side + 2),
            (right - 5, 98),
            (_MIDDLE + 20, chin),
            (_MIDDLE, chin + 4),
            (_MIDDLE - 20, chin),
            (left + 5, 98),
        ],
        rng,
        1.3,
    )


def _mask(sheet: Sheet, rng: np.random.Generator, cloth: Floats, top: float) -> None:
    """Put on a mask of some cloth, with its loops to the ears."""
    wide, chin = rng.uniform(37, 46), rng.uniform(112, 126)
    if rng.random() < 0.7:  # noqa: PLR2004 - the loops of the others are hidden by hair
        for side in (-1, 1):
            for height in (top + 6, 98):
                ear = [(_MIDDLE + side * wide * 0.9, height), (_MIDDLE + side * 54, 62)]
                sheet.paint(sheet.lines(np.array(ear, np.float32), 1.2), _colour(rng, 150, 250))
    sheet.paint(sheet.area(_mask_outline(rng, top, chin=chin, wide=wide)), cloth)


def _nose_top(rng: np.random.Generator) -> float:
    return float(rng.uniform(55, 70))


_SURGICAL = np.array(
    [[150, 195, 225], [120, 180, 200], [140, 200, 190], [225, 230, 232], [35, 36, 40], [190, 170, 200]],
    np.float32,
)


def surgical(sheet: Sheet, rng: np.random.Generator) -> None:
    """A pleated mask: blue, green, white, black or lilac."""
    top = _nose_top(rng)
    base = _SURGICAL[rng.integers(len(_SURGICAL))] + rng.normal(0, 8, 3).astype(np.float32)
    cloth = _cloth(rng, base, rng.uniform(0.2, 1))
    cloth *= 1 - np.float32(rng.uniform(0.08, 0.3)) * _pleats(rng, top)[..., None]
    _mask(sheet, rng, cloth, top)


def cloth(sheet: Sheet, rng: np.random.Generator) -> None:
    """A plain mask of cloth in any colour, dark ones more often, some with a seam."""
    top = _nose_top(rng)
    base = _colour(rng) * np.float32(rng.choice([0.25, 0.6, 1.0]))
    made = _cloth(rng, base, rng.uniform(0.3, 1.5))
    if rng.random() < 0.4:  # noqa: PLR2004 - a seam down the middle
        seam = np.exp(-(((_X - _MIDDLE - sheet.turn) / 1.2) ** 2))
        made *= 1 - np.float32(0.3) * seam[..., None].astype(np.float32)
    _mask(sheet, rng, made, top)


def striped(sheet: Sheet, rng: np.random.Generator) -> None:
    """A mask of two colours: stripes, checks, or a print of blots."""
    top, period = _nose_top(rng), rng.uniform(4, 16)
    angle = rng.uniform(0, np.pi)
    wave = np.sin((_X * np.cos(angle) + _Y * np.sin(angle)) * 2 * np.pi / period)
    other = np.sin((_Y * np.cos(angle) - _X * np.sin(angle)) * 2 * np.pi / period)
    blots = _noise(rng, (20, 20))
    drawn = [wave, wave * other, blots][int(rng.integers(3))]
    share = (drawn > rng.uniform(-0.3, 0.5))[..., None].astype(np.float32)
    made = _cloth(rng, _colour(rng), 0.6) * share + _cloth(rng, _colour(rng), 0.6) * (1 - share)
    _mask(sheet, rng, made, top)


def scarf(sheet: Sheet, rng: np.random.Generator) -> None:
    """A scarf or a collar pulled over mouth and nose, wide of the face."""
    top = rng.uniform(62, 78)
    outline = _outline(
        [(-14, top + 16), (22, top + 3), (56, top), (90, top + 3), (126, top + 16), (130, 150), (-18, 150)],
        rng,
        2.5,
    )
    made = _cloth(rng, _colour(rng) * np.float32(rng.choice([0.3, 0.7, 1.0])), 2.0)
    made *= (1 + 0.15 * np.sin(_Y / rng.uniform(2, 6) + 0.4 * _noise(rng, (4, 4))))[..., None]
    sheet.paint(sheet.area(outline), made.astype(np.float32))


def respirator(sheet: Sheet, rng: np.random.Generator) -> None:
    """A cup or a beak (FFP2) with a ridge down the middle and a valve or none, mostly white."""
    top = rng.uniform(54, 66)
    base = np.array([[232, 232, 228], [40, 42, 46], [205, 215, 225]], np.float32)
    made = _cloth(rng, base[rng.choice(3, p=[0.7, 0.2, 0.1])], 0.3)
    ridge = (_X - _MIDDLE - sheet.turn) / 14
    made *= (1.05 - 0.25 * np.tanh(np.abs(ridge)) * np.sign(ridge * rng.choice([-1, 1])).clip(0, 1))[
        ..., None
    ].astype(np.float32)
    outline = _outline(
        [(20, top + 14), (44, top), (56, top - 4), (68, top), (92, top + 14), (86, 102), (56, 124), (26, 102)],
        rng,
        1.2,
    )
    for side in (-1, 1):
        band = np.array([(_MIDDLE + side * 34, 84), (_MIDDLE + side * 56, 70)], np.float32)
        sheet.paint(sheet.lines(band, 2.0), _colour(rng, 180, 240))
    sheet.paint(sheet.area(outline), made)
    if rng.random() < 0.4:  # noqa: PLR2004 - a valve
        sheet.paint(sheet.area(_oval(64, 92, 7, 6, 2.5)), _colour(rng, 150, 230))


def flowered(sheet: Sheet, rng: np.random.Generator) -> None:
    """A mask of cloth printed with flowers in several colours, reaching up to the eyes."""
    top = rng.uniform(56, 66)
    made = _cloth(rng, _colour(rng), 0.8)
    for _ in range(int(rng.integers(15, 40))):
        x, y = rng.uniform(10, 102), rng.uniform(top, 125)
        size, tint = rng.uniform(2, 5), _colour(rng, 0, 255)
        for petal in np.arange(5) * 2 * np.pi / 5:
            spot = np.hypot(_X - x - size * np.cos(petal), _Y - y - size * np.sin(petal)) < size * 0.7
            made[spot] = tint
    _mask(sheet, rng, cv2.GaussianBlur(made, (0, 0), 1.0).astype(np.float32), top)


def hand(sheet: Sheet, rng: np.random.Generator) -> None:
    """A hand before mouth and nose: four fingers from the side, in a tone of skin."""
    tone = np.array([205, 160, 135], np.float32) * np.float32(rng.uniform(0.35, 1.15))
    lower = rng.uniform(72, 80)
    side = rng.choice([-1, 1])
    for finger in range(4):
        y = lower + finger * rng.uniform(9, 11)
        ends = [(_MIDDLE + side * 60, y + rng.uniform(4, 12)), (_MIDDLE - side * rng.uniform(14, 26), y)]
        sheet.paint(sheet.lines(np.array(ends, np.float32), 12.5), tone * np.float32(0.72))
        sheet.paint(sheet.lines(np.array(ends, np.float32), 10.5), _cloth(rng, tone, 0.3))


def _oval(x: float, y: float, wide: float, high: float, square: float) -> Floats:
    """Give a superellipse (Lamé): `square` 2 is an ellipse, 4 nearly a rectangle."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False, dtype=np.float32)
    across, down = np.cos(turn), np.sin(turn)
    power = np.float32(2 / square)
    points = [x + wide * np.sign(across) * np.abs(across) ** power, y + high * np.sign(down) * np.abs(down) ** power]
    return np.stack(points, axis=1).astype(np.float32)


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
        lens = _oval(x + side * 1.5, y + drop, wide, high, square)
        lens[:, 1] += style.slant * side * (lens[:, 0] - x) / wide
        lenses.append(lens)
    return lenses


def _frame(sheet: Sheet, lenses: list[Floats], rng: np.random.Generator, colour: Floats) -> None:
    thick = rng.uniform(0.6, 2.6)
    for lens, side in zip(lenses, (-1, 1), strict=True):
        sheet.paint(sheet.lines(lens, thick, closed=True), colour)
        y = float(lens[:, 1].mean()) - 3
        outer = float(lens[:, 0].min() if side < 0 else lens[:, 0].max())
        earpiece = [(outer, y), (_MIDDLE + side * 54, y + rng.uniform(-3, 2))]
        sheet.paint(sheet.lines(np.array(earpiece, np.float32), thick), colour)
    y = float(lenses[0][:, 1].mean()) - rng.uniform(1, 5)
    bridge = [(float(lenses[0][:, 0].max()), y), (float(lenses[1][:, 0].min()), y)]
    sheet.paint(sheet.lines(np.array(bridge, np.float32), thick), colour)


def _glass(rng: np.random.Generator, tint: Floats) -> Floats:
    """Give dark glass (s, s, 3): lighter below or not, with reflections of what is before it."""
    graded = tint * (1 + rng.uniform(0, 1.4) * ((_Y - 40) / 30).clip(0, 1))[..., None]
    mirrored = (_noise(rng, (10, 10)) - rng.uniform(0.2, 1.5)).clip(0, None) * rng.uniform(0, 60)
    shine = np.exp(-(((_X + _Y * rng.uniform(-1, 1) - rng.uniform(20, 140)) / rng.uniform(2, 8)) ** 2))
    light = mirrored + shine * rng.uniform(0, 110) * (rng.random() < 0.5)  # noqa: PLR2004
    return np.asarray((graded + light[..., None]).clip(0, 255), np.float32)


def _sunglasses(style: Style, tint: Callable[[np.random.Generator], Floats]) -> Draw:
    def draw(sheet: Sheet, rng: np.random.Generator) -> None:
        lenses = _lenses(style, rng)
        glass = _glass(rng, tint(rng))
        dense = np.float32(rng.uniform(0.72, 1.0))
        for lens in lenses:
            sheet.paint(sheet.area(lens) * dense, glass)
        _frame(sheet, lenses, rng, _colour(rng, 5, 120) * np.float32(rng.choice([0.2, 1.0, 1.6])))

    return draw


def _dark(rng: np.random.Generator) -> Floats:
    grey = rng.uniform(4, 52)
    return np.asarray(grey + rng.normal(0, 5, 3), np.float32).clip(0, 80)


def _brown(rng: np.random.Generator) -> Floats:
    return np.array([70, 42, 22], np.float32) * np.float32(rng.uniform(0.4, 1.1))


def _mirror(rng: np.random.Generator) -> Floats:
    tints = np.array([[30, 70, 140], [130, 80, 20], [40, 110, 90], [110, 40, 110]], np.float32)
    return tints[rng.integers(len(tints))] * np.float32(rng.uniform(0.6, 1.3))


def spectacles(sheet: Sheet, rng: np.random.Generator) -> None:
    """Glasses that the eyes are seen through: they cover nothing."""
    style = (SQUARE, AVIATOR, ROUND, CAT)[int(rng.integers(4))]
    lenses = _lenses(style, rng)
    for lens in lenses:
        clear = np.float32(rng.uniform(0, 0.12))
        sheet.paint(sheet.area(lens) * clear, _glass(rng, _colour(rng, 60, 200)))
    _frame(sheet, lenses, rng, _colour(rng, 5, 200) * np.float32(rng.choice([0.2, 1.0])))


LOWER: Mapping[str, Draw] = {"surgical": surgical, "cloth": cloth, "striped": striped, "scarf": scarf}
"""What is learned from."""
LOWER_HELD_BACK: Mapping[str, Draw] = {"respirator": respirator, "flowered": flowered, "hand": hand}
"""What is only measured on."""
UPPER: Mapping[str, Draw] = {
    "square dark": _sunglasses(SQUARE, _dark),
    "aviator dark": _sunglasses(AVIATOR, _dark),
    "aviator brown": _sunglasses(AVIATOR, _brown),
    "wrapped dark": _sunglasses(WRAPPED, _dark),
    "wrapped mirror": _sunglasses(WRAPPED, _mirror),
}
UPPER_HELD_BACK: Mapping[str, Draw] = {
    "round dark": _sunglasses(ROUND, _dark),
    "cat brown": _sunglasses(CAT, _brown),
    "large dark": _sunglasses(LARGE, _dark),
    "large mirror": _sunglasses(LARGE, _mirror),
}
