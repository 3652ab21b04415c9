"""What the commands have in common: options, settings, and where they speak."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from usher.processes import set_up_logging
from usher.settings import Settings

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
