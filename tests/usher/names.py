"""What the settings and commands are called, asked of themselves."""

from collections.abc import Iterator
from typing import Any

import typer
from pydantic import BaseModel

from usher.cli import app
from usher.settings import Settings


def setting_names() -> list[str]:
    """Return the variable of every setting."""
    return list(_settings(Settings, "USHER_"))


def _settings(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _settings(kind, f"{prefix}{name}__".upper())
        else:
            yield f"{prefix}{name}".upper()


def commands() -> dict[str, Any]:
    """Return every command by the words that call it; the groups too."""
    return dict(_commands(typer.main.get_command(app), ()))


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    yield " ".join(words), command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*words, name))
