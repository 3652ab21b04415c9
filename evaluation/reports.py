"""What an evaluation found, and the files that say it: JSON, Markdown, plots and one page."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure

from evaluation import plots

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure that is read first: the number, what it is, and what it means."""

    value: str
    label: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column of each row is its name. `note` says what must be known to it."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot; `name` is that of its file, `reading` the sentence that says how to read it."""

    name: str
    title: str
    reading: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Sample:
    """A small picture, as JPEG, and what it shows. It may show a person of the folder."""

    caption: str
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """All that is said about one evaluation. `figures` are numbers, for programs."""

    name: str
    title: str
    lead: str
    command: str
    figures: Mapping[str, Any]
    headlines: Sequence[Headline] = ()
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = ()
    samples: Sequence[Sample] = ()
    notes: Sequence[str] = ()
    about: Mapping[str, str] = field(default_factory=dict)


def write(report: Report, folder: Path) -> None:
    """Write report.json, report.md, report.html and each plot as NAME.svg; older ones go."""
    folder.mkdir(parents=True, exist_ok=True)
    drawings = {plot.name: plots.svg(plot.figure) for plot in report.plots}
    for name, drawing in drawings.items():
        _write(folder / f"{name}.svg", drawing)
    _write(folder / "report.json", json.dumps(report.figures, indent=2) + "\n")
    _write(folder / "report.md", markdown(report))
    _write(folder / "report.html", page(report, drawings))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def markdown(report: Report) -> str:
    """Give the report as Markdown: headlines, tables, notes, and the plots by their files."""
    parts = [f"# {report.title}", report.lead, f"    {report.command}"]
    parts += ["\n".join(f"- **{line.value}** {line.label}" for line in report.headlines)]
    for table in report.tables:
        parts += [f"## {table.title}", _markdown_table(table)] + [table.note] * bool(table.note)
    for plot in report.plots:
        parts += [f"## {plot.title}", f"![{plot.title}]({plot.name}.svg)", plot.reading]
    if report.notes:
        parts += ["## What was done", "\n".join(f"- {note}" for note in report.notes)]
    parts.append("\n".join(f"- {name}: {said}" for name, said in report.about.items()))
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(table: Table) -> str:
    lines = [table.heads, ["---", *["---:"] * (len(table.heads) - 1)], *table.rows]
    return "\n".join(f"| {' | '.join(_cell(word) for word in line)} |" for line in lines)


def _cell(word: str) -> str:
    return word.replace("|", "\\|")


def page(report: Report, drawings: Mapping[str, str]) -> str:
    """Give the report as one HTML page that needs nothing else; `drawings` are the plots' SVG."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    inline = {
        name: Markup(plots.themed(drawing, name))  # noqa: S704 - our own drawing
        for name, drawing in drawings.items()
    }
    pictures = [
        (sample.caption, base64.b64encode(sample.jpeg).decode()) for sample in report.samples
    ]
    return environment.get_template("report.html").render(
        report=report, drawings=inline, pictures=pictures
    )


def percent(rate: float | None, digits: int = 2) -> str:
    """Say a share in per cent, its sign on the same line; a dash where there is none."""
    return "-" if rate is None else f"{100 * rate:.{digits}f}\N{NO-BREAK SPACE}%"
