"""Masks, scarves and hands to be drawn over the lower half of a face."""

from collections.abc import Mapping

import cv2
import numpy as np

from evaluation.sheet import HALF_HEAD, MIDDLE, Draw, Floats, Sheet, X, Y, colour, noise, oval


def _outline(points: list[tuple[float, float]], rng: np.random.Generator, jitter: float) -> Floats:
    """Give a round outline through moved corner points (Chaikin's corner cutting, 1974)."""
    line = np.array(points, np.float32)
    line += rng.normal(0, jitter, line.shape).astype(np.float32)
    for _ in range(3):
        after = np.roll(line, -1, axis=0)
        line = np.stack([0.75 * line + 0.25 * after, 0.25 * line + 0.75 * after], axis=1)
        line = line.reshape(-1, 2).astype(np.float32)
    return line


def _cloth(rng: np.random.Generator, base: Floats, crumpled: float) -> Floats:
    """Give a plain cloth (s, s, 3): its colour, rounded over the face, creased and woven."""
    rounded = 1 - 0.35 * rng.uniform(0.2, 1) * ((X - MIDDLE) / HALF_HEAD) ** 2
    creased = crumpled * (0.06 * noise(rng, (14, 6)) + 0.05 * noise(rng, (5, 5)))
    woven = 0.03 * rng.normal(0, 1, X.shape)
    return np.asarray(base * (rounded + creased + woven)[..., None], dtype=np.float32)


def _pleats(rng: np.random.Generator, top: float) -> Floats:
    """Give the shadows of a surgical mask's folds (s, s), 0 to 1."""
    bent = Y - rng.uniform(-0.006, 0.002) * (X - MIDDLE) ** 2
    shadows = np.zeros_like(bent)
    for fold in range(int(rng.integers(2, 5))):
        at = top + 12 + fold * rng.uniform(8, 13)
        shadows += np.exp(-(((bent - at) / rng.uniform(0.7, 1.8)) ** 2))
    return np.asarray(shadows.clip(0, 1), np.float32)


def _mask_outline(rng: np.random.Generator, top: float, *, chin: float, wide: float) -> Floats:
    side = rng.uniform(2, 9)  # how much lower a mask begins on the cheeks than on the nose
    left, right = MIDDLE - wide, MIDDLE + wide
    return _outline(
        [
            (left, top + side + 2),
            (MIDDLE - 18, top + side * 0.5),
            (MIDDLE, top - 3),
            (MIDDLE + 18, top + side * 0.5),
            (right, top + side + 2),
            (right - 5, 98),
            (MIDDLE + 20, chin),
            (MIDDLE, chin + 4),
            (MIDDLE - 20, chin),
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
                ear = [(MIDDLE + side * wide * 0.9, height), (MIDDLE + side * 54, 62)]
                sheet.paint(sheet.lines(np.array(ear, np.float32), 1.2), colour(rng, 150, 250))
    sheet.paint(sheet.area(_mask_outline(rng, top, chin=chin, wide=wide)), cloth)


def _nose_top(rng: np.random.Generator) -> float:
    return float(rng.uniform(55, 70))


_SURGICAL = np.array(
    [
        [150, 195, 225],
        [120, 180, 200],
        [140, 200, 190],
        [225, 230, 232],
        [35, 36, 40],
        [190, 170, 200],
    ],
    np.float32,
)


def surgical(sheet: Sheet, rng: np.random.Generator) -> None:
    """Put on a pleated mask: blue, green, white, black or lilac."""
    top = _nose_top(rng)
    base = _SURGICAL[rng.integers(len(_SURGICAL))] + rng.normal(0, 8, 3).astype(np.float32)
    cloth = _cloth(rng, base, rng.uniform(0.2, 1))
    cloth *= 1 - np.float32(rng.uniform(0.08, 0.3)) * _pleats(rng, top)[..., None]
    _mask(sheet, rng, cloth, top)


def cloth(sheet: Sheet, rng: np.random.Generator) -> None:
    """Put on a plain mask of cloth in any colour, dark ones more often, some with a seam."""
    top = _nose_top(rng)
    base = colour(rng) * np.float32(rng.choice([0.25, 0.6, 1.0]))
    made = _cloth(rng, base, rng.uniform(0.3, 1.5))
    if rng.random() < 0.4:  # noqa: PLR2004 - a seam down the middle
        seam = np.exp(-(((X - MIDDLE - sheet.turn) / 1.2) ** 2))
        made *= 1 - np.float32(0.3) * seam[..., None].astype(np.float32)
    _mask(sheet, rng, made, top)


def striped(sheet: Sheet, rng: np.random.Generator) -> None:
    """Put on a mask of two colours: stripes, checks, or a print of blots."""
    top, period = _nose_top(rng), rng.uniform(4, 16)
    angle = rng.uniform(0, np.pi)
    wave = np.sin((X * np.cos(angle) + Y * np.sin(angle)) * 2 * np.pi / period)
    other = np.sin((Y * np.cos(angle) - X * np.sin(angle)) * 2 * np.pi / period)
    blots = noise(rng, (20, 20))
    drawn = [wave, wave * other, blots][int(rng.integers(3))]
    share = (drawn > rng.uniform(-0.3, 0.5))[..., None].astype(np.float32)
    made = _cloth(rng, colour(rng), 0.6) * share + _cloth(rng, colour(rng), 0.6) * (1 - share)
    _mask(sheet, rng, made, top)


def scarf(sheet: Sheet, rng: np.random.Generator) -> None:
    """Pull up a scarf or a collar over mouth and nose, wide of the face."""
    top = rng.uniform(62, 78)
    outline = _outline(
        [
            (-14, top + 16),
            (22, top + 3),
            (56, top),
            (90, top + 3),
            (126, top + 16),
            (130, 150),
            (-18, 150),
        ],
        rng,
        2.5,
    )
    made = _cloth(rng, colour(rng) * np.float32(rng.choice([0.3, 0.7, 1.0])), 2.0)
    made *= (1 + 0.15 * np.sin(Y / rng.uniform(2, 6) + 0.4 * noise(rng, (4, 4))))[..., None]
    sheet.paint(sheet.area(outline), made.astype(np.float32))


def respirator(sheet: Sheet, rng: np.random.Generator) -> None:
    """Put on a cup or beak (FFP2), ridged down the middle, with a valve or none, mostly white."""
    top = rng.uniform(54, 66)
    base = np.array([[232, 232, 228], [40, 42, 46], [205, 215, 225]], np.float32)
    made = _cloth(rng, base[rng.choice(3, p=[0.7, 0.2, 0.1])], 0.3)
    ridge = (X - MIDDLE - sheet.turn) / 14
    made *= (
        1.05 - 0.25 * np.tanh(np.abs(ridge)) * np.sign(ridge * rng.choice([-1, 1])).clip(0, 1)
    )[..., None].astype(np.float32)
    outline = _outline(
        [
            (20, top + 14),
            (44, top),
            (56, top - 4),
            (68, top),
            (92, top + 14),
            (86, 102),
            (56, 124),
            (26, 102),
        ],
        rng,
        1.2,
    )
    for side in (-1, 1):
        band = np.array([(MIDDLE + side * 34, 84), (MIDDLE + side * 56, 70)], np.float32)
        sheet.paint(sheet.lines(band, 2.0), colour(rng, 180, 240))
    sheet.paint(sheet.area(outline), made)
    if rng.random() < 0.4:  # noqa: PLR2004 - a valve
        sheet.paint(sheet.area(oval(64, 92, 7, 6, 2.5)), colour(rng, 150, 230))


def flowered(sheet: Sheet, rng: np.random.Generator) -> None:
    """Put on a mask of cloth printed with flowers in several colours, reaching up to the eyes."""
    top = rng.uniform(56, 66)
    made = _cloth(rng, colour(rng), 0.8)
    for _ in range(int(rng.integers(15, 40))):
        x, y = rng.uniform(10, 102), rng.uniform(top, 125)
        size, tint = rng.uniform(2, 5), colour(rng, 0, 255)
        for petal in np.arange(5) * 2 * np.pi / 5:
            spot = np.hypot(X - x - size * np.cos(petal), Y - y - size * np.sin(petal)) < size * 0.7
            made[spot] = tint
    _mask(sheet, rng, cv2.GaussianBlur(made, (0, 0), 1.0).astype(np.float32), top)


def hand(sheet: Sheet, rng: np.random.Generator) -> None:
    """Hold a hand before mouth and nose: four fingers from the side, in a tone of skin."""
    tone = np.array([205, 160, 135], np.float32) * np.float32(rng.uniform(0.35, 1.15))
    lower = rng.uniform(72, 80)
    side = rng.choice([-1, 1])
    for finger in range(4):
        y = lower + finger * rng.uniform(9, 11)
        ends = [
            (MIDDLE + side * 60, y + rng.uniform(4, 12)),
            (MIDDLE - side * rng.uniform(14, 26), y),
        ]
        sheet.paint(sheet.lines(np.array(ends, np.float32), 12.5), tone * np.float32(0.72))
        sheet.paint(sheet.lines(np.array(ends, np.float32), 10.5), _cloth(rng, tone, 0.3))


MASKS: Mapping[str, Draw] = {
    "surgical": surgical,
    "cloth": cloth,
    "striped": striped,
    "scarf": scarf,
}
"""What is learned from."""
MASKS_HELD_BACK: Mapping[str, Draw] = {"respirator": respirator, "flowered": flowered, "hand": hand}
"""What is only measured on."""
