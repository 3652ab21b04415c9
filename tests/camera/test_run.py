"""A whole run: from a source to the server, through every kind of trouble."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console

from camera.run import CameraError, CameraOptions, run
from tests.camera.inbox import KEY, Inbox, answer, lost_answer, reset, until

SOON = timedelta(seconds=0.3)


@pytest.fixture
def options(inbox: Inbox, recording: Path, tmp_path: Path) -> CameraOptions:
    """Return the options of a run over the film of six people."""
    spool = tmp_path / "spool"
    return CameraOptions(source=str(recording), url=inbox.url, key=KEY, spool=spool)


def printed(console: Console) -> str:
    """Return what a console has printed."""
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def portraits(folder: Path, picture: Path, count: int) -> None:
    """Put a picture into a folder several times, and a torn one."""
    for index in range(count):
        (folder / f"{index:03}.png").symlink_to(picture)
    (folder / "torn.jpg").write_bytes(picture.read_bytes()[:900])


async def test_a_film_becomes_a_few_good_crops(
    inbox: Inbox, options: CameraOptions, console: Console
) -> None:
    """Six people in six seconds give a crop or two each, with consistent fields."""
    totals = await run(options, console=console)
    assert totals.delivered
    assert totals.frames == 30
    assert 6 <= totals.posted == len(inbox.arrivals) <= 15
    assert len({arrival.track for arrival in inbox.arrivals}) == totals.tracks
    for arrival in inbox.arrivals:
        assert datetime.fromisoformat(arrival.captured_at) < datetime.now(UTC)
        x, y, w, h = (int(number) for number in arrival.box.split(","))
        assert 0 <= x < x + w <= 640
        assert 0 <= y < y + h <= 480
        crop = cv2.imdecode(np.frombuffer(arrival.image, np.uint8), cv2.IMREAD_COLOR)
        assert crop is not None
        assert max(crop.shape) <= 512


async def test_crops_of_one_frame_share_its_name_and_moment(
    inbox: Inbox, options: CameraOptions, console: Console, six_people: Path
) -> None:
    """Six faces of one picture are six tracks, one frame, one moment."""
    totals = await run(replace(options, source=str(six_people)), console=console)
    assert totals.posted == 6
    assert len({arrival.frame for arrival in inbox.arrivals}) == 1
    assert len({arrival.captured_at for arrival in inbox.arrivals}) == 1
    assert len({arrival.track for arrival in inbox.arrivals}) == 6


async def test_pictures_of_a_folder_are_not_taken_for_a_film(
    inbox: Inbox, options: CameraOptions, console: Console, tmp_path: Path, astronaut: Path
) -> None:
    """Five portraits give five crops, though their faces are all at one place."""
    portraits(tmp_path, astronaut, 5)
    totals = await run(replace(options, source=str(tmp_path)), console=console)
    assert (totals.posted, totals.tracks, totals.unreadable) == (5, 5, 1)
    again = await run(replace(options, source=str(tmp_path), rate=2), console=console)
    assert (again.posted, again.tracks) == (1, 1)


async def test_trouble_on_the_way_doubles_and_loses_nothing(
    inbox: Inbox, options: CameraOptions, console: Console
) -> None:
    """Resets, lost answers and a busy server delay crops, and each is kept once."""
    busy = answer(503, Retry_After="0")
    inbox.faults.extend([reset, lost_answer(inbox), busy, lost_answer(inbox), answer(500), reset])
    totals = await run(options, console=console)
    assert totals.delivered
    assert len(inbox.taken) == totals.crops == totals.posted
    assert len(inbox.arrivals) >= len(inbox.taken) + 2


async def test_what_could_not_be_posted_goes_first_next_time(
    inbox: Inbox, options: CameraOptions, console: Console, astronaut: Path
) -> None:
    """While the server is away crops wait; the next run posts them before its own."""
    inbox.always = answer(503, Retry_After="0")
    away = await run(replace(options, drain=SOON), console=console)
    assert not away.delivered
    assert away.waiting == away.crops > 5
    inbox.always = None
    back = replace(options, source=str(astronaut), in_flight=1)
    totals = await run(back, console=console)
    assert totals.delivered
    assert len(inbox.arrivals) == away.waiting + 1
    assert inbox.arrivals[-1].box.startswith("178,")
    assert f"{away.waiting} crops of an earlier run are posted first" in printed(console)


async def test_a_full_spool_loses_new_crops_and_says_so(
    inbox: Inbox, options: CameraOptions, console: Console, six_people: Path
) -> None:
    """Four of six crops have room; the others are lost, counted and said once."""
    inbox.always = answer(503)
    small = replace(options, source=str(six_people), spool_count=4, drain=SOON)
    totals = await run(small, console=console)
    assert (totals.waiting, totals.lost, totals.posted) == (4, 2, 0)
    assert printed(console).count("new crops are lost, and counted") == 1
    assert not totals.delivered


async def test_a_film_waits_for_room_while_the_server_takes_crops(
    inbox: Inbox, options: CameraOptions, console: Console
) -> None:
    """A spool for one crop is enough for a whole film."""
    totals = await run(replace(options, spool_count=1, in_flight=1), console=console)
    assert totals.delivered
    assert totals.posted >= 6


async def test_a_wrong_key_ends_the_run_at_once(options: CameraOptions, console: Console) -> None:
    """The sentence says what to check; the key itself is nowhere."""
    with pytest.raises(CameraError, match=r"unknown key \(check --key\)") as raised:
        await run(replace(options, key="wrong-secret"), console=console)
    assert "wrong-secret" not in printed(console) + str(raised.value)


@pytest.mark.parametrize(
    ("url", "key", "word"),
    [
        ("", KEY, "--url"),
        ("usher:8080", KEY, "--url"),
        ("ftp://usher", KEY, "--url"),
        ("http://usher", "", "--key"),
        ("http://usher", "schlüssel", "--key"),
        ("http://usher", "two\nlines", "--key"),
    ],
)
async def test_what_can_never_work_is_said_before_anything_is_done(
    options: CameraOptions, console: Console, url: str, key: str, word: str
) -> None:
    """A wrong address or key leaves no spool behind."""
    with pytest.raises(CameraError, match=word):
        await run(replace(options, url=url, key=key), console=console)
    assert options.spool is not None
    assert not options.spool.exists()


async def test_a_dry_run_writes_crops_and_posts_nothing(
    inbox: Inbox, options: CameraOptions, console: Console, tmp_path: Path
) -> None:
    """The crops are pictures in a folder; no address is needed."""
    out = tmp_path / "out" / "crops"
    totals = await run(replace(options, url="", key="", dry_run=out), console=console)
    files = sorted(out.iterdir())
    assert len(files) == totals.crops >= 6
    assert all(cv2.imread(str(file)) is not None for file in files)
    assert inbox.requests == 0


@pytest.mark.parametrize("option", ["spool", "dry_run"])
async def test_a_folder_that_cannot_be_is_said(
    options: CameraOptions, console: Console, tmp_path: Path, option: str
) -> None:
    """Where a file is in the way the run ends with a sentence that names the option."""
    (tmp_path / "file").touch()
    away = replace(options, **{option: tmp_path / "file" / "folder"})  # type: ignore[arg-type]
    with pytest.raises(CameraError, match=f"--{option.replace('_', '-')} .*Not a directory"):
        await run(away, console=console)


async def test_a_stop_ends_a_run_in_order(
    inbox: Inbox, options: CameraOptions, console: Console, astronaut: Path, tmp_path: Path
) -> None:
    """What was cut before the stop is delivered; the rest of the source is left."""
    folder = tmp_path / "many"
    folder.mkdir()
    portraits(folder, astronaut, 300)
    stop = threading.Event()
    async with asyncio.TaskGroup() as tasks:
        source = replace(options, source=str(folder))
        task = tasks.create_task(run(source, console=console, stop=stop))
        await until(lambda: len(inbox.arrivals) >= 3)
        stop.set()
    assert task.result().delivered
    assert 3 <= task.result().posted == len(inbox.taken) < 300


async def test_a_terminal_sees_a_bar_with_percent(options: CameraOptions) -> None:
    """On a terminal the run ends at 100 % with its numbers."""
    terminal = Console(file=StringIO(), force_terminal=True, width=160)
    await run(options, console=terminal)
    assert "100%" in printed(terminal)
    assert "30 frames" in printed(terminal)
