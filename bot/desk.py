"""What every handler needs: who is asking, and how to say that something is decided already."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.cards import Paper
from bot.talk import Talk
from bot.words import safe
from domain.errors import AlreadyDecidedError, NotAllowedError, UsherError
from domain.intake import Images
from domain.records import Account, Card, Id
from domain.store import Store

VIA = "telegram"
PRIVATE = "This bot is private. Please ask an admin for an invitation."


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The collaborators of the handlers."""

    store: Store
    images: Images
    talk: Talk
    clock: Callable[[], datetime]
    zone: tzinfo | None

    async def account(self, user_id: int) -> Account:
        """Return whose Telegram user this is; raise NotAllowedError when nobody's."""
        account = await self.store.accounts.of_user(user_id)
        if account is None or account.revoked_at:
            raise NotAllowedError(PRIVATE)
        return account

    async def card_in(self, chat_id: int, visit_id: Id) -> Card | None:
        """Return the card of a visit in a chat."""
        cards = await self.store.outbox.of_visit(visit_id)
        return next((card for card in cards if card.chat_id == chat_id), None)

    def sentence(self, error: UsherError) -> str:
        """Return what to tell somebody whose wish was refused, as plain text."""
        if not isinstance(error, AlreadyDecidedError):
            return str(error)
        if error.decision is None:
            return "This card is out of date. Please look at the newest one."
        when = Paper(day=self.clock(), zone=self.zone).time(error.decision.at)
        return f"Already decided by {error.decision.account_name}, {when}."

    async def explain(self, chat_id: int, error: UsherError, *, reply_to: int) -> None:
        """Tell somebody why their message changed nothing."""
        await self.talk.say(chat_id, safe(self.sentence(error), 300), reply_to=reply_to)
