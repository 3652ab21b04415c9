"""What became of cards, written down."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import recipients
from bot.backoff import Backoff
from domain.records import Card
from domain.store import Store

# A card refused so often for reasons of its own is set aside, with the reason.
MAX_REFUSALS = 6
RECORD_RETRY_S = (0.05, 2.0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more to do for now."""


@dataclass(frozen=True, slots=True)
class Again:
    """Not shown yet: try again when told, or (None) when it seems worth it."""

    card: Card
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The card belongs to another chat now."""

    card: Card


@dataclass(frozen=True, slots=True)
class NotYet:
    """It is not this chat's turn: try again as soon as it is."""

    card: Card


Result = Done | Again | Moved | NotYet


@dataclass(frozen=True, slots=True)
class Ledger:
    """Writes down how far a card is. Errors of the database pass through, save in `record`."""

    store: Store
    clock: Callable[[], datetime]

    async def mark(self, card: Card) -> Card:
        """Note that a new message is about to be sent; count it if an earlier one may have been."""
        marked = replace(card, sending=True, unknowable=card.unknowable + card.sending)
        await self.store.outbox.mark(marked)
        return marked

    async def unmark(self, card: Card) -> Card:
        """Note that a new message was certainly not sent."""
        if not card.sending:
            return card
        unmarked = replace(card, sending=False)
        await self.store.outbox.mark(unmarked)
        return unmarked

    async def up_to_date(self, card: Card) -> Done:
        """Note that a card shows its newest state, or need not."""
        return await self.record(
            replace(
                card,
                delivered=card.revision,
                delivered_at=self.clock(),
                sending=False,
                attempts=0,
                error=None,
            )
        )

    async def hold(self, card: Card, until: datetime) -> Done:
        """Take a card up again at a time, and not before."""
        await self.store.outbox.hold(await self.unmark(card), until)
        return Done()

    async def postpone(self, card: Card, reason: str) -> Done:
        """Let others go first; give up on a card that is refused again and again."""
        attempts = card.attempts + 1
        _log.warning("card %s refused (%d of %d): %s", card.id, attempts, MAX_REFUSALS, reason)
        if attempts >= MAX_REFUSALS:
            return await self.bury(card, reason)
        due = self.clock() + timedelta(seconds=0.25 * 4**attempts)
        return await self.record(replace(card, attempts=attempts, due_at=due, sending=False))

    async def bury_for_now(self, card: Card, reason: str) -> Done:
        """Set a card aside until whom it is for has a chat; that may be so by now."""
        done = await self.bury(card, reason)
        await recipients.take_up_stuck(self.store, card)
        return done

    async def bury(self, card: Card, reason: str) -> Done:
        """Set a card aside, with the reason; joining again takes it up."""
        _log.warning("card %s cannot be delivered: %s", card.id, reason)
        return await self.record(replace(card, sending=False, error=reason))

    async def record(self, card: Card) -> Done:
        """Write what became of a card, however long that takes: Telegram will not say again."""
        backoff = Backoff(*RECORD_RETRY_S)
        while True:
            try:
                await self.store.outbox.delivered(card)
            except Exception as error:  # noqa: BLE001 - whatever the database's trouble is
                _log.warning("card %s not recorded yet: %s", card.id, type(error).__name__)
                await asyncio.sleep(backoff.next_s())
            else:
                return Done()
