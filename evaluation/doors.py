"""Measure how soon a door hears of somebody known: `python -m evaluation.doors`.

A whole Usher, a camera, and a receiver on loopback; beside it a bare POST to the same receiver.
The figures stand in docs/decisions/doors.md.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import httpx
import numpy as np
import typer
from aiohttp import web
from rich.console import Console
from rich.progress import track
from rich.table import Table

from demo.sitters import crop, people
from evaluation.system import SITE, System, running_system

NEEDED, LATEST_S = 3, 10.0
SOMEBODY, NAME, GATE = people()[0], "Anna", "Gate"


@dataclass
class Receiver:
    """Notes when each post came, by the clock on the wall, and what it said."""

    url: str = ""
    came: asyncio.Queue[tuple[float, bytes]] = field(default_factory=asyncio.Queue)

    async def take(self, request: web.Request) -> web.Response:
        """Take a post."""
        at = time.time()
        self.came.put_nowait((at, await request.read()))
        return web.Response(status=204)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Seconds since 1970: the last crop was acknowledged, it was decided, the webhook came."""

    posted: float
    decided: float
    heard: float


def main(
    arrivals: Annotated[int, typer.Option(min=1, help="how often somebody arrives")] = 30,
) -> None:
    """Say how long it takes from the decision, and from the last crop, to the webhook."""
    console = Console(width=100)
    seen, bare = asyncio.run(_measure(arrivals, console))
    table = Table("milliseconds", "median", "95 %", "longest", title=f"{arrivals} arrivals")
    table.add_row("decision to webhook", *_row([a.heard - a.decided for a in seen]))
    table.add_row("third crop's 202 to webhook", *_row([a.heard - a.posted for a in seen]))
    table.add_row("floor: a bare POST, connection anew", *_row(bare))
    console.print(table)


def _row(seconds: Sequence[float]) -> list[str]:
    found = 1000 * np.array(seconds)
    return [f"{value:.1f}" for value in (*np.percentile(found, [50, 95]), found.max())]


async def _measure(arrivals: int, console: Console) -> tuple[list[Arrival], list[float]]:
    async with running_system() as system, _receiving() as receiver:
        await _introduce(system)
        seen = [
            await _arrive(system, receiver, turn)
            for turn in track(range(1, arrivals + 1), console=console, description="arriving")
        ]
        return seen, [await _bare(receiver) for _ in range(arrivals)]


@asynccontextmanager
async def _receiving() -> AsyncIterator[Receiver]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield receiver
    finally:
        await runner.cleanup()


async def _introduce(system: System) -> None:
    """Let the manager name whoever arrives."""
    await system.post(crop(SOMEBODY, 0))
    card = await system.chat.wait_for(system.manager, lambda m: bool(m.buttons))
    await system.chat.press(system.manager, card, text="Name")
    prompt = await system.chat.wait_for(system.manager, lambda m: m.force_reply)
    await system.chat.send_text(system.manager, NAME, reply_to=prompt)
    await system.chat.wait_for(system.manager, lambda m: m.text.startswith("Saved"))


async def _arrive(system: System, receiver: Receiver, turn: int) -> Arrival:
    """Make the door anew, so that nothing holds it back, and post new crops."""
    words = ("--site", SITE, "--url", receiver.url, "--person", NAME)
    await system.usher.command("door", "add", GATE, *words)
    for n in range(NEEDED):
        answer = await system.post(
            crop(SOMEBODY, turn * NEEDED + n), captured_at=datetime.now(UTC).isoformat()
        )
        answer.raise_for_status()
    posted = time.time()
    async with asyncio.timeout(LATEST_S):
        heard, body = await receiver.came.get()
    decided = datetime.fromisoformat(json.loads(body)["timestamp"]).timestamp()
    await system.usher.command("door", "remove", GATE)
    return Arrival(posted=posted, decided=decided, heard=heard)


async def _bare(receiver: Receiver) -> float:
    async with httpx.AsyncClient(trust_env=False) as client:
        begun = time.time()
        await client.post(receiver.url, content=b"{}")
        heard, _ = await receiver.came.get()
        return heard - begun


if __name__ == "__main__":
    typer.run(main)
