"""Frames come from folders, recordings and streams, each with the right moment."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import cv2
import pytest
from aiohttp import web

from camera.options import CameraError, CameraOptions, without_password
from camera.sources import Frame, Source, Stream, open_source

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def opened(source: str | Path, **more: object) -> Source:
    """Open a source at noon."""
    options = CameraOptions(source=str(source), **more)  # type: ignore[arg-type] # passed on
    return open_source(options, clock=lambda: NOON, say=print)


def frames(source: Source, count: int | None = None) -> list[Frame]:
    """Read a source."""
    return list(islice(source.frames(threading.Event()), count))


@pytest.fixture
def folder(tmp_path: Path, astronaut: Path) -> Path:
    """Return a folder with two pictures, one of them deeper, and two files that are none."""
    (tmp_path / "b").mkdir()
    shutil.copy(astronaut, tmp_path / "b" / "first.PNG")
    shutil.copy(astronaut, tmp_path / "c.png")
    (tmp_path / "a.jpg").write_bytes(b"not a picture")
    (tmp_path / "notes.txt").write_text("no picture either")
    return tmp_path


def test_pictures_of_a_folder_stand_alone(folder: Path) -> None:
    """All pictures come, sorted, dated now; what cannot be read is told from the others."""
    read = frames(opened(folder))
    assert [frame.image is None for frame in read] == [True, False, False]
    assert {frame.captured_at for frame in read} == {NOON}
    assert [frame.done for frame in read] == pytest.approx([1 / 3, 2 / 3, 1])
    assert opened(folder).step is None


def test_pictures_with_a_rate_are_a_recording_that_ends_now(folder: Path) -> None:
    """Three pictures at two a second began a second and a half ago."""
    source = opened(folder, rate=2)
    assert source.step == 0.5
    moments = [frame.captured_at for frame in frames(source)]
    assert moments == [NOON - timedelta(seconds=ago) for ago in (1.5, 1.0, 0.5)]


def test_a_recording_is_looked_at_five_times_a_second(recording: Path) -> None:
    """Of 6 s with 10 frames a second 30 are looked at, dated as if the film ended now."""
    read = frames(opened(recording))
    assert [frame.seconds for frame in read] == pytest.approx([index / 5 for index in range(30)])
    assert read[0].captured_at == NOON - timedelta(seconds=6)
    assert read[-1].done == pytest.approx(1, abs=0.02)
    assert all(frame.image is not None and frame.image.shape == (480, 640, 3) for frame in read)


def test_a_recording_may_say_when_it_began(recording: Path) -> None:
    """With `started_at` its frames have the same moments whenever it is sent."""
    began = datetime(2020, 1, 1, tzinfo=UTC)
    assert frames(opened(recording, started_at=began), 1)[0].captured_at == began


def test_a_rate_above_the_recordings_own_takes_every_frame(recording: Path) -> None:
    """No frame is made up."""
    assert len(frames(opened(recording, rate=30))) == 60


@pytest.mark.parametrize("name", ["nothing.mp4", "empty", "text.mp4"])
def test_what_cannot_be_watched_is_said(tmp_path: Path, name: str) -> None:
    """A missing file, a folder without pictures and a file that is no video end in a sentence."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(CameraError, match=name):
        frames(opened(tmp_path / name))


def test_a_webcam_that_is_not_there_is_said() -> None:
    """A wrong number is not waited for."""
    with pytest.raises(CameraError, match="no webcam 63"):
        frames(opened("63"))


def test_a_stop_ends_a_source(recording: Path) -> None:
    """No frame comes after `stop` was set."""
    stop = threading.Event()
    read = opened(recording).frames(stop)
    next(read)
    stop.set()
    assert list(read) == []


def test_addresses_are_shown_without_their_secrets() -> None:
    """Neither password nor query is shown, nor the key."""
    assert without_password("rtsp://me:secret@10.0.0.7:554/a?token=x") == "rtsp://10.0.0.7:554/a"
    assert without_password("film@home.mp4") == "film@home.mp4"
    options = CameraOptions(source="rtsp://me:secret@cam/1", url="http://usher", key="hidden")
    assert "hidden" not in repr(options)
    assert "secret" not in repr(options)
    assert "hidden" not in str(options.spool_folder())


@pytest.fixture
async def webcam(astronaut: Path) -> AsyncIterator[str]:
    """Return the address of a camera that breaks off after each five pictures."""
    picture = cv2.imencode(".jpg", cv2.imread(str(astronaut)))[1].tobytes()  # type: ignore[arg-type]

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_type = "multipart/x-mixed-replace; boundary=next"
        await response.prepare(request)
        head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        for _ in range(5):
            await response.write(head.encode() + picture + b"\r\n")
            await asyncio.sleep(0.02)
        return response

    app = web.Application()
    app.router.add_get("/live", handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/live"
    await runner.cleanup()


def stream(address: str, say: Callable[[str], None], *, once: bool = False) -> Stream:
    """Open a stream that is looked at as often as it sends."""
    return Stream(address, lambda: NOON, 1000, once, say, first_pause=0.05)


async def test_a_stream_that_breaks_off_is_reached_again(webcam: str) -> None:
    """Twelve frames come from a camera that sends five at a time, dated when they are read."""
    said: list[str] = []
    read = await asyncio.to_thread(frames, stream(webcam, said.append), 12)
    assert len(read) == 12
    assert {frame.captured_at for frame in read} == {NOON}
    seconds = [frame.seconds for frame in read]
    assert seconds == sorted(seconds)
    assert said
    assert all("sends nothing; trying again" in text for text in said)


async def test_a_stream_ends_when_it_breaks_off_if_told_so(webcam: str) -> None:
    """With `once` the source ends instead."""
    read = await asyncio.to_thread(frames, stream(webcam, print, once=True))
    assert 1 <= len(read) <= 5


async def test_a_stream_that_is_away_is_waited_for_until_stop(unused_tcp_port: int) -> None:
    """Tries go on with growing pauses, and a stop ends them."""
    stop, said = threading.Event(), []

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 3:
            stop.set()

    source = stream(f"rtsp://127.0.0.1:{unused_tcp_port}/x", say)
    assert await asyncio.to_thread(lambda: list(source.frames(stop))) == []
    assert len(said) == 3
