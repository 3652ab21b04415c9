"""Humans, how they are reached, and whom they expect."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.records import Account, Group, Guest, Id, Invite, Purpose, Session, Tries
from domain.store.table import Table


class Accounts(Table[Account], Protocol):
    """Humans."""

    async def named(self, name: str, /) -> Account | None:
        """Return the account of this name, whatever its case."""

    async def of_user(self, user_id: int, /) -> Account | None:
        """Return the account bound to a Telegram user."""

    async def all(self) -> list[Account]:
        """Return every account, by name."""

    async def answering(self, site_id: Id, /) -> list[Account]:
        """Return those who may answer for a site and have a chat."""

    async def awaiting(self, person_ids: Sequence[Id], /) -> list[Account]:
        """Return those who asked to be told of one of these persons and have a chat."""


class Guests(Table[Guest], Protocol):
    """Who is expected."""

    async def expected(self, site_id: Id, at: datetime, /) -> list[Guest]:
        """Return who was announced at a site for the day of a time, by name."""

    async def coming(self, site_ids: Sequence[Id] | None, now: datetime, /) -> list[Guest]:
        """Return who was announced at these sites (None: all) for days not over, next first."""

    async def of(self, person_ids: Sequence[Id], names: Sequence[str], /) -> list[Guest]:
        """Return who came as one of these persons, or was announced by one of these names."""

    async def remove(self, id_: Id, /) -> None:
        """Expect somebody no more."""

    async def forget(self, ended_before: datetime, /) -> int:
        """Forget the guests of days that ended before a time; return how many."""


class Groups(Table[Group], Protocol):
    """Group chats bound to sites, now or once."""

    async def of_site(self, site_id: Id, /) -> Group | None:
        """Return the group bound to a site now."""

    async def in_chat(self, chat_id: int, /) -> list[Group]:
        """Return what a chat is or was bound to, the first binding first."""


class Invites(Table[Invite], Protocol):
    """One-time invitations."""

    async def by_token(self, token_hash: str, /) -> Invite | None:
        """Return the invitation whose token has this hash."""

    async def open(self, now: datetime, /) -> list[Invite]:
        """Return those neither used nor expired, the one that expires first first."""

    async def withdraw(self, account_id: Id, /, purpose: Purpose | None = None) -> None:
        """Delete the links of an account that nobody has used: those for a purpose, or all."""


class Sessions(Table[Session], Protocol):
    """Signed-in browsers."""

    async def by_token(self, token_hash: str, /) -> Session | None:
        """Return the session whose token, or the one before it, has this hash."""

    async def of(self, account_id: Id, now: datetime, /) -> list[Session]:
        """Return the sessions of an account that have not expired, the last used first."""

    async def standing(self, now: datetime, /) -> list[Session]:
        """Return all sessions that have not expired, the last used first; at most a thousand."""

    async def swap(self, before: Session, after: Session, /) -> bool:
        """Give a session another token, unless somebody was quicker; tell whether it was given."""

    async def end_grace(self, session: Session, at: datetime, /) -> None:
        """Let the token before that of a session count until a time, unless that is set already."""

    async def use(self, id_: Id, at: datetime, /) -> None:
        """Note that a session was used."""

    async def remove(self, id_: Id, /) -> None:
        """End a session."""

    async def end(self, account_id: Id, /, *, kept: Id | None = None) -> None:
        """End every session of an account, but for one that is kept."""

    async def latest(self) -> dict[Id, datetime]:
        """Return when each account was last here, of the sessions that are kept."""

    async def purge(self, now: datetime, /) -> int:
        """Forget the sessions that have expired; return how many."""


class TriesLog(Protocol):
    """Failed tries of passwords, forgotten some time after the last."""

    async def get(self, id_: Id, /) -> Tries | None:
        """Return the tries, or None."""

    async def swap(self, before: Tries | None, after: Tries, /) -> bool:
        """Replace tries as they were found (None: there were none); False when they are others."""

    async def forget(self, id_: Id, /) -> None:
        """Forget the tries."""
