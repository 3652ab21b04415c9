"""An invitation on a terminal: what it is for, the link, and a code for the person's phone."""

import sys
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

import segno
import typer


def show(made: Mapping[str, Any], *, zone: tzinfo | None) -> None:
    """Print an invitation as `make_invite` returns it."""
    until = datetime.fromisoformat(made["expires_at"]).astimezone(zone)
    ends = f"It works once, until {until.day} {until:%B %H:%M}, and is shown only now."
    if made["link"] is None:
        typer.echo("The bot has not run yet, so there is no link. Whoever is invited says to it:")
        typer.echo(f"\n  {made['start']}\n\n{ends}")
        return
    typer.echo(f"Open this link in Telegram, or scan the code with a phone. {ends}")
    typer.echo(f"\n  {made['link']}\n")
    segno.make(made["link"], error="m", micro=False).terminal(out=sys.stdout, compact=True)
