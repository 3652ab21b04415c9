"""Where the parts of a chart stand: plain numbers, drawn by templates/charts.html.

Coordinates are of a drawing 360 wide, which is as wide as a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from domain.forecast import Forecast, Outlook

WIDTH = 360


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to coordinates."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value stands, at an edge if it is beyond."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1)
        return round(self.start + share * (self.end - self.start), 2)


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a kind, which says what it looks like."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """How far faces are from one another, and where a target draws its lines.

    Faces of the same person stand above the middle, the nearest of somebody else below. `zones` are
    what the new target makes of each distance, `before` where the old one drew its lines. Without
    faces, `curve` is how many strangers come as near at most: points of a line.
    """

    bars: tuple[Bar, ...]
    zones: tuple[Bar, ...]
    before: tuple[Tick, ...]
    ticks: tuple[Tick, ...]
    curve: str
    levels: tuple[Tick, ...]
    rows: tuple[tuple[str, int, int], ...]
    width: int = WIDTH
    height: int = 190
    left: int = 30
    top: int = 16
    middle: int = 92
    bottom: int = 168
    right: int = 354


BIN, LAST = 0.04, 1.2
_LEFT, _RIGHT, _TOP, _MIDDLE, _BOTTOM = 30, 354, 16, 92, 168


def distances(forecast: Forecast) -> Distances:
    """Return the picture of a forecast."""
    across = Scale(0, LAST, _LEFT, _RIGHT)
    own = _binned([p.own for p in forecast.sample.probes])
    others = _binned([p.other for p in forecast.sample.probes])
    most = max((*own, *others, 1))
    curve, levels = ("", ()) if forecast.sample.probes else _curve(forecast, across)
    return Distances(
        bars=(
            *_histogram(own, across, Scale(0, most, 0, _MIDDLE - _TOP), up=True),
            *_histogram(others, across, Scale(0, most, 0, _BOTTOM - _MIDDLE), up=False),
        ),
        zones=_zones(forecast.new, across),
        before=_before(forecast, across),
        ticks=tuple(Tick(across.at(n / 10), f"{n / 10:g}") for n in range(0, 13, 2)),
        curve=curve,
        levels=levels,
        rows=tuple(
            (f"{n * BIN:.2f} to {(n + 1) * BIN:.2f}", one, other)
            for n, (one, other) in enumerate(zip(own, others, strict=True))
            if one or other
        ),
    )


def _binned(values: Sequence[float | None]) -> list[int]:
    counts = [0] * round(LAST / BIN)
    for value in values:
        if value is not None:
            counts[min(int(max(value, 0.0) / BIN), len(counts) - 1)] += 1
    return counts


def _histogram(counts: Sequence[int], across: Scale, tall: Scale, *, up: bool) -> list[Bar]:
    width = across.at(BIN) - across.at(0) - 1
    return [
        Bar(
            x=across.at(n * BIN) + 0.5,
            y=_MIDDLE - tall.at(count) if up else _MIDDLE,
            width=round(width, 2),
            height=tall.at(count),
            kind="own" if up else "other",
        )
        for n, count in enumerate(counts)
        if count
    ]


def _zones(outlook: Outlook, across: Scale) -> tuple[Bar, ...]:
    ends = (
        (0.0, outlook.match, "named", "recognised"),
        (outlook.match, outlook.unsure, "asked", "asked"),
        (outlook.unsure, LAST, "stranger", "stranger"),
    )
    return tuple(
        Bar(across.at(a), _TOP, round(across.at(b) - across.at(a), 2), _BOTTOM - _TOP, kind, said)
        for a, b, kind, said in ends
        if b > a
    )


def _before(forecast: Forecast, across: Scale) -> tuple[Tick, ...]:
    old, new = forecast.old, forecast.new
    moved = ((old.match, new.match), (old.unsure, new.unsure))
    return tuple(Tick(across.at(was), f"{was:.2f}") for was, will in moved if was != will)


def _curve(forecast: Forecast, across: Scale) -> tuple[str, tuple[Tick, ...]]:
    """Return the line of strangers who come as near, up to where something is known of them."""
    known = [
        (distance, share)
        for n, (distance, share) in enumerate(forecast.curve)
        if n == 0 or share > forecast.curve[n - 1][1]
    ]
    most = nice(max((share for _, share in known), default=0.0) * 100)
    up = Scale(0, most, _BOTTOM, _TOP)
    line = " ".join(f"{across.at(d):g},{up.at(share * 100):g}" for d, share in known)
    return line, tuple(Tick(up.at(most * part), f"{most * part:g} %") for part in (0, 0.5, 1))


def nice(most: float) -> float:
    """Return a round number that is no less: 1, 2 or 5 times a power of ten."""
    if most <= 0:
        return 1.0
    power = 1.0
    while power >= most:
        power /= 10
    while power * 10 < most:
        power *= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= most)


def steps(most: float, count: int = 4) -> list[int]:
    """Return whole numbers from nought to no less than a number, about so many."""
    step = max(1, ceil(nice(most / count)))
    return list(range(0, step * max(1, ceil(most / step)) + 1, step))
