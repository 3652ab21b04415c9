"""`usher bench recognition` and `usher bench search`: the engine alone, beside others."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from evaluation.showing import show_table, telling_progress

# What measures is imported where it is run: `usher` must start fast, whatever it is asked.
# ruff: noqa: PLC0415

Threads = Annotated[int, typer.Option(help="Cores that are used, by peers too.", min=1)]
Rounds = Annotated[int, typer.Option(help="Turns that each takes; its best one counts.", min=1)]
Peers = Annotated[
    Path | None,
    typer.Option(
        help="The folder that other people's programs are installed in, each in a virtual "
        "environment of its own, and used again. Without it ~/.cache/usher/peers.",
        file_okay=False,
    ),
]
WithPeers = Annotated[
    bool, typer.Option("--with-peers/--no-peers", help="Measure other people's programs too.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the figures as one JSON object, as the last line.")
]

MOST_MS = 6.0
MOST_OF_FLOOR = 1.6
LEAST_TIMES = {"face_recognition": 20, "insightface": 8}
# Milliseconds a query, by references of 128 numbers: alone, and in batches of 32.
MOST_QUERY_MS = {100_000: 1.5, 1_000_000: 20.0}
MOST_BATCH_QUERY_MS = {1_000_000: 4.0}


def recognition_command(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A folder of people, NAME/*.jpg as LFW has them. Without it six people take "
            "turns, whose pictures come with installed packages.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    pack: Annotated[
        str | None, typer.Option(help="The models. Without it those that Usher starts with.")
    ] = None,
    threads: Threads = 2,
    crops: Annotated[int, typer.Option(help="Crops of a turn.", min=1)] = 64,
    rounds: Rounds = 5,
    peers: Peers = None,
    with_peers: WithPeers = True,
    insightface_models: Annotated[
        Path | None,
        typer.Option(
            help="A folder of ONNX files for insightface. Without it insightface downloads "
            "buffalo_l, which is for non-commercial research only.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """From the bytes of a crop of 250x250 to its match among 10,000 references, in one process.

    Beside it the floor: the same models alone, on tensors that are ready, at their best batch. And
    face_recognition (dlib) and insightface, installed for this alone. All take turns.
    """
    from evaluation.peers import cache
    from evaluation.recognition_speed import RecognitionOptions, measure_recognition
    from recognition.packs import DEFAULT

    options = RecognitionOptions(
        data=data,
        pack=pack or DEFAULT,
        threads=threads,
        crops=crops,
        rounds=rounds,
        peers=(peers or cache()) if with_peers else None,
        insightface_models=insightface_models,
    )
    try:
        with telling_progress("recognition", rounds) as (tick, tell):
            figures = measure_recognition(options, tick, tell)
    except FileNotFoundError as error:  # a folder without pictures
        raise typer.BadParameter(str(error)) from error
    show_table(
        _recognition_table(figures),
        figures,
        notes=[
            f"{figures['model']} by {figures['provider']}, {figures['threads']} threads.",
            *(f"Floor: {stage} alone on {way}." for stage, way in figures["floor_ways"].items()),
            *(f"{name}: {about}" for name, about in figures["peers"].items()),
        ],
        as_json=as_json,
    )


def search_command(
    *,
    sizes: Annotated[
        list[int] | None,
        typer.Option(help="References; may be given several times. 10000, 100000 and 1000000."),
    ] = None,
    threads: Threads = 2,
    rounds: Rounds = 5,
    peers: Peers = None,
    with_peers: WithPeers = True,
    as_json: AsJson = False,
) -> None:
    """Find the ten nearest people, exactly, among up to a million references of 128 numbers.

    One query at a time and 32 together, beside the time it takes to read as many bytes and beside
    faiss's flat index, installed for this alone. And the longest that adding or removing one takes.
    A million references want 3 GB of memory meanwhile.
    """
    from evaluation.peers import cache
    from evaluation.search_speed import SIZES, SearchOptions, measure_search

    options = SearchOptions(
        sizes=tuple(sizes or SIZES),
        threads=threads,
        rounds=rounds,
        peers=(peers or cache()) if with_peers else None,
    )
    with telling_progress("search", options.steps) as (tick, tell):
        figures = measure_search(options, tick, tell)
    notes = [
        *_search_targets(figures["sizes"]),
        f"Products by {figures['products_by']}; OPENBLAS_CORETYPE, where it is set, chooses it.",
        f"faiss: {figures['faiss']}",
    ]
    show_table(_search_table(figures), figures, notes=notes, as_json=as_json)


def _recognition_table(figures: Mapping[str, Any]) -> Table:
    table = Table(
        "what", "figure", "target", title=f"A crop of 250x250, {figures['batch']} together"
    )
    table.add_row("From bytes to match, ms", *_most(figures["ms_per_crop"], MOST_MS))
    table.add_row("... to the floor", *_most(figures["floor_ratio"], MOST_OF_FLOOR))
    for name, least in LEAST_TIMES.items():
        times = figures["times_faster_than"][name]
        table.add_row(f"... faster than {name}", *_least(times, least))
    for stage in figures["floor_ways"]:
        table.add_row(f"Floor: {stage} alone, ms", _said(figures[f"{stage}_ms"]), "")
    for name, taken in figures["peers_ms"].items():
        table.add_row(f"{name}, ms", _said(taken), "")
    for name, found in figures["found"].items():
        table.add_row(f"Faces found by {name}", str(found), "")
    table.add_row("Memory, models loaded, MB", str(figures["rss_loaded_mb"]), "")
    table.add_row("... at most, MB", str(figures["rss_mb"]), "")
    return table


def _search_table(figures: Mapping[str, Any]) -> Table:
    sizes = figures["sizes"]
    heads = [f"{size['references']:,} x {size['dimensions']}" for size in sizes]
    table = Table("ms", *heads, title="Exact search, the ten nearest people")
    for name, said in _SEARCH.items():
        table.add_row(said, *(_said(size[name]) for size in sizes))
    return table


def _search_targets(sizes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say of each target whether it is reached."""
    for size in sizes:
        among, query = f"among {size['references']:,}", size["query_ms"]
        most = MOST_QUERY_MS.get(size["references"])
        if most is not None:
            yield f"A query {among}: {' ms, '.join(_most(query, most))}."
        most = MOST_BATCH_QUERY_MS.get(size["references"])
        if most is not None:
            yield f"... of 32 together: {' ms, '.join(_most(size['batch_query_ms'], most))}."
        never = max(size["put_ms"], size["drop_ms"]) <= query
        yield f"Adding and removing {among} never takes longer than a query: {_yes(never)}."


_SEARCH = {
    "query_ms": "A query",
    "batch_query_ms": "... of 32 together",
    "changed_query_ms": "... right after an addition",
    "floor_ms": "The floor, of the two below",
    "read_ms": "... reading every number",
    "product_ms": "... the product alone",
    "batch_product_ms": "... of 32 together",
    "faiss_ms": "faiss flat, a query",
    "faiss_batch_ms": "... of 32 together",
    "put_ms": "Adding a reference, the worst",
    "put_median_ms": "... the median",
    "drop_ms": "Removing one, the worst",
    "drop_median_ms": "... the median",
}


def _most(figure: float | None, most: float | None) -> tuple[str, str]:
    """Say a figure, and whether it is at most what it should be."""
    if figure is None or most is None:
        return _said(figure), ""
    return _said(figure), f"at most {most:g}: {_yes(figure <= most)}"


def _least(figure: float | None, least: float) -> tuple[str, str]:
    if figure is None:
        return _said(figure), f"at least {least:g}"
    return _said(figure), f"at least {least:g}: {_yes(figure >= least)}"


def _yes(reached: bool) -> str:  # noqa: FBT001 - the answer itself
    return "yes" if reached else "no"


def _said(figure: float | None) -> str:
    return "not measured" if figure is None else f"{figure:.3g}"
