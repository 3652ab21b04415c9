"""`usher up` in a folder of its own, run as its users run it, and never left behind."""

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from evaluation.processes import Child, Role, children, end

READY_SECONDS = 90.0
STOP_SECONDS = 60.0
COMMAND_SECONDS = 60.0
LOOK_SECONDS = 0.05
LOG_LINES = 40


class SystemFailedError(RuntimeError):
    """Usher did not do what it should; the text ends with the last lines of its log."""


@dataclass(kw_only=True)
class Usher:
    """`usher up` in a data folder, or `usher api` alone. Its log stands beside the folder."""

    data_dir: Path
    port: int
    environment: Mapping[str, str]
    workers: int = 1
    role: Role = Role.UP
    process: asyncio.subprocess.Process | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.data_dir.parent / f"{self.data_dir.name}.log"

    @property
    def url(self) -> str:
        """The address of the API and the panel."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises SystemFailedError."""
        arguments = [self.role, "--port", str(self.port)]
        if self.role is Role.UP:
            arguments += ["--workers", str(self.workers)]
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._command(*arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.data_dir.parent,
            )
        await self._ready()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "usher", *arguments, "--data-dir", str(self.data_dir)]

    async def _ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        ready = "/readyz" if self.role is Role.UP else "/healthz"
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            while time.monotonic() < deadline:
                if self.process is None or self.process.returncode is not None:
                    raise SystemFailedError(f"usher {self.role} ended.\n{self.last_words()}")
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(ready)).is_success:
                        return
                await asyncio.sleep(LOOK_SECONDS)
        raise SystemFailedError(
            f"usher {self.role} is not ready after {READY_SECONDS:.0f} s.\n{self.last_words()}"
        )

    async def says(self, text: str) -> str:
        """Wait until the log has a text; return the log. Lines are folded: white space is one."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            log = " ".join(self.log.read_text(errors="replace").split())
            if text in log:
                return log
            await asyncio.sleep(LOOK_SECONDS)
        raise SystemFailedError(f"usher {self.role} does not say {text!r}.\n{self.last_words()}")

    def last_words(self) -> str:
        """Return the end of the log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-LOG_LINES:])

    async def command(self, *arguments: str) -> str:
        """Run another command of `usher` on the same data folder; return what it printed.

        Raises SystemFailedError with what it complained of.
        """
        process = await asyncio.create_subprocess_exec(
            *self._command(*arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment,
            cwd=self.data_dir.parent,
        )
        async with asyncio.timeout(COMMAND_SECONDS):
            out, err = await process.communicate()
        if process.returncode:
            raise SystemFailedError(f"usher {arguments[0]}: {err.decode(errors='replace')}")
        return out.decode()

    async def children(self) -> list[Child]:
        """Return the processes that work on the data folder now."""
        return await asyncio.to_thread(children, self.data_dir)

    async def pids(self, role: Role) -> list[int]:
        """Return the processes of a role."""
        return [child.pid for child in await self.children() if child.role is role]

    async def kill(self, role: Role, *, number: int = 0) -> int | None:
        """Kill a process of a role, as `kill -9` does; return its id, None if there is none."""
        pids = await self.pids(role)
        if not pids:
            return None
        pid = pids[number % len(pids)]
        end([pid])
        return pid

    async def stop(self) -> None:
        """Stop it as Ctrl-C does, and wait until it has ended. Raises SystemFailedError."""
        if self.process is None:
            return
        if self.process.returncode is None:
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            raise SystemFailedError(
                f"usher {self.role} does not stop.\n{self.last_words()}"
            ) from None

    async def clear(self) -> None:
        """Leave no process behind, whatever happened."""
        while left := await self.children():
            end(child.pid for child in left)
            await asyncio.sleep(LOOK_SECONDS)
        if self.process is not None:
            await self.process.wait()


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(**variables: str) -> dict[str, str]:
    """Return this process's environment without any setting of Usher, and `variables` on top."""
    inherited = os.environ.items()  # noqa: TID251 - handed on, not read
    kept = {name: value for name, value in inherited if not name.startswith("USHER_")}
    return {**kept, **variables}


@asynccontextmanager
async def running_usher(
    role: Role = Role.UP,
    *,
    workers: int = 1,
    data_dir: Path | None = None,
    **variables: str,
) -> AsyncIterator[Usher]:
    """Run `usher up` in a folder, a temporary one unless given; leave no process behind.

    Or one role alone. `variables` are settings as the environment has them. Raises
    SystemFailedError.
    """
    with tempfile.TemporaryDirectory(prefix="usher-") as folder:
        usher = Usher(
            data_dir=data_dir or Path(folder, "data"),
            port=free_port(),
            environment=clean_environment(**variables),
            workers=workers,
            role=role,
        )
        try:
            await usher.start()
            yield usher
            await usher.stop()
        finally:
            await usher.clear()
