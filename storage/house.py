"""The journal of the rules of the house."""

from bson import ObjectId

from domain.records import Id, RuleChange
from storage.table import NEWEST_FIRST, MongoTable


class MongoRuleChanges(MongoTable[RuleChange]):
    """Changes of rules."""

    kind = RuleChange
    name = "rule_changes"

    async def latest(self, *, after: Id | None = None, limit: int = 20) -> list[RuleChange]:
        """Return changes, newest first."""
        query = {"_id": {"$lt": ObjectId(after)}} if after else {}
        return await self._many(query, sort=NEWEST_FIRST, limit=limit)

    async def standing(self, rule: str, /) -> RuleChange | None:
        """Return the last change of a rule that is not taken back."""
        return await self._one({"rule": rule, "undone": None}, sort=NEWEST_FIRST)
