"""How many posts the API takes, beside a handler that does the least one can do."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from evaluation.installation import free_port
from evaluation.load import Taken, batch, press, single
from evaluation.processes import Role, go_on, hold, mongo_uri
from evaluation.system import System

BATCH = 16
# The three take turns, so that a noisy neighbour slows them alike.
ROUNDS = 3
START_SECONDS = 20.0
# Twice what the rounds can bring: workers are held still, and nothing may be refused for that.
BACKLOG = "1000000"


@dataclass(slots=True)
class Intake:
    """What was taken: single crops, batches, and by the naive handler single crops too."""

    singles: Taken = field(default_factory=Taken)
    batches: Taken = field(default_factory=Taken)
    naive: Taken = field(default_factory=Taken)


async def measure_intake(
    system: System, crops: Sequence[bytes], seconds: float, tick: Callable[[], None]
) -> Intake:
    """Post for so many seconds to each, in rounds, the workers held still.

    `system` must have been started with room for the backlog, see BACKLOG.
    """
    workers = await system.usher.pids(Role.WORKER)
    [mongod] = await system.usher.pids(Role.MONGOD)
    address, intake = f"{system.url}/api/v1/detections", Intake()
    alone = [single(crop) for crop in crops]
    together = [batch(crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)]
    await asyncio.to_thread(hold, workers)
    try:
        async with _naive(mongo_uri(mongod)) as naive:
            for _ in range(ROUNDS):
                share = seconds / ROUNDS
                intake.naive.add(await press(naive, "", alone, seconds=share))
                intake.singles.add(await press(address, system.key, alone, seconds=share))
                intake.batches.add(await press(address, system.key, together, seconds=share))
                tick()
    finally:
        await asyncio.to_thread(go_on, workers)
    return intake


@asynccontextmanager
async def _naive(uri: str) -> AsyncIterator[str]:
    """Run the naive handler as a process of its own; give its address."""
    with tempfile.TemporaryDirectory(prefix="usher-naive-") as folder:
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "evaluation.naive", str(port), folder, uri),
            stdin=subprocess.DEVNULL,
        )
        try:
            await _listening(port)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.kill()
            await process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return
