"""What people have begun in their chats."""

from collections.abc import Sequence

from bson import ObjectId

from domain.records import Errand, Id
from storage.documents import object_ids
from storage.table import MongoTable


class MongoErrands(MongoTable[Errand]):
    """Errands, at most one of each account."""

    kind = Errand
    name = "errands"

    async def of(self, account_id: Id, /) -> Errand | None:
        """Return what an account has begun."""
        return await self._one({"account_id": ObjectId(account_id)})

    async def begin(self, errand: Errand, /) -> None:
        """Keep a new errand in place of the one the account had."""
        await self.end(errand.account_id)
        await self.add(errand)

    async def end(self, account_id: Id, /) -> None:
        """Forget what an account has begun; nothing begun is forgotten already."""
        await self._collection.delete_many(
            {"account_id": ObjectId(account_id)}, session=self._session
        )

    async def end_about(self, person_ids: Sequence[Id], /) -> None:
        """Forget what was begun about one of these persons."""
        ids = {"$in": object_ids(person_ids)}
        await self._collection.delete_many(
            {"$or": [{"person_id": ids}, {"other_id": ids}]}, session=self._session
        )
