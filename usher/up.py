"""`usher up`: everything in one place, with embedded defaults."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpx
from rich.console import Console

from usher.parts import Parts, open_parts
from usher.settings import Settings, local_url
from usher.supervisor import Role, supervise
from usher.web import greet_first_admin

READY_SECONDS = 60.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What the demo adds: variables for the processes, and something that runs beside them."""

    environment: Mapping[str, str] = field(default_factory=dict)
    companion: Callable[[Parts, str], Awaitable[None]] | None = None


async def run_up(settings: Settings, *, console: Console, extra: Extra | None = None) -> None:
    """Run the API, the panel, the workers and the bot until cancelled.

    Each runs as a process of its own and is started again when it dies. Raises RoleError when
    one cannot run from the start on, TimeoutError when it does not become ready.
    """
    started, extra = time.monotonic(), extra or Extra()
    settings = _with_port(settings)
    async with open_parts(settings) as parts:
        await greet_first_admin(parts.store, console)
        async with asyncio.TaskGroup() as group:
            _ = group.create_task(supervise(roles(settings), _environment(settings, extra)))
            await _ready(settings)
            took = time.monotonic() - started
            console.print(
                f"Usher is up at [b]{settings.public_url}[/b] ({took:.1f} s).", soft_wrap=True
            )
            if settings.bot.token is None:
                console.print(
                    "The bot is off: USHER_BOT__TOKEN is not set. Questions wait in the panel."
                )
            if extra.companion:
                await extra.companion(parts, settings.public_url)


def roles(settings: Settings) -> list[Role]:
    """Return the processes that make everything."""
    data = ("--data-dir", str(settings.data_dir))
    http = ("--host", settings.http.host, "--port", str(settings.http.port))
    workers = [Role(f"worker {n}", ("worker", *data)) for n in range(1, settings.worker.count + 1)]
    bot = [Role("bot", ("bot", *data))] if settings.bot.token else []
    return [Role("api", ("api", *data, *http)), *workers, *bot]


def _environment(settings: Settings, extra: Extra) -> dict[str, str]:
    """Return what the processes are told: to share the cores, and which bot is theirs."""
    told = {"USHER_RECOGNITION__THREADS": str(settings.threads), **extra.environment}
    if settings.bot.token:
        told["USHER_BOT__TOKEN"] = settings.bot.token.get_secret_value()
        told["USHER_BOT__BASE_URL"] = settings.bot.base_url
    return told


def _with_port(settings: Settings) -> Settings:
    """Choose a free port where 0 is asked for: it has to stay the same when the API restarts.

    Raises OSError when the port asked for is taken.
    """
    family = socket.AF_INET6 if ":" in settings.http.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((settings.http.host, settings.http.port))
        port = probe.getsockname()[1]
    return settings.model_copy(update={"http": settings.http.model_copy(update={"port": port})})


async def _ready(settings: Settings) -> None:
    """Wait until the API says that everything works, or say what does not."""
    url = local_url(settings.http.host, settings.http.port) + "/readyz"
    deadline, last = time.monotonic() + READY_SECONDS, "it does not listen yet"
    async with httpx.AsyncClient(trust_env=False) as client:
        while time.monotonic() < deadline:
            try:
                answer = await client.get(url)
                if answer.is_success:
                    return
                last = answer.text
            except httpx.TransportError:
                pass
            await asyncio.sleep(LOOK_SECONDS)
    raise TimeoutError(f"Usher is not ready after {READY_SECONDS:.0f} s: {last}")
