"""The command `usher camera`."""

import asyncio
import re
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from camera.display import numbers
from camera.options import CameraError, CameraOptions, Totals

SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
NOT_ALL = 1
UNUSABLE = 2
INTERRUPTED = 130


def span(text: str) -> timedelta:
    """Read `30s`, `2m`, `500ms` or plain seconds."""
    match = SPAN.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter("say a time as 30s, 2m or 500ms")
    return timedelta(seconds=float(match[1]) * UNITS[match[2] or "s"])


def moment(text: str) -> datetime:
    """Read an RFC 3339 time; one without an offset is UTC."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("say a moment as 2026-11-22T10:00:00Z") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def secret(text: str) -> str:
    """Read a key, or with @FILE the key that a file holds."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{text[1:]} cannot be read") from error


def camera(
    *,
    source: Annotated[
        str,
        typer.Option(
            help="What to watch: a folder of pictures (with its subfolders, sorted), a video file, "
            "a stream (rtsp://user:password@host/path), or a webcam by its number (0).",
            show_default=False,
        ),
    ],
    url: Annotated[
        str, typer.Option(help="Where Usher listens, such as http://127.0.0.1:8080.")
    ] = "",
    key: Annotated[
        str,
        typer.Option(
            parser=secret,
            metavar="KEY|@FILE",
            help="The camera's key, made by 'usher camera-key create'. @FILE reads it from a file, "
            "so that it does not show in the list of processes.",
            show_default=False,
        ),
    ] = "",
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=60,
            help="Frames looked at per second: 5 for videos and streams. For a folder: its "
            "pictures follow one another at this rate and faces are followed from one to the "
            "next; without it each picture stands alone and every face of it is posted.",
            show_default=False,
        ),
    ] = None,
    started_at: Annotated[
        datetime | None,
        typer.Option(
            parser=moment,
            metavar="TIME",
            help="When a video or folder was recorded (2026-11-22T10:00:00Z): its first frame gets "
            "this time, so that sending it twice changes nothing. Without it a recording is dated "
            "as if it had ended now, and single pictures and streams get the time they are read.",
            show_default=False,
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when a stream breaks off; do not reconnect.")
    ] = False,
    min_face: Annotated[
        int, typer.Option(min=10, help="Narrowest face that is cut, in pixels of the frame.")
    ] = 40,
    min_score: Annotated[
        float, typer.Option(min=0.1, max=1.0, help="How sure the face finder must be.")
    ] = 0.7,
    margin: Annotated[
        float,
        typer.Option(min=0.0, max=2.0, help="What is added around a face, in sides of the face."),
    ] = 0.4,
    spool: Annotated[
        Path | None,
        typer.Option(
            help="Folder where crops wait until the server has taken them. Normally one under "
            "~/.local/state/usher/camera, named by address and key.",
            show_default=False,
        ),
    ] = None,
    spool_count: Annotated[
        int,
        typer.Option(
            min=1,
            help="Most crops that may wait. When it is full the oldest stay; new ones are lost and "
            "counted. A video file waits for room as long as the server takes crops.",
        ),
    ] = 2000,
    spool_mb: Annotated[float, typer.Option(min=0.1, help="Most megabytes that may wait.")] = 200.0,
    in_flight: Annotated[int, typer.Option(min=1, max=64, help="Posts under way at once.")] = 4,
    drain: Annotated[
        timedelta,
        typer.Option(
            parser=span,
            metavar="TIME",
            help="How long the spool is still emptied at the end; the rest goes first next time.",
        ),
    ] = "30s",  # type: ignore[assignment] # parsed by `span`
    dry_run: Annotated[
        Path | None,
        typer.Option(help="Write the crops to this folder to look at them; post nothing."),
    ] = None,
) -> None:
    """Watch a camera, a video or a folder of pictures, and post the faces.

    Faces are found and followed on this machine; only crops leave it, and
    only a few good ones of each face: the first within half a second, better
    ones after 1, 4 and 15 seconds, then one a minute. Each crop is on disk
    until the server has taken it, so nothing is lost while the server is
    away or when this program is killed.

    To look at the crops first, without a server:
    usher camera --source video.mp4 --dry-run crops

    A camera at a door:
    usher camera --source rtsp://10.0.0.7/1 --url http://usher:8080 --key @key

    Ctrl-C ends it in order; once more ends it at once. Exit code 0: every
    crop was delivered; 1: some were lost, refused, or wait in the spool;
    2: it could not run.
    """
    options = CameraOptions(
        source=source,
        url=url,
        key=key,
        rate=rate,
        started_at=started_at,
        once=once,
        min_face=min_face,
        min_score=min_score,
        margin=margin,
        spool=spool,
        spool_count=spool_count,
        spool_mb=spool_mb,
        in_flight=in_flight,
        drain=drain,
        dry_run=dry_run,
    )
    raise typer.Exit(_main(options, Console()))


def _main(options: CameraOptions, console: Console) -> int:
    """Run the camera and return the exit code."""
    try:
        totals = asyncio.run(_run(options, console))
    except CameraError as error:
        console.print(f"camera: {error}", markup=False, highlight=False, soft_wrap=True)
        return UNUSABLE
    except (asyncio.CancelledError, KeyboardInterrupt):
        console.print("Stopped. What was not posted waits in the spool.")
        return INTERRUPTED
    console.print(closing_words(options, totals), markup=False, highlight=False, soft_wrap=True)
    return 0 if totals.delivered else NOT_ALL


async def _run(options: CameraOptions, console: Console) -> Totals:
    """Run until the source ends; the first signal asks to end, the second cancels."""
    from camera.run import run

    stop, loop, task = threading.Event(), asyncio.get_running_loop(), asyncio.current_task()

    def ask() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    return await run(options, console=console, stop=stop)


def closing_words(options: CameraOptions, totals: Totals) -> str:
    """Return the summary of a run."""
    if options.dry_run is not None:
        return f"{numbers(totals)}; crops are in {options.dry_run}"
    left = f"; the {totals.waiting} in the spool go first next time" if totals.waiting else ""
    return (
        ("All delivered: " if totals.delivered else "Not all delivered: ") + numbers(totals) + left
    )
