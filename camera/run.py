"""One run of the camera: a thread that watches, tasks that post, and a display of both."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from camera.display import Display
from camera.faces import FaceFinder
from camera.options import CameraError, CameraOptions, Totals, without_password
from camera.posting import Poster
from camera.sinks import DryRun, Spooling
from camera.sources import Source, open_source
from camera.spool import Spool
from camera.watching import Sink, Watcher

__all__ = ["CameraError", "CameraOptions", "Totals", "run"]

AFTER_STOP = timedelta(seconds=5)
"""How long a camera that was told to stop still posts what is in the spool."""
LOOK = 0.05
"""Seconds between looks at what is still in the spool."""


def now_utc() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)


async def run(
    options: CameraOptions,
    *,
    console: Console,
    stop: threading.Event | None = None,
    clock: Callable[[], datetime] = now_utc,
) -> Totals:
    """Watch the source to its end, or until `stop` is set, and post the crops of its faces.

    Returns what was done. Crops that could not be posted within `options.drain` stay in the spool
    and are posted first by the next run. Raises CameraError where only a person can help.
    """
    options.check()
    totals = Totals()
    display = Display(console, totals, without_password(options.source), clock)
    source = await asyncio.to_thread(open_source, options, clock=clock, say=display.say)
    display.measured = not source.live
    job = Run(options, source, totals, display, stop or threading.Event())
    try:
        with display:
            await (job.dry(options.dry_run) if options.dry_run else job.post())
    except* CameraError as errors:
        raise _first(errors) from None
    return totals


@dataclass(frozen=True)
class Run:
    """What the parts of one run share."""

    options: CameraOptions
    source: Source
    totals: Totals
    display: Display
    stop: threading.Event

    async def dry(self, folder: Path) -> None:
        """Watch, and write the crops into a folder."""
        async with asyncio.TaskGroup() as tasks:
            showing = tasks.create_task(self.display.run())
            await self._watch(DryRun(folder))
            showing.cancel()

    async def post(self) -> None:
        """Watch and post; then post what is still in the spool."""
        with closing(await asyncio.to_thread(self._spool)) as spool:
            self._greet(spool)
            poster = self._poster(spool)
            async with asyncio.TaskGroup() as tasks:
                showing = tasks.create_task(self.display.run())
                posting = tasks.create_task(poster.run())
                await self._watch(self._spooling(spool, poster))
                await self._drain(spool)
                posting.cancel()
                showing.cancel()
            self.totals.waiting = len(spool)

    async def _watch(self, sink: Sink) -> None:
        """Run the watching thread to its end; it is told to stop if this is cancelled."""
        score, side = self.options.min_score, self.options.min_face
        finder = await asyncio.to_thread(FaceFinder, min_score=score, min_face=side)
        watcher = Watcher(
            source=self.source,
            finder=finder,
            sink=sink,
            totals=self.totals,
            stop=self.stop,
            margin=self.options.margin,
        )
        try:
            await asyncio.to_thread(watcher.watch)
        except asyncio.CancelledError:
            self.stop.set()
            raise

    async def _drain(self, spool: Spool) -> None:
        """Wait until the spool is empty, at most `drain`, and not long after `stop`."""
        began = time.monotonic()
        while len(spool):
            limit = (
                min(self.options.drain, AFTER_STOP) if self.stop.is_set() else self.options.drain
            )
            if time.monotonic() - began >= limit.total_seconds():
                return
            await asyncio.sleep(LOOK)

    def _spool(self) -> Spool:
        count, size = self.options.spool_count, int(self.options.spool_mb * 1_000_000)
        return Spool(self.options.spool_folder(), count=count, max_bytes=size)

    def _greet(self, spool: Spool) -> None:
        self.totals.waiting = len(spool)
        if len(spool):
            self.display.say(f"{len(spool)} crops of an earlier run are posted first")

    def _poster(self, spool: Spool) -> Poster:
        return Poster(
            spool=spool,
            url=self.options.url,
            key=self.options.key,
            totals=self.totals,
            say=self.display.say,
            in_flight=self.options.in_flight,
        )

    def _spooling(self, spool: Spool, poster: Poster) -> Spooling:
        return Spooling(
            spool=spool,
            poster=poster,
            totals=self.totals,
            stop=self.stop,
            patience=0.0 if self.source.live else self.options.drain.total_seconds(),
            say=self.display.say,
        )


def _first(errors: ExceptionGroup[CameraError]) -> CameraError:
    """Return the first error of a group of groups."""
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
