"""What a run shows: a bar on a terminal, plain lines elsewhere, and a summary at the end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

from camera.options import Totals

REFRESH = 0.25
"""Seconds between looks at the totals on a terminal."""
REPORT = 10.0
"""Seconds between lines where there is no terminal."""


@dataclass
class Display:
    """Shows totals while a run goes on. As a context manager it owns the bar.

    `measured`: the source has an end, so the bar has a percentage.
    """

    console: Console
    totals: Totals
    title: str
    clock: Callable[[], datetime]
    measured: bool = False

    def __enter__(self) -> Self:
        """Show the bar, if this is a terminal."""
        bars = (BarColumn(), TaskProgressColumn()) if self.measured else ()
        title = TextColumn("{task.description}", markup=False)
        counts = TextColumn("{task.fields[numbers]}", markup=False)
        shown = self.console.is_terminal
        self._bar = Progress(
            SpinnerColumn(), title, *bars, counts, console=self.console, disable=not shown
        )
        total = 1.0 if self.measured else None
        self._task = self._bar.add_task(self.title, total=total, numbers="")
        self._bar.start()
        if not shown:
            self.say(f"watching {self.title}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away, its last state shown."""
        self._update()
        self._bar.stop()

    def say(self, text: str) -> None:
        """Print one line above the bar, dated where lines are a log. Safe for threads."""
        stamp = "" if self.console.is_terminal else f"{self.clock():%Y-%m-%dT%H:%M:%SZ} "
        self.console.print(stamp + text, markup=False, highlight=False, soft_wrap=True)

    async def run(self) -> None:
        """Keep what is shown current, until cancelled."""
        while True:
            if self.console.is_terminal:
                self._update()
                await asyncio.sleep(REFRESH)
            else:
                await asyncio.sleep(REPORT)
                self.say(numbers(self.totals))

    def _update(self) -> None:
        self._bar.update(self._task, completed=self.totals.done or 0, numbers=numbers(self.totals))


def numbers(totals: Totals) -> str:
    """Return the totals in one line; what went wrong is named only if it did."""
    parts = [
        f"{totals.frames} frames",
        f"{totals.faces} faces",
        f"{totals.tracks} tracks",
        f"{totals.crops} crops",
        f"{totals.posted} posted",
        f"{totals.waiting} in the spool" if totals.waiting else "",
        f"{totals.lost} lost (spool full)" if totals.lost else "",
        f"{totals.refused} refused" if totals.refused else "",
        f"{totals.unreadable} unreadable" if totals.unreadable else "",
    ]
    return ", ".join(part for part in parts if part)
