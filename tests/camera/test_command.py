"""The command in a process of its own: its help, its exit codes, and its deaths."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer

from camera.cli import moment, secret, span
from tests.camera.inbox import KEY, Inbox, answer, until

PROGRAM = "import typer; from camera.cli import camera; typer.run(camera)"
Started = Callable[..., Coroutine[None, None, Process]]


@pytest.fixture
async def started(inbox: Inbox, tmp_path: Path) -> AsyncIterator[Started]:
    """Return a way to start the command; what still runs at the end is killed."""
    running: list[Process] = []
    spool = str(tmp_path / "spool")

    async def start(source: Path, *more: str, key: str = KEY) -> Process:
        words = ["--source", str(source), "--url", inbox.url, "--key", key, "--spool", spool, *more]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, *words, stdout=PIPE, stderr=PIPE
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
def crowd(tmp_path: Path, six_people: Path) -> Path:
    """Return a folder of forty photos of six people."""
    folder = tmp_path / "crowd"
    folder.mkdir()
    for index in range(40):
        (folder / f"{index:02}.jpg").symlink_to(six_people)
    return folder


def waiting(tmp_path: Path) -> int:
    """Count the crops in the spool."""
    return len(list((tmp_path / "spool").glob("*.crop")))


def keys_waiting(tmp_path: Path) -> set[str]:
    """Return the idempotency keys of the crops in the spool."""
    heads = [f.read_bytes().partition(b"\n")[0] for f in (tmp_path / "spool").glob("*.crop")]
    return {json.loads(head)["idempotency_key"] for head in heads}


async def test_a_delivered_film_is_exit_code_0(
    inbox: Inbox, started: Started, recording: Path
) -> None:
    """The summary says that everything arrived."""
    out, err = await (process := await started(recording)).communicate()
    assert process.returncode == 0, err
    assert b"All delivered: 30 frames" in out
    assert f"{len(inbox.taken)} posted".encode() in out


async def test_a_server_that_is_busy_is_exit_code_1(
    inbox: Inbox, started: Started, astronaut: Path
) -> None:
    """What is left in the spool is said."""
    inbox.always = answer(503)
    out, _ = await (process := await started(astronaut, "--drain", "200ms")).communicate()
    assert process.returncode == 1
    assert b"1 in the spool" in out
    assert b"go first next time" in out


async def test_a_wrong_key_is_exit_code_2_and_is_not_shown(
    started: Started, astronaut: Path
) -> None:
    """One sentence, no traceback, and not the key."""
    out, err = await (process := await started(astronaut, key="s3cret")).communicate()
    assert process.returncode == 2
    assert b"check --key" in out
    assert b"Traceback" not in out + err
    assert b"s3cret" not in out + err


async def test_a_killed_camera_loses_and_doubles_nothing(
    inbox: Inbox, started: Started, crowd: Path, astronaut: Path, tmp_path: Path
) -> None:
    """What the killed run had cut arrives in the next one, each crop under one key."""
    inbox.faults.extend([answer(503, Retry_After="1")] * 3)
    process = await started(crowd)
    await until(lambda: len(inbox.arrivals) >= 10)
    process.kill()
    await process.wait()
    left = keys_waiting(tmp_path)
    assert left
    second = await started(astronaut)
    await second.communicate()
    assert second.returncode == 0
    assert waiting(tmp_path) == 0
    assert left <= set(inbox.taken)
    moments = [(arrival.captured_at, arrival.track) for arrival in inbox.taken.values()]
    assert len(set(moments)) == len(moments)  # no crop came under two keys


async def test_ctrl_c_ends_in_order_with_a_summary(
    inbox: Inbox, started: Started, crowd: Path, tmp_path: Path
) -> None:
    """The crops that were cut are delivered and the exit code says so."""
    process = await started(crowd)
    await until(lambda: len(inbox.arrivals) >= 3)
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert process.returncode == 0, out
    assert b"All delivered" in out
    assert err == b""
    assert waiting(tmp_path) == 0


async def test_ctrl_c_twice_ends_at_once_and_keeps_the_spool(
    inbox: Inbox, started: Started, crowd: Path, tmp_path: Path
) -> None:
    """Nothing is waited for; the crops stay for the next run."""
    inbox.always = answer(503, Retry_After="60")
    process = await started(crowd)
    await until(lambda: waiting(tmp_path) > 3 and inbox.requests > 0)
    process.send_signal(signal.SIGINT)
    await asyncio.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert process.returncode == 130
    assert b"waits in the spool" in out
    assert b"Traceback" not in err
    assert waiting(tmp_path) > 3


async def test_a_key_may_come_from_a_file(
    inbox: Inbox, started: Started, astronaut: Path, tmp_path: Path
) -> None:
    """@FILE is read, line end and all."""
    (tmp_path / "key").write_text(KEY + "\n")
    process = await started(astronaut, key=f"@{tmp_path / 'key'}")
    await process.communicate()
    assert process.returncode == 0
    assert len(inbox.taken) == 1


async def test_help_tells_every_option() -> None:
    """Each option is named and explained."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, "--help", stdout=PIPE
    )
    out, _ = await process.communicate()
    for option in ("source", "url", "key", "rate", "started-at", "once", "spool", "drain"):
        assert f"--{option}".encode() in out
    assert b"[default: 30s]" in out


def test_times_and_keys_are_read_or_refused(tmp_path: Path) -> None:
    """What cannot be read is refused with an example of what can."""
    assert span("30s") == span("30") == timedelta(seconds=30)
    assert span("2m") == timedelta(minutes=2)
    assert span("500ms") == timedelta(seconds=0.5)
    assert moment("2026-11-22T10:00:00Z") == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert moment("2026-11-22T10:00:00").tzinfo is UTC
    for read, text in ((span, "soon"), (span, "-1s"), (moment, "noon"), (secret, "@/none")):
        with pytest.raises(typer.BadParameter):
            read(text)
