"""`usher recognition`: the models that people are recognised by."""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from domain.errors import InvalidError
from domain.records import PackInUse
from domain.repacking import Tick
from recognition.packs import family_of
from usher.options import DataDir, console, load
from usher.settings import Settings

if TYPE_CHECKING:
    from evaluation.comparison import Comparison
    from usher.repacking import Embedded, Migration

# What works is imported where it is run: `usher` must start fast, whatever it is asked.
# ruff: noqa: PLC0415

recognition = typer.Typer(
    help="The models that people are recognised by: look at them, change them, and lose nobody.",
    no_args_is_help=True,
)

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    pack: str | None
    days: int
    yes: bool
    leave_behind: bool
    as_json: bool


@recognition.command("info")
def info_command(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print it as one JSON object, as the last line.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Show which pack is in use, on what it runs, what its answers stand on, and the others."""
    from usher.recognition_info import gather, show

    info = asyncio.run(gather(load(data_dir)))
    show(console, info)
    if as_json:
        typer.echo(json.dumps(info.facts()))


@recognition.command("migrate")
def migrate_command(
    *,
    to: Annotated[
        str | None, typer.Option(help="The pack, as USHER_RECOGNITION__PACK would name it.")
    ] = None,
    back: Annotated[
        bool, typer.Option("--back", help="Go back to the pack that was in use before.")
    ] = False,
    days: Annotated[
        int, typer.Option(help="Of the last so many days detections are embedded too.", min=0)
    ] = 30,
    yes: Yes = False,
    leave_behind: Annotated[
        bool, typer.Option("--leave-behind", help="Switch though some people would be strangers.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as one JSON object, as the last line.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Change the pack: embed everybody again, compare the two on this site's people, then switch.

    Works while `usher up` runs and while it does not, and can be stopped at any moment: run it
    again and it goes on. Until the switch nothing changes; workers follow the switch within
    seconds. The old embeddings stay, so that --back is quick; `usher recognition forget` deletes
    them.
    """
    if (to is None) == (not back):
        raise typer.BadParameter("Say either --to PACK or --back.")
    wish = _Wish(pack=to, days=days, yes=yes, leave_behind=leave_behind, as_json=as_json)
    asyncio.run(_migrate(load(data_dir), wish))


@recognition.command("forget")
def forget_command(
    model: Annotated[str, typer.Argument(help="The model, as `migrate` names it.")],
    *,
    yes: Yes = False,
    data_dir: DataDir = None,
) -> None:
    """Delete every embedding of a model that is not in use; there is no way back from it."""
    if not yes and not _agreed(f"Delete every embedding of {model} for good?"):
        raise typer.Exit(1)
    typer.echo(f"{asyncio.run(_forget(load(data_dir), model))} embeddings are deleted.")


async def _forget(settings: Settings, model: str) -> int:
    from domain.repacking import forget
    from usher.parts import open_parts

    async with open_parts(settings) as parts:
        return await forget(parts.store, model)


async def _migrate(settings: Settings, wish: _Wish) -> None:
    from usher.repacking import migration

    agree = partial(_agree_to_licence, yes=wish.yes)
    async with migration(settings, wish.pack, days=wish.days, agree=agree) as change:
        embedded = await change.embed(_progress)
        _say_embedded(embedded)
        comparison = None if change.same_model else await _compared(change, settings)
        switched = change.same_model or _wants_switch(embedded, wish)
        if switched:
            await change.switch(leave_behind=wish.leave_behind)
            _say_switched(change, settings)
        if wish.as_json:
            _print_json(change, embedded, comparison, switched=switched)


def _agree_to_licence(old: PackInUse, pack: str, *, yes: bool) -> None:
    """Let nobody take models that not everybody may use without knowing it."""
    family = family_of(pack)
    _say(f"From {old.pack} to {pack}. {family.licence}.")
    if not family.restricted or yes:
        return
    if not sys.stdin.isatty():
        raise InvalidError("Say --yes if that is your use of these models. Nothing is done.")
    if not _agreed("Is that your use of them?"):
        raise typer.Exit(1)


async def _compared(change: "Migration", settings: Settings) -> "Comparison":
    from usher.comparing import show

    comparison = await change.compare()
    show(console, comparison, change.old.pack, change.pack)
    if settings.recognition.match_threshold:
        _say(
            "USHER_RECOGNITION__MATCH_THRESHOLD is set, and goes for both packs. Distances of two "
            "models do not compare: take it out, so that the pack's own is used.",
            "yellow",
        )
    return comparison


def _say_embedded(embedded: "Embedded") -> None:
    _say(f"Embedded now: {embedded.references} references, {embedded.detections} detections.")
    if embedded.unembeddable:
        _say(
            "References that cannot be, as their image is gone or shows no face: "
            f"{embedded.unembeddable}. People who have no other: {embedded.left_behind}.",
            "yellow",
        )


def _wants_switch(embedded: "Embedded", wish: _Wish) -> bool:
    """Ask whether to switch, unless that was said."""
    if embedded.left_behind and not wish.leave_behind:
        raise InvalidError(
            f"{embedded.left_behind} of the people known here would be strangers with the new "
            "pack. Bring their images back and run this again, or say --leave-behind. Nothing is "
            "switched."
        )
    if wish.yes:
        return True
    if not sys.stdin.isatty():
        _say("Nothing is switched. Run the same command with --yes to switch.")
        return False
    return _agreed("Switch to the new pack?")


def _say_switched(change: "Migration", settings: Settings) -> None:
    from usher.pack_in_use import absolute

    _say(f"{change.pack} is in use. `usher recognition migrate --back` takes it back.")
    chosen = settings.recognition.chosen_pack
    if chosen and absolute(chosen) != change.pack:
        _say(
            f"USHER_RECOGNITION__PACK is still {chosen}: set it to {change.pack}, or to nothing.",
            "yellow",
        )


def _say(sentence: str, style: str | None = None) -> None:
    console.print(sentence, style=style, soft_wrap=True, markup=False)


def _print_json(
    change: "Migration",
    embedded: "Embedded",
    comparison: "Comparison | None",
    *,
    switched: bool,
) -> None:
    figures = {
        "from": {"pack": change.old.pack, "model": change.old.model},
        "to": {"pack": change.pack, "model": change.model},
        "embedded": asdict(embedded),
        "comparison": asdict(comparison) if comparison else None,
        "switched": switched,
    }
    typer.echo(json.dumps(figures))


def _agreed(question: str) -> bool:
    """Ask on the terminal. Ctrl-C is a no to everything, in the event loop too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return typer.confirm(question, err=True)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress(name: str, total: int) -> Iterator[Tick]:
    """Show how far it is; give what is to be called with how many were done."""
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=total)
        yield lambda done: progress.advance(task, done)
