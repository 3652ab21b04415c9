"""The charts of what happened: columns by day, hours of the week, and how true percentages are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from admin_web.charts import WIDTH, Bar, Scale, Tick, steps

DAYS_OF_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LEVELS = 5
_LEFT, _RIGHT, _TOP, _BOTTOM = 32, 344, 8, 140
_LABELS = 7
NINETEEN_OF_TWENTY = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A column a day, of parts upon one another; `rows` are the days and the numbers.

    `shapes` are the kinds, each with the outline of all its parts; `days` are what is pointed at.
    """

    shapes: tuple[tuple[str, str], ...]
    days: tuple[Bar, ...]
    levels: tuple[Tick, ...]
    ticks: tuple[Tick, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    width: int = WIDTH
    height: int = 160
    top: int = _TOP
    left: int = _LEFT
    right: int = _RIGHT
    bottom: int = _BOTTOM


def columns(days: Sequence[date], parts: Sequence[tuple[str, Sequence[int]]]) -> Columns:
    """Return a column for each day; `parts` are kinds, each with a number a day, lowest first."""
    totals = [sum(numbers[n] for _, numbers in parts) for n in range(len(days))]
    levels = steps(max(totals, default=0), 3)
    up = Scale(0, levels[-1], 0, _BOTTOM - _TOP)
    across = Scale(0, max(len(days), 1), _LEFT, _RIGHT)
    wide = round((across.at(1) - across.at(0)) * 0.8, 2)
    lefts = [round(across.at(n + 0.5) - wide / 2, 2) for n in range(len(days))]
    rows = [(_said(day), tuple(row)) for day, row in zip(days, _across(parts), strict=True)]
    every = max(1, -(-len(days) // _LABELS))
    return Columns(
        shapes=_shapes(parts, lefts, wide, up),
        days=tuple(
            Bar(left, _TOP, wide, _BOTTOM - _TOP, "day", f"{said}: {_listed(row)}")
            for left, (said, row) in zip(lefts, rows, strict=True)
        ),
        levels=tuple(Tick(round(_BOTTOM - up.at(level), 2), f"{level:,}") for level in levels),
        ticks=tuple(
            Tick(across.at(n + 0.5), f"{day.day} {day:%b}")
            for n, day in enumerate(days)
            if (len(days) - 1 - n) % every == 0
        ),
        rows=tuple(rows),
    )


def _across(parts: Sequence[tuple[str, Sequence[int]]]) -> list[tuple[int, ...]]:
    """Return the numbers of each day, one of each kind."""
    return list(zip(*(numbers for _, numbers in parts), strict=True))


def _listed(numbers: Sequence[int]) -> str:
    return " + ".join(f"{number:,}" for number in reversed(numbers))


def _said(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _shapes(
    parts: Sequence[tuple[str, Sequence[int]]], lefts: Sequence[float], wide: float, up: Scale
) -> tuple[tuple[str, str], ...]:
    """Return the outlines of the parts of each kind, those of a day upon one another."""
    floors, shapes = [float(_BOTTOM)] * len(lefts), []
    for kind, numbers in parts:
        outline = []
        for n, number in enumerate(numbers):
            if number:
                height = up.at(number)
                floors[n] = round(floors[n] - height, 2)
                outline.append(f"M{lefts[n]:g} {floors[n]:g}h{wide:g}v{height:g}h-{wide:g}z")
        shapes.append((kind, "".join(outline)))
    return tuple(shapes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The hours of the week, darker the more happened; `rows` are the days with 24 numbers each."""

    cells: tuple[Bar, ...]
    days: tuple[Tick, ...]
    hours: tuple[Tick, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    width: int = WIDTH
    height: int = 130


def week(hours: Sequence[Sequence[int]]) -> Week:
    """Return the picture of seven days, Monday first, of 24 hours each."""
    most = max(max(day) for day in hours)
    across, down = Scale(0, 24, _LEFT, _RIGHT), Scale(0, 7, 2, 114)
    wide, high = across.at(1) - across.at(0) - 1, down.at(1) - down.at(0) - 1
    return Week(
        cells=tuple(
            Bar(
                across.at(hour),
                down.at(day),
                round(wide, 2),
                round(high, 2),
                f"level-{_level(number, most)}",
                f"{DAYS_OF_WEEK[day]} {hour:02}:00: {number:,}",
            )
            for day, numbers in enumerate(hours)
            for hour, number in enumerate(numbers)
        ),
        days=tuple(Tick(down.at(n + 0.5) + 2.5, name) for n, name in enumerate(DAYS_OF_WEEK)),
        hours=tuple(Tick(across.at(hour), f"{hour:02}") for hour in range(0, 24, 3)),
        rows=tuple(
            (name, tuple(numbers)) for name, numbers in zip(DAYS_OF_WEEK, hours, strict=True)
        ),
    )


def _level(number: int, most: int) -> int:
    """Return how dark a cell is: 0 is nothing, so that a single one can be told from nobody."""
    return 0 if number == 0 else max(1, round(number / most * LEVELS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What people said of the suggestions of one tenth of confidence.

    `share` were right; with so many of them it lies between `low` and `high` 19 times out of 20.
    """

    said: str
    confirmed: int
    rejected: int
    share: float
    low: float
    high: float
    x: float
    y: float
    top: float
    bottom: float
    radius: float

    @property
    def total(self) -> int:
        """How many there are."""
        return self.confirmed + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """How often a percentage was right; a percentage that is true stands on the diagonal."""

    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    levels: tuple[Tick, ...]
    width: int = WIDTH
    height: int = 200
    left: int = _LEFT + 4
    right: int = _RIGHT
    top: int = 10
    bottom: int = 180


def truth(confirmed: Sequence[int], rejected: Sequence[int]) -> Truth:
    """Return the picture of what people said, by tenths of confidence."""
    across, up = Scale(0, 1, _LEFT + 4, _RIGHT), Scale(0, 1, 180, 10)
    pairs = list(zip(confirmed, rejected, strict=True))
    most = max((sum(pair) for pair in pairs), default=0)
    bands = []
    for n, (right, wrong) in enumerate(pairs):
        total = right + wrong
        if not total:
            continue
        low, high = interval(right, total)
        bands.append(
            Band(
                said=f"{n * 10} to {n * 10 + 10} %",
                confirmed=right,
                rejected=wrong,
                share=right / total,
                low=low,
                high=high,
                x=across.at((n + 0.5) / 10),
                y=up.at(right / total),
                top=up.at(high),
                bottom=up.at(low),
                radius=round(2.5 + 4.5 * sqrt(total / most), 2),
            )
        )
    marks = (0, 0.25, 0.5, 0.75, 1)
    return Truth(
        bands=tuple(bands),
        ticks=tuple(Tick(across.at(m), f"{m:.0%}") for m in marks),
        levels=tuple(Tick(up.at(m), f"{m:.0%}") for m in marks),
    )


def interval(right: int, total: int) -> tuple[float, float]:
    """Return where a share lies 19 times out of 20, of so many (Wilson's score interval, 1927)."""
    z = NINETEEN_OF_TWENTY
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total**2)) / (1 + z * z / total)
    return max(0.0, middle - half), min(1.0, middle + half)
