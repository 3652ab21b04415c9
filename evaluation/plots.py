"""Plots of evaluations: figures by matplotlib's objects, and the SVG that a page takes in.

Nothing here touches pyplot or any setting that others share. Every colour is one of a few that a
page replaces by its own, so that one drawing serves light and dark.
"""

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from statistics import NormalDist
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from evaluation.verification import Rates, Roc, Scores

INK, MUTED, LINE, PAPER = "#1e2226", "#5b626b", "#dedad1", "#ffffff"
SERIES = ("#0f6b5c", "#c0561f", "#3a6fb0", "#8a4f9e")
COLOURS = {
    INK: "var(--text)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    PAPER: "var(--surface)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, 1)},
}

_SIZE = (5.4, 3.6)  # inches: as wide as a phone at its own size
_WORDS = 9.0
_NORMAL = NormalDist()
_DET_TICKS = (0.001, 0.01, 0.05, 0.2, 0.5)
_DET_LOWEST = 0.0005
_LOWEST = 1e-5
Corner = Literal["upper left", "upper right", "lower right"]
_HEAT = LinearSegmentedColormap.from_list("similarity", ["#f2efe6", "#7fb5a8", "#0a3f37"])

Lines = Mapping[str, tuple[Rates, Rates]]


def svg(figure: Figure) -> str:
    """Draw a figure as SVG with a white ground, to stand alone."""
    file = BytesIO()
    figure.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})
    text = file.getvalue().decode()
    return text[text.index("<svg") :]


def themed(drawing: str, name: str) -> str:
    """Make a drawing part of a page: its colours the page's, its ids its own, its width free."""
    for colour, variable in COLOURS.items():
        drawing = drawing.replace(colour, variable)
    drawing = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", drawing)
    drawing = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", drawing, count=1)
    return re.sub(r'(<svg[^>]*?) height="[^"]*"', r'\1 aria-hidden="true"', drawing, count=1)


def roc(curves: Mapping[str, Roc], lowest: float) -> Figure:
    """Draw TAR against FAR, the latter on a logarithmic axis from `lowest`."""
    figure, axes = _axes("False accepts: pairs of two people", "True accepts: pairs of one person")
    for (label, curve), colour in zip(curves.items(), SERIES, strict=False):
        axes.plot(
            np.maximum(curve.far, _LOWEST),
            curve.tar,
            color=colour,
            label=label,
            drawstyle="steps-post",
            linewidth=1.8,
        )
    axes.set_xscale("log")
    axes.set_xlim(lowest, 1)
    least = min(float(curve.tar[curve.far <= lowest].max(initial=0)) for curve in curves.values())
    axes.set_ylim(max(0.0, least - 0.03), 1.003)
    axes.xaxis.set_major_formatter(FuncFormatter(_percent))
    axes.yaxis.set_major_formatter(FuncFormatter(_percent))
    _legend(axes, "lower right")
    return figure


def det(curves: Mapping[str, Roc]) -> Figure:
    """Draw both error rates on normal-deviate axes (Martin et al., Eurospeech 1997)."""
    figure, axes = _axes("False accepts", "False rejects")
    for (label, curve), colour in zip(curves.items(), SERIES, strict=False):
        axes.plot(
            _deviate(curve.far), _deviate(1 - curve.tar), color=colour, label=label, linewidth=1.8
        )
    ticks = [_NORMAL.inv_cdf(tick) for tick in _DET_TICKS]
    axes.plot(ticks, ticks, color=MUTED, linewidth=0.8, linestyle=":", label="both rates equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [f"{100 * tick:g} %" for tick in _DET_TICKS])
    for limit in (axes.set_xlim, axes.set_ylim):
        limit(_NORMAL.inv_cdf(_DET_LOWEST), ticks[-1])
    _legend(axes, "upper right")
    return figure


def histograms(same: Scores, different: Scores, marks: Mapping[str, float]) -> Figure:
    """Draw how similarities are spread within people and between them; `marks` are thresholds."""
    figure, axes = _axes("Similarity", "Share of pairs in a step of 0.02")
    bins = [step / 50 for step in range(-50, 51)]
    for scores, label, colour in (
        (different, "two people", SERIES[1]),
        (same, "one person", SERIES[0]),
    ):
        weights = np.full(len(scores), 1 / len(scores))
        axes.hist(scores, bins, weights=weights, color=colour, alpha=0.65, label=label)
    for (label, at), style in zip(marks.items(), ("-", "--", ":"), strict=False):
        axes.axvline(at, color=INK, linewidth=1, linestyle=style, label=label)
    axes.set_ylim(top=1.45 * axes.get_ylim()[1])  # room for the legend
    axes.set_xlim(min(-0.3, float(min(same.min(), different.min())) - 0.02), 1)
    axes.yaxis.set_major_formatter(FuncFormatter(_percent))
    _legend(axes, "upper right")
    return figure


def matrix(similar: NDArray[np.float32], starts: Sequence[int]) -> Figure:
    """Draw similarities of images (n, n) sorted by person; `starts` are each person's first row."""
    figure, axes = _axes("Images, person after person", "The same images", size=(5.0, 4.4))
    drawn = axes.imshow(similar, cmap=_HEAT, vmin=-0.1, vmax=1, interpolation="nearest")
    for start in starts[1:]:
        axes.axhline(start - 0.5, color=PAPER, linewidth=0.4)
        axes.axvline(start - 0.5, color=PAPER, linewidth=0.4)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    scale = figure.colorbar(drawn, ax=axes, shrink=0.8)
    scale.outline.set_visible(False)
    scale.ax.tick_params(labelsize=_WORDS, colors=MUTED)
    scale.set_label("Similarity", color=INK, fontsize=_WORDS)
    return figure


def steps(lines: Lines, across: str, up: str, *, lowest: float | None = None) -> Figure:
    """Draw rates as steps: by rank, or, with `lowest`, against a rate on a logarithmic axis."""
    figure, axes = _axes(across, up)
    for (label, (x, y)), colour in zip(lines.items(), SERIES, strict=False):
        style = "steps-post" if lowest else "default"
        marker = None if lowest else "o"
        axes.plot(x, y, color=colour, label=label, drawstyle=style, marker=marker, markersize=3)
    if lowest is not None:
        axes.set_xscale("log")
        axes.set_xlim(lowest, 1)
        axes.xaxis.set_major_formatter(FuncFormatter(_percent))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    least = min(float(y[x >= (lowest or 0)].min()) for x, y in lines.values())
    axes.set_ylim(max(0.0, least - 0.02), 1.003)
    axes.yaxis.set_major_formatter(FuncFormatter(_percent))
    _legend(axes, "lower right")
    return figure


def reliability(said: Rates, happened: Rates, counts: NDArray[np.int64]) -> Figure:
    """Draw how often it was right against what was said; a dot's area grows with the searches."""
    figure, axes = _axes("Confidence said", "Right")
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":", label="perfectly true")
    area = 12 + 160 * counts / counts.max()
    axes.scatter(said, happened, s=area, color=SERIES[0], alpha=0.85, label="searches")
    axes.plot(said, happened, color=SERIES[0], linewidth=1)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_percent))
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.04, 1.04)
    _legend(axes, "upper left")
    return figure


def bars(
    names: Sequence[str],
    values: Sequence[float],
    across: str,
    *,
    intervals: Sequence[tuple[float, float]] | None = None,
    percent: bool = True,
) -> Figure:
    """Draw one bar a name, the first on top, with intervals where there are some."""
    figure, axes = _axes(across, "", size=(5.4, 0.9 + 0.26 * len(names)))
    rows = np.arange(len(names))
    axes.barh(rows, values, color=SERIES[0], alpha=0.85, height=0.66)
    if intervals:
        low, high = np.array(intervals).T
        axes.hlines(rows, low, high, color=INK, linewidth=1.2)
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    if percent:
        axes.xaxis.set_major_formatter(FuncFormatter(_percent))
        axes.xaxis.set_major_locator(MaxNLocator(5))
    return figure


def _axes(across: str, up: str, size: tuple[float, float] = _SIZE) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, facecolor=PAPER)
    axes = figure.add_subplot()
    axes.set_facecolor(PAPER)
    axes.set_axisbelow(True)
    axes.grid(visible=True, color=LINE, linewidth=0.6)
    axes.tick_params(which="both", labelsize=_WORDS, colors=MUTED, length=0)
    for name, spine in axes.spines.items():
        spine.set_visible(name in {"left", "bottom"})
        spine.set_color(LINE)
    axes.set_xlabel(across, color=INK, fontsize=_WORDS)
    axes.set_ylabel(up, color=INK, fontsize=_WORDS)
    return figure, axes


def _legend(axes: Axes, where: Corner) -> None:
    axes.legend(
        loc=where, fontsize=_WORDS - 1, frameon=True, labelcolor=INK, facecolor=PAPER,
        edgecolor=LINE,
    )  # fmt: skip


def _deviate(rates: Rates) -> Rates:
    """Give the point of a standard normal distribution below which each share lies."""
    kept = np.clip(rates, _LOWEST, 1 - _LOWEST)
    return np.array([_NORMAL.inv_cdf(float(rate)) for rate in kept])


def _percent(rate: float, _: object) -> str:
    return f"{round(100 * rate, 6):g} %"
