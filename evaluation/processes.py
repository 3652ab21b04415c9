"""The processes of a running Usher, found from outside: each names its data folder."""

import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]


class Role(StrEnum):
    """What a process does."""

    UP = "up"
    API = "api"
    WORKER = "worker"
    BOT = "bot"
    MONGOD = "mongod"
    KEEPER = "keeper"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Child:
    """One process that is alive."""

    role: Role
    pid: int


def children(data_dir: Path) -> list[Child]:
    """Return the processes that work on a data folder, oldest first.

    Not who asks, nor who started that: a benchmark may have been given the folder itself.
    """
    found, asking = [], psutil.Process()
    above = {asking.pid, *(parent.pid for parent in asking.parents())}
    for process in psutil.process_iter(["cmdline", "status", "create_time"]):
        if process.pid in above:
            continue
        command: list[str] = process.info["cmdline"] or []
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if alive and _works_on(command, data_dir):
            found.append((process.info["create_time"], Child(_role(command), process.pid)))
    return [child for _, child in sorted(found, key=lambda pair: pair[0])]


def _works_on(command: Sequence[str], data_dir: Path) -> bool:
    inside = f"{data_dir}/"
    return any(word == str(data_dir) or word.startswith(inside) for word in command)


def _role(command: Sequence[str]) -> Role:
    if Path(command[0]).name == "mongod":
        return Role.MONGOD
    if any(word.endswith("mongod_keeper.py") for word in command):
        return Role.KEEPER
    if "usher" in command:
        said = command[command.index("usher") + 1 :][:1]
        return Role(said[0]) if said and said[0] in set(Role) else Role.COMMAND
    return Role.COMMAND


def end(pids: Iterable[int]) -> None:
    """Kill processes; those that are gone already do not matter."""
    for pid in pids:
        try:
            psutil.Process(pid).send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def hold(pids: Iterable[int]) -> None:
    """Stop processes where they are."""
    for pid in pids:
        psutil.Process(pid).suspend()


def go_on(pids: Iterable[int]) -> None:
    """Let processes go on."""
    for pid in pids:
        psutil.Process(pid).resume()


def mongo_uri(mongod: int) -> str:
    """Return the address of an embedded mongod by its process id."""
    command: list[str] = psutil.Process(mongod).cmdline()
    socket = command[command.index("--bind_ip") + 1]
    return f"mongodb://{quote(socket, safe='')}/?directConnection=true"
