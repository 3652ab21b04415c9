"""`usher seed`."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from evaluation.seed_plan import SeedOptions
from evaluation.showing import seeding_progress
from usher.options import DataDir, console, load

# What works is imported where it is run: `usher` must start fast, whatever it is asked.
# ruff: noqa: PLC0415


def seed_command(
    *,
    detections: Annotated[int, typer.Option(help="Crops in the log.", min=10)] = 1_000_000,
    people: Annotated[
        int, typer.Option(help="People: known, unknown, blocked, merged and so on.", min=10)
    ] = 20_000,
    references: Annotated[
        int, typer.Option(help="Pictures that people are recognised by.", min=1)
    ] = 60_000,
    visits: Annotated[int, typer.Option(help="Visits, at least one of each.", min=1)] = 200_000,
    sites: Annotated[int, typer.Option(help="Sites, with two to five cameras each.", min=1)] = 8,
    days: Annotated[int, typer.Option(help="Days before now in which all this was.", min=1)] = 365,
    faces: Annotated[
        Path | None,
        typer.Option(
            help="A folder of people, NAME/*.jpg as LFW has them. Without it faces are drawn.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the dice that make it up.")] = 1,
    beside: Annotated[
        bool, typer.Option("--beside", help="Put them beside the people who are there already.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print what was made as one JSON object, as the last line."),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Fill a new data folder with made-up people, visits and answers, to try Usher on.

    A million crops take some minutes and 3 GB; fewer less, as `usher seed --data-dir try
    --detections 20000 --people 500 --references 1500 --visits 4000`. Then start `usher api` with
    the same folder. Nothing else may use it meanwhile, and where there are people already
    nothing is done unless --beside is said. Few pictures are shared by all: forgetting one of
    these people can take away the picture of another.
    """
    from usher import seeding

    options = SeedOptions(
        detections=detections,
        people=people,
        references=references,
        visits=visits,
        sites=sites,
        days=days,
        seed=seed,
        faces=faces,
    )
    with seeding_progress(detections) as tick:
        made = asyncio.run(seeding.run(load(data_dir), options, beside=beside, tick=tick))
    _tell(made)
    if as_json:
        typer.echo(json.dumps(made))


def _tell(made: dict[str, Any]) -> None:
    counts = [f"{many:,} {what}" for what, many in made.items() if isinstance(many, int)]
    console.print(f"Made {', '.join(counts)}.", soft_wrap=True)
    console.print(
        f"Sign in as [b]{made['name']}[/b], password [b]{made['password']}[/b].", soft_wrap=True
    )
