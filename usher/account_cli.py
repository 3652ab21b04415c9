"""`usher account`: who may see and answer, and the links by which they join."""

import json
import sys
from typing import Annotated

import typer

from domain.records import Role
from usher.options import DataDir, load, with_store

# What works is imported where it is run: `usher` must start fast, whatever it is asked.
# ruff: noqa: PLC0415

account = typer.Typer(help="Accounts of people: admins, managers, viewers.", no_args_is_help=True)


@account.command("invite")
def invite(
    name: Annotated[str, typer.Argument(help="What the person is called.")],
    *,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.MANAGER,
    site: Annotated[
        list[str] | None, typer.Option(help="A site they answer for; may be given again.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make an account and print a one-time link that binds a Telegram chat to it.

    On a terminal with a QR code for the person's phone; for a program as one JSON object. The
    newest link of an account is the only one that works.
    """
    from usher import accounts, inviting

    made = with_store(data_dir, lambda store: accounts.make_invite(store, name, role, site or []))
    if sys.stdout.isatty():
        inviting.show(made, zone=load(data_dir).zone)
    else:
        typer.echo(json.dumps(made))


@account.command("invites")
def list_invites(data_dir: DataDir = None) -> None:
    """Print the invitations that wait for their person as JSON, one a line."""
    from usher import accounts

    for found in with_store(data_dir, accounts.open_invites):
        typer.echo(json.dumps(found))


@account.command("withdraw")
def withdraw(
    name: Annotated[str, typer.Argument(help="Whose invitation.")], data_dir: DataDir = None
) -> None:
    """Make the link that was sent to somebody worthless; their account stays."""
    from usher import accounts

    with_store(data_dir, lambda store: accounts.withdraw(store, name))
    typer.echo("The link is worthless now.")


@account.command("list")
def list_accounts(data_dir: DataDir = None) -> None:
    """Print the accounts as JSON, one a line."""
    from usher import accounts

    for found in with_store(data_dir, accounts.listing):
        typer.echo(json.dumps(found))


@account.command("password")
def set_password(
    name: Annotated[str, typer.Argument(help="Whose password.")], data_dir: DataDir = None
) -> None:
    """Give an account a new random panel password and print it."""
    from usher import accounts

    typer.echo(with_store(data_dir, lambda store: accounts.new_password(store, name)))


@account.command("revoke")
def revoke_account(
    name: Annotated[str, typer.Argument(help="Whose account.")], data_dir: DataDir = None
) -> None:
    """Close an account: no more questions, no more sign-in, and its cards leave the chat."""
    from usher import accounts

    with_store(data_dir, lambda store: accounts.revoke(store, name))
    typer.echo("The account is closed.")
