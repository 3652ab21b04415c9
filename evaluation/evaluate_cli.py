"""`usher evaluate`: how good the recognition is, on a folder of pictures of people."""

import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

# What evaluates is imported where it is run: `usher` must start fast, whatever it is asked.
# ruff: noqa: PLC0415

if TYPE_CHECKING:
    from evaluation.reports import Report
    from evaluation.study import Study

BUILD = Path("build") / "evaluation"
CACHE = BUILD / "embeddings.sqlite"

console = Console(stderr=True, highlight=False)
evaluate = typer.Typer(
    help="Measure how good the recognition is, on a folder of pictures of people: a folder for "
    "each person, as LFW has them (NAME/NAME_0001.jpg), with LFW's pairs.txt or without.\n\n"
    "Each writes report.html, report.md, report.json and plots into a folder. Embeddings are kept "
    f"in {CACHE} and taken from there the next time, also after an interruption. They are "
    "biometric data of the people in your folder: delete the file to forget them.",
    no_args_is_help=True,
)

Data = Annotated[
    Path,
    typer.Option(
        help="The folder of people: pictures that show them, NAME/*.jpg.",
        exists=True,
        file_okay=False,
    ),
]
Pack = Annotated[str, typer.Option(help="The models: opencv-zoo, or folder:PATH.")]
Out = Annotated[
    Path | None,
    typer.Option(help=f"Where the reports go [default: {BUILD}/EVALUATION].", file_okay=False),
]
Threads = Annotated[
    int | None, typer.Option(help="Threads of the models [default: one a core].", min=1)
]
Cache = Annotated[Path, typer.Option(help="The file that embeddings are kept in.", dir_okay=False)]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the report as one JSON object, as the last line.")
]
DEFAULT_PACK = "opencv-zoo"


@evaluate.command("verification")
def verification_command(
    *,
    data: Data,
    pack: Pack = DEFAULT_PACK,
    out: Out = None,
    threads: Threads = None,
    cache: Cache = CACHE,
    as_json: AsJson = False,
) -> None:
    """Tell pairs of one person from pairs of two: aligned by five points, and as centre crops."""
    from evaluation import verification_report

    command = _typed("verification", data, pack, out)
    with _study(data, pack, threads, cache, command) as study:
        _say(verification_report.report(study), out, as_json=as_json)


@evaluate.command("identification")
def identification_command(
    *,
    data: Data,
    references: Annotated[int, typer.Option(help="Pictures each known person has.", min=1)] = 1,
    gallery: Annotated[
        int | None,
        typer.Option(
            help="References to search among; filled with synthetic people where pictures run out "
            "[default: the known people alone].",
            min=1,
            max=100_000,
        ),
    ] = None,
    pack: Pack = DEFAULT_PACK,
    out: Out = None,
    threads: Threads = None,
    cache: Cache = CACHE,
    as_json: AsJson = False,
) -> None:
    """Search a gallery for known people and for strangers; and whether confidence is true."""
    from evaluation import identification_report

    more = ["--references", str(references), *(["--gallery", str(gallery)] if gallery else [])]
    command = _typed("identification", data, pack, out, *more)
    with _study(data, pack, threads, cache, command) as study:
        made = identification_report.report(study, references=references, gallery=gallery)
        _say(made, out, as_json=as_json)


@evaluate.command("robustness")
def robustness_command(
    *,
    data: Data,
    pairs: Annotated[
        int, typer.Option(help="Pairs of each kind to try each distortion on.", min=1)
    ] = 500,
    pack: Pack = DEFAULT_PACK,
    out: Out = None,
    threads: Threads = None,
    cache: Cache = CACHE,
    as_json: AsJson = False,
) -> None:
    """Distort pictures - turn, darken, blur, compress, shrink, cover - and see what is still right.

    The report shows a few of your pictures, distorted.
    """
    from evaluation import robustness_report

    command = _typed("robustness", data, pack, out, "--pairs", str(pairs))
    with _study(data, pack, threads, cache, command) as study:
        _say(robustness_report.report(study, count=pairs), out, as_json=as_json)


@evaluate.command("fairness")
def fairness_command(
    *,
    data: Data,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="A CSV file: a column `name` (a person's folder) or `image` (a path below the "
            "folder), and a column for each way of grouping, as age or gender.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    pack: Pack = DEFAULT_PACK,
    out: Out = None,
    threads: Threads = None,
    cache: Cache = CACHE,
    as_json: AsJson = False,
) -> None:
    """Compare how often groups of people are mistaken; needs labels that say who belongs where."""
    from evaluation import fairness_report

    if labels is None:
        raise typer.BadParameter(fairness_report.NEEDED, param_hint="--labels")
    command = _typed("fairness", data, pack, out, "--labels", str(labels))
    with _study(data, pack, threads, cache, command) as study:
        _say(fairness_report.report(study, labels=labels), out, as_json=as_json)


@evaluate.command("latency")
def latency_command(
    *,
    data: Data,
    pictures: Annotated[int, typer.Option(help="Pictures to measure with.", min=16)] = 64,
    rounds: Annotated[int, typer.Option(help="Rounds; the fastest counts.", min=1)] = 5,
    gallery: Annotated[int, typer.Option(help="References to match against.", min=1)] = 10_000,
    pack: Pack = DEFAULT_PACK,
    out: Out = None,
    threads: Threads = None,
    cache: Cache = CACHE,
    as_json: AsJson = False,
) -> None:
    """Measure where the time goes, stage by stage, beside the floor: the models alone."""
    from evaluation import latency_report

    more = ["--pictures", str(pictures), "--rounds", str(rounds), "--gallery", str(gallery)]
    command = _typed("latency", data, pack, out, *more)
    with _study(data, pack, threads, cache, command) as study:
        made = latency_report.report(study, pictures=pictures, rounds=rounds, gallery=gallery)
        _say(made, out, as_json=as_json)


@contextmanager
def _study(
    data: Path, pack: str, threads: int | None, cache: Path, command: str
) -> Iterator["Study"]:
    """Load what an evaluation needs; a folder that cannot be used is a sentence, and ends it."""
    from evaluation import lfw
    from evaluation.embedding_cache import EmbeddingCache
    from evaluation.pipeline import Pipeline
    from evaluation.study import Study

    try:
        people = lfw.people(data)
        pipeline = Pipeline.load(pack, threads=threads or os.cpu_count() or 1)
        kept = EmbeddingCache(cache, pipeline.fingerprint)
        if kept.was_damaged:
            console.print(f"{cache} was damaged: it is put aside, and begun again.")
        try:
            day = f"{datetime.now(UTC):%Y-%m-%d}"
            yield Study(people, pipeline, kept, console, command, day)
        finally:
            kept.close()
    except lfw.NotLaidOut as error:
        raise typer.BadParameter(str(error), param_hint="--data") from error


def _typed(name: str, data: Path, pack: str, out: Path | None, *more: str) -> str:
    """Give the command as somebody would type it again."""
    words = ["usher", "evaluate", name, "--data", str(data), *more]
    words += ["--pack", pack] if pack != DEFAULT_PACK else []
    return shlex.join([*words, *(["--out", str(out)] if out else [])])


def _say(report: "Report", out: Path | None, *, as_json: bool) -> None:
    """Write the report, print its headlines, and with `as_json` its figures as the last line."""
    from evaluation import reports

    folder = out or BUILD / report.name
    reports.write(report, folder)
    table = Table("figure", "", "what it means", title=report.title, show_header=False)
    for line in report.headlines:
        table.add_row(line.value, line.label, line.meaning)
    console.print(table)
    console.print(f"The report: {folder / 'report.html'}", soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(report.figures))
