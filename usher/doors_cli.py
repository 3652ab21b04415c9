"""`usher door`: what opens when somebody is recognised."""

import json
from typing import Annotated

import typer
from rich.console import Console

from domain.records import Need
from usher.options import DataDir, with_store

# What works is imported where it is run: `usher` must start fast, whatever it is asked.
# ruff: noqa: PLC0415

door = typer.Typer(
    help="Doors: what opens when somebody is recognised, and the log of it.\n\n"
    "A door is a rule. When it is met, a signed webhook is posted to whatever opens the door; "
    "when Usher is not sure, it asks in the chat. docs/doors.md shows a receiver.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help='What the door is called, as "Front door".')]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


@door.command("add")
def add_command(
    name: Name,
    *,
    site: Annotated[str, typer.Option(help="The site it is at.")],
    url: Annotated[
        str,
        typer.Option(help="Where to post: https://..., or http:// on this very machine."),
    ],
    camera: Annotated[
        list[str] | None,
        typer.Option(help="A camera before it; may be given again (all of the site, if none is)."),
    ] = None,
    person: Annotated[
        list[str] | None,
        typer.Option(help="Somebody it opens for, by name or id; may be given again."),
    ] = None,
    everybody_known: Annotated[
        bool, typer.Option("--everybody-known", help="It opens for everybody with a name.")
    ] = False,
    visitors: Annotated[
        bool, typer.Option("--visitors", help="It opens for visitors while they are approved.")
    ] = False,
    hours: Annotated[
        list[str] | None,
        typer.Option(
            help='When, as "mon-fri 07:00-19:00" or "sat,sun 22:00-06:00", in the zone of '
            "USHER_TIMEZONE; may be given again (always, if none are)."
        ),
    ] = None,
    need: Annotated[int, typer.Option(help="So many good crops ...")] = 3,
    of: Annotated[int, typer.Option(help="... of the last so many ...")] = 5,
    within: Annotated[
        float, typer.Option(help="... captured and received in the last so many seconds ...")
    ] = 5.0,
    sure: Annotated[
        float, typer.Option(help="... each a match of at least so many percent.")
    ] = 95.0,
    open_for: Annotated[
        float, typer.Option(help="How long it shall stay open, in seconds; told to the receiver.")
    ] = 5.0,
    names: Annotated[
        bool, typer.Option("--names", help="Tell the receiver who it is: id and name.")
    ] = False,
    tell: Annotated[
        bool, typer.Option("--tell", help="Say each opening in the chats, without a sound.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a door and print its id and secret as JSON; the secret is shown this once.

    usher door add "Front door" --site Main --person Anna --hours "mon-fri 07:00-19:00"
    --url https://door.example/open

    It opens for nobody who is blocked, for no face that is covered or in doubt, and for nothing
    that comes late or twice. When in doubt, those who answer for the site are asked in the chat.
    """
    from usher import doors

    wish = doors.DoorWish(
        name=name,
        site=site,
        url=url,
        cameras=camera or [],
        people=person or [],
        everybody=everybody_known,
        visitors=visitors,
        hours=hours or [],
        need=Need(crops=need, of=of, within_s=within, sure=sure / 100),
        open_for_s=open_for,
        names=names,
        tells=tell,
    )
    typer.echo(json.dumps(with_store(data_dir, lambda store: doors.add(store, wish))))


@door.command("list")
def list_command(*, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show the doors: where, for whom, when, what they need, and where they post to."""
    from usher import doors

    found = with_store(data_dir, doors.listing)
    if as_json:
        _print_lines(found)
    else:
        Console().print(doors.doors_table(found))


@door.command("remove")
def remove_command(name: Name, data_dir: DataDir = None) -> None:
    """Take a door out of use, at once and for good; its log stays."""
    from usher import doors

    with_store(data_dir, lambda store: doors.remove(store, name))
    typer.echo("It opens nothing any more.")


@door.command("test")
def try_command(name: Name, data_dir: DataDir = None) -> None:
    """Post a signed event to a door that is marked as a test, and say what came of it.

    Its type is door.test instead of door.open: a receiver verifies it, and opens nothing.
    """
    from usher import doors

    posted = with_store(data_dir, lambda store: doors.try_out(store, name))
    if posted.answer is None:
        typer.echo("It did not answer.", err=True)
    elif posted.accepted:
        typer.echo(f"It answered {posted.answer}: that is well.")
    else:
        typer.echo(f"It answered {posted.answer}, and would not open.", err=True)
    if not posted.accepted:
        raise typer.Exit(1)


@door.command("log")
def log_command(
    name: Annotated[str | None, typer.Argument(help="A door's name (all doors, without).")] = None,
    *,
    last: Annotated[int, typer.Option(help="How many entries, the newest first.", min=1)] = 20,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show what was opened and what was not, with the reasons and the crops it was decided by."""
    from usher import doors

    lines = with_store(data_dir, lambda store: doors.log_lines(store, name, last))
    if as_json:
        _print_lines(lines)
    else:
        Console().print(doors.log_table(lines))


def _print_lines(found: list[dict[str, object]]) -> None:
    for line in found:
        typer.echo(json.dumps(line))
