"""The cards in hand for one chat, and which of them goes next."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.pace import Pace
from domain.records import Card, CardKind, Id


@dataclass(slots=True)
class Held:
    """A leased card; `urgent` goes before what is only an update of numbers."""

    card: Card
    urgent: bool

    def take(self, card: Card, *, urgent: bool) -> None:
        """Take from a newer claim what is newer there."""
        self.urgent |= urgent
        self.card = replace(self.card, revision=card.revision, claimed_until=card.claimed_until)

    @property
    def edit(self) -> bool:
        """Whether the card is in the chat already."""
        return self.card.message_id is not None

    @property
    def wordless(self) -> bool:
        """Whether nothing is said for it in the chat: it is a page of another card."""
        return self.card.paged and self.card.kind is CardKind.QUESTION

    @property
    def order(self) -> tuple[bool, datetime, Id]:
        """Urgent first, then by age."""
        return (not self.urgent, self.card.created_at, self.card.id)


@dataclass(slots=True)
class Lane:
    """One chat: one call at a time, in order. Times are seconds of the loop's clock."""

    chat_id: int
    held: dict[Id, Held] = field(default_factory=dict)
    active: Id | None = None
    late: Held | None = None
    not_before: float = 0.0
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, card: Card, *, urgent: bool) -> None:
        """Take a card in hand; of one that is in hand already only take what is newer.

        What this process knows of a delivery under way is more than the record can tell.
        """
        known = self.held.get(card.id)
        if known is None:
            self.held[card.id] = Held(card, urgent)
        elif self.active == card.id:
            self.late = Held(card, urgent)
        else:
            known.take(card, urgent=urgent)
        self.bell.set()

    def done(self) -> None:
        """Let the active card go; if it was claimed anew meanwhile, that claim counts."""
        if self.active:
            del self.held[self.active]
        if self.late:
            self.held[self.late.card.id] = self.late
        self.active = self.late = None

    def keep(self, card: Card) -> None:
        """Keep the active card, as it is now, for another try."""
        held = self.held[card.id]
        held.card = card
        if self.late:
            held.take(self.late.card, urgent=self.late.urgent)
        self.active = self.late = None

    def choose(self, pace: Pace, now: float) -> tuple[Held, float]:
        """Return the card to go next and how long to wait for that."""
        ordered = sorted(self.held.values(), key=lambda held: held.order)
        waits = [self._wait_s(held, pace, now) for held in ordered]
        soonest = min(range(len(ordered)), key=waits.__getitem__)
        return ordered[soonest], waits[soonest]

    def _wait_s(self, held: Held, pace: Pace, now: float) -> float:
        pause = max(0.0, self.not_before - now)
        if held.wordless:
            return pause
        wait = pace.wait_s(self.chat_id, now, edit=held.edit, urgent=held.urgent)
        return max(pause, wait)

    async def rest(self, seconds: float) -> None:
        """Wait, but no longer than until something new comes in."""
        self.bell.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.bell.wait()
