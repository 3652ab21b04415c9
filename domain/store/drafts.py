"""Photos that somebody has given, before it is said what becomes of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.records import Draft, Id
from domain.store.table import Table


class Drafts(Table[Draft], Protocol):
    """Drafts."""

    async def of(self, account_id: Id, /) -> list[Draft]:
        """Return the drafts of an account, oldest first."""

    async def naming(self, person_ids: Sequence[Id], /) -> list[Draft]:
        """Return those with a face near one of these persons."""

    async def forget(self, before: datetime, /) -> int:
        """Delete those made before a time; return how many."""
