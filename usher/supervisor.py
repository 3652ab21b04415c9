"""Keeps the processes of `usher up` running: one that dies is started again."""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)
STOP_SECONDS = 15.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
# A process that has run as long was well; the next time it dies it is started at once.
WELL_SECONDS = 30.0
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
# A role that ends so has said what is wrong with the settings; starting it again helps nobody.
HOPELESS = 2


@dataclass(frozen=True, slots=True)
class Role:
    """A process to keep: what it is called, and the arguments of `usher`."""

    name: str
    arguments: tuple[str, ...]


class RoleError(RuntimeError):
    """A role cannot run as things are; it has said why."""


async def supervise(roles: Sequence[Role], environment: Mapping[str, str]) -> None:
    """Run every role until cancelled, then end them all. Raises RoleError.

    The roles get this process's environment, and `environment` on top.
    """
    variables = {**os.environ, **environment}  # noqa: TID251 - handed on, not read
    try:
        async with asyncio.TaskGroup() as group:
            for role in roles:
                _ = group.create_task(_keep(role, variables))
    except* RoleError as errors:
        raise errors.exceptions[0] from None


async def _keep(role: Role, variables: Mapping[str, str]) -> None:
    loop, pause = asyncio.get_running_loop(), SHORTEST_PAUSE
    while True:
        started = loop.time()
        code = await _run(role, variables)
        if code == HOPELESS:
            raise RoleError(f"{role.name} cannot run; its message stands above.")
        if loop.time() - started > WELL_SECONDS:
            pause = SHORTEST_PAUSE
        log.warning("%s ended with code %s; starting it again in %.1f s.", role.name, code, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _run(role: Role, variables: Mapping[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "usher", *role.arguments),
        env=variables,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for `usher up`, which ends the others in order
        preexec_fn=_end_with_parent,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            await asyncio.shield(_stop(process))


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _end_with_parent() -> None:
    """Have the kernel end this process when `usher up` is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
