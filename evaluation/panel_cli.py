"""`usher bench panel`."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from evaluation.seed_plan import SeedOptions
from evaluation.showing import progress, seeding_progress, show_table

# What measures is imported where it is run: `usher` must start fast, whatever it is asked.
# ruff: noqa: PLC0415

MOST_MS = 150.0


def panel_command(
    *,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help="A folder to keep what is made up in, for the next time; one that `usher seed` "
            "filled is taken as it is. Without it a temporary one."
        ),
    ] = None,
    detections: Annotated[int, typer.Option(help="Crops in the log.", min=10)] = 1_000_000,
    people: Annotated[int, typer.Option(help="People.", min=10)] = 20_000,
    references: Annotated[
        int, typer.Option(help="Pictures they are recognised by.", min=1)
    ] = 60_000,
    visits: Annotated[int, typer.Option(help="Visits.", min=1)] = 200_000,
    times: Annotated[int, typer.Option(help="How often each page is asked for.", min=2)] = 40,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as one JSON object, as the last line.")
    ] = False,
) -> None:
    """How soon each page of the panel answers, with a million crops of 20,000 people behind it.

    Makes them up first, which takes some minutes and 3 GB. Then every page, each of its filters
    and lists far in the past are asked for in mixed order, two at a time, by an admin and by the
    manager of two sites; what counts is the first byte. The floor is a file that the same server
    has in memory, asked for in between. Ends with 1 if a page breaks, never for being slow.
    """
    from evaluation.panel import PanelOptions, measure_panel

    seed = SeedOptions(detections=detections, people=people, references=references, visits=visits)
    options = PanelOptions(seed=seed, data_dir=data_dir, times=times)
    with ExitStack() as stack:

        def asking(total: int) -> Callable[[], None]:
            return stack.enter_context(progress("panel", total))

        seeding = stack.enter_context(seeding_progress(detections))
        figures = asyncio.run(measure_panel(options, seeding, asking))
    show_table(_table(figures), figures, notes=_notes(figures), as_json=as_json)
    if any(max(codes) >= HTTPStatus.INTERNAL_SERVER_ERROR for codes in figures["refused"].values()):
        raise typer.Exit(1)


def _table(figures: Mapping[str, Any]) -> Table:
    table = Table("page", "median, ms", "95th percentile, ms", f"at most {MOST_MS:g}")
    slowest_first = sorted(figures["pages"].items(), key=lambda pair: -pair[1])
    for way, most in slowest_first:
        table.add_row(way, f"{figures['p50_ms'][way]:g}", f"{most:g}", _yes(most))
    floor = figures["floor_ms"]
    table.add_row("the floor: a file", f"{figures['floor_p50_ms']:g}", f"{floor:g}", _yes(floor))
    return table


def _yes(millis: float) -> str:
    return "yes" if millis <= MOST_MS else "no"


def _notes(figures: Mapping[str, Any]) -> list[str]:
    refused = [f"{way} answered {codes}." for way, codes in figures["refused"].items()]
    unasked = [f"{door} was not asked for: no page leads there." for door in figures["unasked"]]
    return [f"Asked for {figures['asked']:,} pages.", *refused, *unasked]
