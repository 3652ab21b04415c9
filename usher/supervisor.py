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
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
# A role that ends so has said what is wrong with the settings; starting it again helps nobody.
HOPELESS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait before a role is started again. Seconds.

    The pause doubles from the shortest to the longest. A process that has run for `well_s` was
    well; the next time it dies it is started at once. `hopeless_s` is waited for a role that was
    well and then could not run as things are, such as a bot whose token was revoked.
    """

    shortest_s: float = 0.2
    longest_s: float = 10.0
    well_s: float = 30.0
    hopeless_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Role:
    """A process to keep: what it is called, and the arguments of `usher`."""

    name: str
    arguments: tuple[str, ...]


class RoleError(RuntimeError):
    """A role cannot run as things are; it has said why."""


async def supervise(
    roles: Sequence[Role], environment: Mapping[str, str], patience: Patience | None = None
) -> None:
    """Run every role until cancelled, then end them all.

    The roles get this process's environment, and `environment` on top. Raises RoleError when one
    cannot run from the start on; the others go on without one that was well before.
    """
    variables = {**os.environ, **environment}  # noqa: TID251 - handed on, not read
    try:
        async with asyncio.TaskGroup() as group:
            for role in roles:
                _ = group.create_task(_keep(role, variables, patience or Patience()))
    except* RoleError as errors:
        raise errors.exceptions[0] from None


async def _keep(role: Role, variables: Mapping[str, str], patience: Patience) -> None:
    loop, pause, well = asyncio.get_running_loop(), patience.shortest_s, False
    while True:
        started = loop.time()
        code = await _run(role, variables)
        if loop.time() - started > patience.well_s:
            pause, well = patience.shortest_s, True
        if code == HOPELESS:
            await _without(role, patience, well=well)
            continue
        log.warning("%s ended with code %s; starting it again in %.1f s.", role.name, code, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, patience.longest_s)


async def _without(role: Role, patience: Patience, *, well: bool) -> None:
    """Go on without a role that was well once, for a while. Raises RoleError for another."""
    if not well:
        raise RoleError(f"{role.name} cannot run; its message stands above.")
    log.error(
        "%s cannot run any more; its message stands above. Everything else goes on without it; "
        "it is tried again every %.0f s.",
        role.name,
        patience.hopeless_s,
    )
    await asyncio.sleep(patience.hopeless_s)


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
