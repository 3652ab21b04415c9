"""The journal of the rules of the house."""

from typing import Protocol

from domain.records import Id, RuleChange
from domain.store.table import Table


class RuleChanges(Table[RuleChange], Protocol):
    """The journal of the rules of the house."""

    async def latest(self, *, after: Id | None = None, limit: int = 20) -> list[RuleChange]:
        """Return changes, newest first."""

    async def standing(self, rule: str, /) -> RuleChange | None:
        """Return the last change of a rule that is not taken back."""
