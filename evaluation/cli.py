"""`usher bench`: how fast and how safe Usher is on this machine."""

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from evaluation.panel_cli import panel_command
from evaluation.showing import console, progress, show
from evaluation.speed import recognition_command, search_command

# What measures is imported where it is run: `usher` must start fast, whatever it is asked.
# ruff: noqa: PLC0415

bench = typer.Typer(
    help="Measure Usher on this machine, on the real thing: `usher up` in a temporary folder, "
    "crops posted over HTTP, and a Bot API server of its own as the chat. `recognition` and "
    "`search` measure the engine alone, beside its floor and beside other people's.\n\n"
    "Nothing needs to be running, and nothing of yours is touched.",
    no_args_is_help=True,
)
bench.command("recognition")(recognition_command)
bench.command("search")(search_command)
bench.command("panel")(panel_command)

Workers = Annotated[int, typer.Option(help="Workers that Usher is run with.", min=1)]
Faces = Annotated[
    Path | None,
    typer.Option(
        help="A folder of people, NAME/*.jpg as LFW has them, for many different strangers. "
        "Without it six people take turns, whose pictures come with installed packages.",
        exists=True,
        file_okay=False,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the figures as one JSON object, as the last line.")
]


@bench.command("loop")
def loop_command(
    *,
    workers: Workers = 1,
    faces: Faces = None,
    cards: Annotated[int, typer.Option(help="Cards to wait for, one a second.", min=1)] = 60,
    crops: Annotated[int, typer.Option(help="Crops to work off at full speed.", min=16)] = 600,
    seconds: Annotated[
        float, typer.Option(help="Seconds of posts: single, in batches of 16, and naive.", min=0.3)
    ] = 9.0,
    as_json: AsJson = False,
) -> None:
    """From a post to the card in the chat, and how many posts and crops a second.

    The naive handler beside it hashes, writes a file and inserts, and checks nothing: the floor.
    """
    from evaluation.loop import LoopOptions, measure_loop

    options = LoopOptions(workers=workers, faces=faces, cards=cards, crops=crops, seconds=seconds)
    with progress("loop", options.steps) as tick:
        figures = asdict(asyncio.run(measure_loop(options, tick)))
    show(_LOOP, figures, as_json=as_json)


@bench.command("chaos")
def chaos_command(
    *,
    posts: Annotated[int, typer.Option(help="Crops to post.", min=20)] = 1000,
    workers: Workers = 2,
    faces: Faces = None,
    seed: Annotated[int, typer.Option(help="Of the dice that say who is killed when.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Kill -9 workers, API, bot, mongod and its keeper at random moments of a run of posts.

    Then wait until all is quiet and look through the public doors whether every acknowledged post
    was classified exactly once, nobody became two, and every card arrived once. A card counts as
    unknowable when the bot died between Telegram's answer and its record of it: nothing can know
    then, and it is sent again. Ends with 1 if anything was lost or doubled.
    """
    from evaluation.chaos import ChaosOptions, Telling, run_chaos

    options = ChaosOptions(posts=posts, workers=workers, faces=faces, seed=seed)
    begun = time.time()
    console.print(f"The dice have the seed {seed}.")
    with progress("chaos", posts) as tick:
        telling = Telling(
            post=tick,
            kill=lambda kill: console.print(f"{kill.at - begun:6.1f} s  kill -9 {kill.role}"),
            wait=lambda what: console.print(f"Waiting for {what}."),
            log=lambda text: console.print(text, markup=False),
        )
        findings = asyncio.run(run_chaos(options, telling))
    figures = asdict(findings)
    for problem in figures.pop("problems"):
        console.print(f"[red]Wrong:[/red] {problem}")
    show(_CHAOS, figures, as_json=as_json)
    if findings.problems:
        raise typer.Exit(1)


@bench.command("chat")
def chat_command(
    *,
    visits: Annotated[int, typer.Option(help="Visits within the hour.", min=1)] = 500,
    managers: Annotated[int, typer.Option(help="Managers with a chat each.", min=2)] = 5,
    group: Annotated[bool, typer.Option(help="Whether they have a group as well.")] = True,
    seed: Annotated[int, typer.Option(help="Of the dice that say who comes when.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Let an hour of visits pass in the chats of managers and of their group, in some minutes.

    The real bot, within Telegram's limits; its clock is moved over all the time in which nothing
    is to be done. Then look whether every question reached every chat once and stands there as it
    is now, and how long after a decision the last card showed it. Ends with 1 if anything was lost
    or doubled, or came too fast for Telegram.
    """
    from evaluation.chat import ChatOptions, measure_chat

    options = ChatOptions(visits=visits, managers=managers, group=group, seed=seed)
    console.print(f"The dice have the seed {seed}.")
    with progress("chat", visits) as tick:
        figures = asdict(measure_chat(options, tick))
    problems = figures.pop("problems")
    for problem in problems:
        console.print(f"[red]Wrong:[/red] {problem}")
    show(_CHAT, figures, as_json=as_json)
    if problems or figures["lost"] or figures["limit_violations"]:
        raise typer.Exit(1)


@bench.command("all")
def all_command(*, workers: Workers = 2, faces: Faces = None, as_json: AsJson = False) -> None:
    """Run every benchmark, one after the other, as they run by default; a quarter of an hour."""
    recognition_command(data=faces, as_json=as_json)
    search_command(as_json=as_json)
    loop_command(workers=workers, faces=faces, as_json=as_json)
    chaos_command(workers=workers, faces=faces, as_json=as_json)
    chat_command(as_json=as_json)
    panel_command(as_json=as_json)


_LOOP = {
    "card_p50_ms": "From a post to the card in the chat, median, ms",
    "card_p99_ms": "... 99th percentile, ms",
    "cards": "Cards waited for",
    "strangers": "... of them about people never seen before",
    "posts_per_s": "Posts of one crop a second, 32 in flight",
    "post_p50_ms": "... median, ms",
    "post_p99_ms": "... 99th percentile, ms",
    "posts_per_s_batched": "Posts of 16 crops a second, 32 in flight",
    "naive_posts_per_s": "The naive handler: posts of one crop a second",
    "naive_p99_ms": "... 99th percentile, ms",
    "ratio": "Usher's posts to the naive handler's",
    "crops_per_s": "Crops a second, from post to classified",
    "workers": "Workers",
}
_CHAT = {
    "visits": "Visits within the hour",
    "crops": "... of so many crops",
    "decided": "... decided by somebody",
    "told": "Presses told that it was decided already",
    "lost": "Questions, cards and presses lost",
    "doubled": "Cards sent twice",
    "limit_violations": "Calls that came too fast for Telegram",
    "edit_p95_s": "From a decision to the last edited card, 95th percentile, s",
    "edit_p50_s": "... median, s",
    "edit_p95_private_s": "... of cards in the managers' own chats, 95th percentile, s",
    "edit_p95_group_s": "... of cards in the group, 95th percentile, s",
    "limits_p95_group_s": "What Telegram's limits alone made the group wait, 95th percentile, s",
    "beyond_limits_p95_s": "What any card took beyond that, 95th percentile, s",
    "apart": "Cards that were a message of their own",
    "paged": "... that were a page among others",
    "spared": "... never sent, as somebody had answered before",
    "calls": "Calls to the Bot API",
    "hours": "Hours until all was at rest",
    "took_s": "... which took so many seconds here",
}
_CHAOS = {
    "kills": "Processes killed",
    "acknowledged": "Posts acknowledged",
    "classified": "... and classified, once",
    "lost": "Lost posts and cards",
    "doubled_persons": "People doubled",
    "doubled_cards": "Cards sent twice",
    "unknowable_cards": "Cards sent again as nobody could know",
}
