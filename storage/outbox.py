"""Cards that chats show, or should.

Beside the card's own fields a document has `behind`: whether `revision` is ahead of `delivered`.
Every write keeps it true to that, so that an index can find the few that are behind.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from domain.records import Card, CardKind, Id, Menu
from storage.documents import Document, object_ids, same_id, to_document, to_record
from storage.table import NEWEST_FIRST, OLDEST_FIRST, MongoTable

# `touch`, `open_menu` and `delivered` own these; `save` leaves them alone.
_PROGRESS = (
    "_id",
    "revision",
    "delivered",
    "delivered_at",
    "due_at",
    "message_id",
    "shown_image",
    "menu",
    "replaces",
    "sent_at",
    "file_id",
)

# What others may have changed while a card was being delivered.
_OTHERS = (
    "_id",
    "revision",
    "due_at",
    "claimed_until",
    "prompt_id",
    "menu",
    "kind",
    "question_id",
    "snoozed_until",
)


class MongoOutbox(MongoTable[Card]):
    """Cards."""

    kind = Card
    name = "outbox"

    async def add(self, record: Card, /) -> None:
        """Keep a new card."""
        behind = record.revision > record.delivered
        document = {**to_document(record), "behind": behind}
        await self._collection.insert_one(document, session=self._session)

    async def save(self, record: Card, /) -> None:
        """Write a card, except how far it has been delivered."""
        document = to_document(record)
        kept = {name: value for name, value in document.items() if name not in _PROGRESS}
        await self._collection.update_one(
            {"_id": document["_id"]}, {"$set": kept}, session=self._session
        )

    async def touch(self, visit_ids: Sequence[Id], due_at: datetime, /) -> None:
        """Note that the cards of these visits have something new to show, not before `due_at`.

        A card already behind keeps the earlier time, or its time to try again; one that has never
        been shown is due when it was.
        """
        await self._touch({"visit_id": {"$in": object_ids(visit_ids)}}, due_at)

    async def touch_grant(self, grant_id: Id, due_at: datetime, /) -> None:
        """Note that the cards of a grant have something new to show, not before `due_at`."""
        await self._touch({"grant_id": same_id(grant_id)}, due_at)

    async def _touch(self, query: Document, due_at: datetime) -> None:
        sooner = {"$min": ["$due_at", due_at]}
        fixed = {"$or": [{"$gt": ["$attempts", 0]}, {"$eq": ["$message_id", None]}]}
        waiting = {"$cond": [fixed, "$due_at", sooner]}
        changed = {
            "due_at": {"$cond": ["$behind", waiting, due_at]},
            "revision": {"$add": ["$revision", 1]},
            "behind": True,
        }
        await self._collection.update_many(query, [{"$set": changed}], session=self._session)

    async def bring_back(self, ids: Sequence[Id], now: datetime, /) -> None:
        """Have these cards sent anew, at the bottom of their chats."""
        await self._collection.update_many(
            {"_id": {"$in": object_ids(ids)}},
            {"$set": {"again": True, "due_at": now, "behind": True}, "$inc": {"revision": 1}},
            session=self._session,
        )

    async def let_go(self, account_id: Id, now: datetime, /) -> None:
        """Make cards due that wait for an account and have never been shown."""
        held = {"account_id": ObjectId(account_id), "message_id": None, "attempts": 0, **_WAITING}
        await self._collection.update_many(
            {**held, "due_at": {"$gt": now}}, {"$set": {"due_at": now}}, session=self._session
        )

    async def snoozed(self, until: datetime, /, *, limit: int) -> list[Card]:
        """Return the cards that were put off until a time, or earlier, oldest first."""
        return await self._many(
            {"snoozed_until": {"$lte": until, "$type": "date"}},
            sort=[("snoozed_until", 1)],
            limit=limit,
        )

    async def open_menu(self, id_: Id, menu: Menu | None, now: datetime, /) -> None:
        """Note which further buttons a card is to show."""
        changed = {"menu": menu, "due_at": now, "behind": True}
        await self._collection.update_one(
            {"_id": ObjectId(id_)},
            {"$set": changed, "$inc": {"revision": 1}},
            session=self._session,
        )

    async def claim(self, *, now: datetime, until: datetime, limit: int) -> list[Card]:
        """Lease cards that are due and behind, oldest first."""
        free = {
            **_WAITING,
            "due_at": {"$lte": now},
            "$or": [{"claimed_until": None}, {"claimed_until": {"$lte": now}}],
        }
        cards: list[Card] = []
        for _ in range(limit):
            document: Document | None = await self._collection.find_one_and_update(
                free,
                {"$set": {"claimed_until": until}},
                sort=[("due_at", 1), ("_id", 1)],
                return_document=ReturnDocument.AFTER,
            )
            if document is None:
                break
            cards.append(to_record(Card, document))
        return cards

    async def mark(self, card: Card, /) -> None:
        """Write whether a message is being sent for a card, and how often that is unknowable."""
        await self._collection.update_one(
            {"_id": ObjectId(card.id)},
            {"$set": {"sending": card.sending, "unknowable": card.unknowable}},
        )

    async def delivered(self, card: Card, /) -> None:
        """Record a delivery, or a try, and end the lease.

        A revision, a prompt, a menu, a wish to be sent anew or to show another question, made
        meanwhile, stays.
        """
        document = to_document(card)
        kept: dict[str, Any] = {
            name: {"$literal": value} for name, value in document.items() if name not in _OTHERS
        }
        # A new message is what was asked for; a wish for one is heard when there is one.
        kept["again"] = {"$and": ["$again", {"$eq": ["$message_id", document["message_id"]]}]}
        # The message it replaces is still to be taken away, by the same hand.
        left_over = card.replaces is not None
        kept["behind"] = {"$or": [left_over, {"$gt": ["$revision", card.delivered]}]}
        kept["claimed_until"] = {"$literal": card.claimed_until if left_over else None}
        if card.attempts:
            kept["due_at"] = card.due_at
        await self._collection.update_one({"_id": document["_id"]}, [{"$set": kept}])

    async def hold(self, card: Card, until: datetime, /) -> None:
        """End the lease; the card is due again at a time."""
        changed = {"due_at": until, "claimed_until": None}
        await self._collection.update_one({"_id": ObjectId(card.id)}, {"$set": changed})

    async def next_due(self) -> datetime | None:
        """Return when the next card falls due, or None.

        A leased card falls due when its lease runs out.
        """
        cursor = self._collection.aggregate(
            [
                {"$match": dict(_WAITING)},
                {"$group": {"_id": None, "at": {"$min": {"$max": ["$due_at", "$claimed_until"]}}}},
            ]
        )
        found = await cursor.to_list(1)
        return found[0]["at"] if found else None

    async def by_message(self, chat_id: int, message_id: int, /) -> Card | None:
        """Return the card shown, or prompted for, by a message."""
        return await self._one(
            {"chat_id": chat_id, "$or": [{"message_id": message_id}, {"prompt_id": message_id}]}
        )

    async def of_visit(self, visit_id: Id, /) -> list[Card]:
        """Return every card of a visit."""
        return await self._many({"visit_id": ObjectId(visit_id)})

    async def stuck(self, recipient_id: Id, /) -> list[Card]:
        """Return the cards of an account or a group that could not be delivered."""
        id_ = ObjectId(recipient_id)
        return await self._many(
            {"$or": [{"account_id": id_}, {"group_id": id_}], "error": {"$ne": None}}
        )

    async def asking(self, chat_id: int, visit_ids: Sequence[Id], /) -> list[Card]:
        """Return the cards in a chat that ask about these visits, in the order they were dealt."""
        query = {
            "visit_id": {"$in": object_ids(visit_ids)},
            "chat_id": chat_id,
            "kind": CardKind.QUESTION,
        }
        return await self._many(query, sort=OLDEST_FIRST)

    async def pager(self, chat_id: int, group_id: Id | None, /) -> Card | None:
        """Return the card of a chat, or group there, that turns from question to question."""
        return await self._one(
            {
                "visit_id": None,
                "chat_id": chat_id,
                "kind": CardKind.PAGER,
                "group_id": group_id and ObjectId(group_id),
            }
        )

    async def prod(self, id_: Id, at: datetime, /, *, again: bool = False) -> None:
        """Note that a card has something to show, not before a time; or be sent anew for it."""
        changed: Document = {
            "due_at": {"$cond": ["$behind", {"$min": ["$due_at", at]}, at]},
            "revision": {"$add": ["$revision", 1]},
            "behind": True,
            **({"again": True} if again else {}),
        }
        await self._collection.update_one(
            {"_id": ObjectId(id_)}, [{"$set": changed}], session=self._session
        )

    async def file_of(self, image_key: str, /) -> str | None:
        """Return what Telegram calls a picture that a card shows."""
        found = await self._one(
            {"shown_image": image_key, "file_id": {"$type": "string"}}, sort=NEWEST_FIRST
        )
        return found.file_id if found else None

    async def move(self, card: Card, /) -> None:
        """Write in which chat a card is now, and that it has no message there yet."""
        nothing = dict.fromkeys(("message_id", "prompt_id", "shown_image", "file_id", "replaces"))
        await self._collection.update_one(
            {"_id": ObjectId(card.id)},
            {"$set": {**nothing, "chat_id": card.chat_id, "sending": False}},
            session=self._session,
        )

    async def recall(self, account_id: Id, at: datetime, /, *, kept: Sequence[Id] = ()) -> None:
        """Have the cards of an account looked at anew, but those of the sites that are kept."""
        changed = {
            "revision": {"$add": ["$revision", 1]},
            "behind": True,
            "due_at": at,
            "attempts": 0,
            "error": None,
        }
        await self._collection.update_many(
            {"account_id": ObjectId(account_id), "site_id": {"$nin": object_ids(kept)}},
            [{"$set": changed}],
            session=self._session,
        )

    async def hand_over(self, account_id: Id, chat_id: int, to_id: Id, /) -> None:
        """Let the cards of an account in a chat be another account's."""
        await self._collection.update_many(
            {"account_id": ObjectId(account_id), "chat_id": chat_id},
            {"$set": {"account_id": ObjectId(to_id)}},
            session=self._session,
        )

    async def remove(self, id_: Id, /) -> None:
        """Forget a card that no chat shows any more."""
        await self._collection.delete_one({"_id": ObjectId(id_)}, session=self._session)


_WAITING: Document = {"behind": True, "error": None}
