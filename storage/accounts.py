"""Accounts, groups, invitations and sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from domain.records import Account, Group, Id, Invite, Purpose, Role, Session
from storage.documents import object_ids, to_document
from storage.people import ANY_CASE
from storage.table import OLDEST_FIRST, MongoTable

LAST_USED = [("used_at", -1)]
MOST_SESSIONS = 1_000


class MongoAccounts(MongoTable[Account]):
    """Accounts."""

    kind = Account
    name = "accounts"

    async def named(self, name: str, /) -> Account | None:
        """Return the account of this name, whatever its case."""
        return await self._one({"name": name}, collation=ANY_CASE)

    async def of_user(self, user_id: int, /) -> Account | None:
        """Return the account bound to a Telegram user."""
        return await self._one({"user_id": user_id, "revoked_at": None})

    async def all(self) -> list[Account]:
        """Return every account, by name."""
        return await self._many({}, sort=[("name", 1)])

    async def answering(self, site_id: Id, /) -> list[Account]:
        """Return those who may answer for a site and have a chat."""
        return await self._many(
            {
                "revoked_at": None,
                "chat_id": {"$ne": None},
                "$or": [
                    {"role": Role.ADMIN},
                    {"role": Role.MANAGER, "site_ids": ObjectId(site_id)},
                ],
            }
        )

    async def awaiting(self, person_ids: Sequence[Id], /) -> list[Account]:
        """Return those who asked to be told of one of these persons and have a chat."""
        wanted = {"$in": object_ids(person_ids)}
        return await self._many(
            {"revoked_at": None, "chat_id": {"$ne": None}, "alerts.people": wanted}
        )


class MongoGroups(MongoTable[Group]):
    """Group chats bound to sites, now or once."""

    kind = Group
    name = "groups"

    async def of_site(self, site_id: Id, /) -> Group | None:
        """Return the group bound to a site now."""
        return await self._one({"site_id": ObjectId(site_id), "lost_at": None})

    async def in_chat(self, chat_id: int, /) -> list[Group]:
        """Return what a chat is or was bound to, the first binding first."""
        return await self._many({"chat_id": chat_id}, sort=OLDEST_FIRST)


class MongoInvites(MongoTable[Invite]):
    """Invitations."""

    kind = Invite
    name = "invites"

    async def by_token(self, token_hash: str, /) -> Invite | None:
        """Return the invitation whose token has this hash."""
        return await self._one({"token_hash": token_hash})

    async def open(self, now: datetime, /) -> list[Invite]:
        """Return those neither used nor expired, the one that expires first first."""
        query = {"used_at": None, "expires_at": {"$gt": now}}
        return await self._many(query, sort=[("expires_at", 1)])

    async def withdraw(self, account_id: Id, /, purpose: Purpose | None = None) -> None:
        """Delete the links of an account that nobody has used: those for a purpose, or all."""
        query: dict[str, Any] = {"account_id": ObjectId(account_id), "used_at": None}
        if purpose is Purpose.PASSWORD:
            query["purpose"] = purpose
        elif purpose:
            query["purpose"] = {"$ne": Purpose.PASSWORD}  # those from before there were others too
        await self._collection.delete_many(query, session=self._session)


class MongoSessions(MongoTable[Session]):
    """Sessions."""

    kind = Session
    name = "sessions"

    async def by_token(self, token_hash: str, /) -> Session | None:
        """Return the session whose token, or the one before it, has this hash."""
        # The partial index is used only by who says that it is a string.
        before = {"replaced_hash": {"$eq": token_hash, "$type": "string"}}
        return await self._one({"$or": [{"token_hash": token_hash}, before]})

    async def of(self, account_id: Id, now: datetime, /) -> list[Session]:
        """Return the sessions of an account that have not expired, the last used first."""
        query = {"account_id": ObjectId(account_id), "expires_at": {"$gt": now}}
        return await self._many(query, sort=LAST_USED, limit=MOST_SESSIONS)

    async def standing(self, now: datetime, /) -> list[Session]:
        """Return all sessions that have not expired, the last used first; at most a thousand."""
        return await self._many({"expires_at": {"$gt": now}}, sort=LAST_USED, limit=MOST_SESSIONS)

    async def swap(self, before: Session, after: Session, /) -> bool:
        """Give a session another token, unless somebody was quicker; tell whether it was given."""
        found = {"_id": ObjectId(before.id), "token_hash": before.token_hash}
        given = to_document(after)
        names = ("token_hash", "replaced_hash", "replaced_until", "renewed_at")
        result = await self._collection.update_one(
            found, {"$set": {name: given[name] for name in names}}
        )
        return bool(result.modified_count)

    async def end_grace(self, session: Session, at: datetime, /) -> None:
        """Let the token before that of a session count until a time, unless that is set already."""
        found = {"_id": ObjectId(session.id), "token_hash": session.token_hash}
        await self._collection.update_one(
            {**found, "replaced_until": None}, {"$set": {"replaced_until": at}}
        )

    async def use(self, id_: Id, at: datetime, /) -> None:
        """Note that a session was used."""
        await self._collection.update_one({"_id": ObjectId(id_)}, {"$max": {"used_at": at}})

    async def remove(self, id_: Id, /) -> None:
        """End a session."""
        await self._collection.delete_one({"_id": ObjectId(id_)})

    async def end(self, account_id: Id, /, *, kept: Id | None = None) -> None:
        """End every session of an account, but for one that is kept."""
        query: dict[str, Any] = {"account_id": ObjectId(account_id)}
        if kept:
            query["_id"] = {"$ne": ObjectId(kept)}
        await self._collection.delete_many(query, session=self._session)

    async def latest(self) -> dict[Id, datetime]:
        """Return when each account was last here, of the sessions that are kept."""
        last = {"$ifNull": ["$used_at", "$created_at"]}
        cursor = self._collection.aggregate(
            [{"$group": {"_id": "$account_id", "at": {"$max": last}}}],
            session=self._session,
        )
        return {Id(str(found["_id"])): found["at"] for found in await cursor.to_list(None)}

    async def purge(self, now: datetime, /) -> int:
        """Forget the sessions that have expired; return how many."""
        result = await self._collection.delete_many({"expires_at": {"$lte": now}})
        return int(result.deleted_count)
