"""What chats show, and what people have begun in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.records import Card, Errand, Id, Menu
from domain.store.table import Table


class Outbox(Table[Card], Protocol):
    """Cards that chats show, or should."""

    async def touch(self, visit_ids: Sequence[Id], due_at: datetime, /) -> None:
        """Note that the cards of these visits have something new to show, not before `due_at`."""

    async def bring_back(self, ids: Sequence[Id], now: datetime, /) -> None:
        """Have these cards sent anew, at the bottom of their chats."""

    async def let_go(self, account_id: Id, now: datetime, /) -> None:
        """Make cards due that wait for an account and have never been shown."""

    async def snoozed(self, until: datetime, /, *, limit: int) -> list[Card]:
        """Return the cards that were put off until a time, or earlier, oldest first."""

    async def open_menu(self, id_: Id, menu: Menu | None, now: datetime, /) -> None:
        """Note which further buttons a card is to show."""

    async def claim(self, *, now: datetime, until: datetime, limit: int) -> list[Card]:
        """Lease cards that are due and behind, oldest first."""

    async def mark(self, card: Card, /) -> None:
        """Write whether a message is being sent for a card, and how often that is unknowable."""

    async def delivered(self, card: Card, /) -> None:
        """Record a delivery and end the lease; what others wished for meanwhile stays."""

    async def hold(self, card: Card, until: datetime, /) -> None:
        """End the lease; the card is due again at a time."""

    async def next_due(self) -> datetime | None:
        """Return when the next card falls due, or None."""

    async def touch_grant(self, grant_id: Id, due_at: datetime, /) -> None:
        """Note that the cards of a grant have something new to show, not before `due_at`."""

    async def by_message(self, chat_id: int, message_id: int, /) -> Card | None:
        """Return the card shown, or prompted for, by a message."""

    async def of_visit(self, visit_id: Id, /) -> list[Card]:
        """Return every card of a visit."""

    async def stuck(self, recipient_id: Id, /) -> list[Card]:
        """Return the cards of an account or a group that could not be delivered."""

    async def asking(self, chat_id: int, visit_ids: Sequence[Id], /) -> list[Card]:
        """Return the cards in a chat that ask about these visits, in the order they were dealt."""

    async def pager(self, chat_id: int, group_id: Id | None, /) -> Card | None:
        """Return the card of a chat, or group there, that turns from question to question."""

    async def prod(self, id_: Id, at: datetime, /, *, again: bool = False) -> None:
        """Note that a card has something to show, not before a time; or be sent anew for it."""

    async def file_of(self, image_key: str, /) -> str | None:
        """Return what Telegram calls a picture that a card shows."""

    async def move(self, card: Card, /) -> None:
        """Write in which chat a card is now, and that it has no message there yet."""

    async def recall(self, account_id: Id, at: datetime, /, *, kept: Sequence[Id] = ()) -> None:
        """Have the cards of an account looked at anew, but those of the sites that are kept.

        What the account may not see any more is taken away then.
        """

    async def hand_over(self, account_id: Id, chat_id: int, to_id: Id, /) -> None:
        """Let the cards of an account in a chat be another account's."""

    async def remove(self, id_: Id, /) -> None:
        """Forget a card that no chat shows any more."""


class Errands(Table[Errand], Protocol):
    """What people have begun in their chats, at most one errand each."""

    async def of(self, account_id: Id, /) -> Errand | None:
        """Return what an account has begun."""

    async def begin(self, errand: Errand, /) -> None:
        """Keep a new errand in place of the one the account had."""

    async def end_about(self, person_ids: Sequence[Id], /) -> None:
        """Forget what was begun about one of these persons."""

    async def end(self, account_id: Id, /) -> None:
        """Forget what an account has begun; nothing begun is forgotten already."""
