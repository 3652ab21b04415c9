"""What the commands have in common: options, settings, and where they speak."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console

from usher.processes import set_up_logging
from usher.settings import Settings

if TYPE_CHECKING:
    from storage.store import MongoStore

R = TypeVar("R")
console = Console(stderr=True, highlight=False)

DataDir = Annotated[
    Path | None,
    typer.Option(help="The folder of the embedded database and the pictures [default: data]."),
]


def load(
    data_dir: Path | None, host: str | None = None, port: int | None = None, **worker: Any
) -> Settings:
    """Read the settings; what the command line says goes before the environment."""
    given: dict[str, Any] = {
        "data_dir": data_dir,
        "http": _said(host=host, port=port),
        "worker": _said(**worker),
    }
    settings = Settings(**{name: value for name, value in given.items() if value})
    set_up_logging(settings, console)
    return settings


def _said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def with_store(data_dir: Path | None, work: Callable[["MongoStore"], Awaitable[R]]) -> R:
    """Open the store, do one thing with it, and close it."""
    from usher.parts import open_parts  # noqa: PLC0415 - `usher --help` need not know MongoDB

    settings = load(data_dir)

    async def run() -> R:
        async with open_parts(settings) as parts:
            return await work(parts.store)

    return asyncio.run(run())
