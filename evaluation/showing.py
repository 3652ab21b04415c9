"""How a benchmark shows itself: progress while it runs, a table, and one line of JSON."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

console = Console(stderr=True, highlight=False)


@contextmanager
def progress(name: str, total: int) -> Iterator[Callable[[], None]]:
    """Show how far a benchmark is; give what is to be called at each step."""
    with telling_progress(name, total) as (tick, _):
        yield tick


def _columns(name: str) -> tuple[ProgressColumn, ...]:
    return (
        TextColumn(name),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[said]}", markup=False),
    )


@contextmanager
def telling_progress(
    name: str, total: int
) -> Iterator[tuple[Callable[[], None], Callable[[str], None]]]:
    """Show how far a benchmark is, and beside the bar what it is at.

    Gives what is to be called at each step, and what a sentence is told to.
    """
    with Progress(*_columns(name), console=console, transient=True) as shown:
        task = shown.add_task(name, total=total, said="")
        yield (
            lambda: shown.update(task, advance=1, said=""),
            lambda sentence: shown.update(task, said=sentence),
        )


@contextmanager
def seeding_progress(crops: int) -> Iterator[Callable[[str, int], None]]:
    """Show how a made-up installation is written: the log, which is most of it, and what else.

    Gives what is told of what is written, and how many more of it.
    """
    with Progress(*_columns("seed"), console=console, transient=True) as shown:
        task = shown.add_task("seed", total=crops, said="planning")
        yield lambda what, more: shown.update(
            task, advance=more if what == "detections" else 0, said=what
        )


def show(words: Mapping[str, str], figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a table of what and figure, and with `as_json` the figures as one JSON object."""
    table = Table("what", "figure")
    for name, said in words.items():
        table.add_row(said, str(figures[name]))
    show_table(table, figures, as_json=as_json)


def show_table(
    table: Table, figures: Mapping[str, Any], *, notes: Sequence[str] = (), as_json: bool
) -> None:
    """Print a table and notes below it, and with `as_json` the figures as one JSON object.

    The JSON is the last line of standard output; everything else goes to standard error.
    """
    console.print(table)
    for note in notes:
        console.print(note, markup=False)
    if as_json:
        typer.echo(json.dumps(figures))
