"""What every handler needs: who is asking, and how to say that something is decided already."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from markupsafe import Markup
from telegram import Message, User

from bot.options import no_quiet
from bot.talk import Talk
from bot.tongue import Tongue, msg, tongue
from domain.errors import AlreadyDecidedError, NotAllowedError, UsherError
from domain.intake import Images
from domain.looking import Eyes
from domain.policy import DecisionPolicy
from domain.records import Account, Card, CardKind, Id, Quiet
from domain.store import Store

VIA = "telegram"
PRIVATE = msg("This bot is private. Please ask an admin for an invitation.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The collaborators of the handlers."""

    store: Store
    images: Images
    talk: Talk
    clock: Callable[[], datetime]
    zone: tzinfo
    decisions: DecisionPolicy
    eyes: Eyes | None = None
    quiet: Callable[[], Quiet | None] = no_quiet

    async def account(self, user_id: int) -> Account:
        """Return whose Telegram user this is; raise NotAllowedError when nobody's."""
        account = await self.store.accounts.of_user(user_id)
        if account is None or account.revoked_at:
            raise NotAllowedError(PRIVATE)
        return account

    async def card_in(self, chat_id: int, visit_id: Id) -> Card | None:
        """Return the card in a chat that asks about a visit."""
        cards = await self.store.outbox.of_visit(visit_id)
        asking = (card for card in cards if card.kind is CardKind.QUESTION)
        return next((card for card in asking if card.chat_id == chat_id), None)

    async def message_of(self, card: Card) -> int | None:
        """Return the message in which a card is shown: its own, or that of the pager."""
        if not card.paged:
            return card.message_id
        pager = await self.store.outbox.pager(card.chat_id, card.group_id)
        return pager.message_id if pager else None

    async def tongue(self, user: User) -> Tongue:
        """Return the language of a Telegram user: as their account has it, or their client."""
        account = await self.store.accounts.of_user(user.id)
        return tongue((account and account.language) or user.language_code)

    def sentence(self, error: UsherError, t: Tongue) -> Markup:
        """Return what to tell somebody whose wish was refused."""
        if not isinstance(error, AlreadyDecidedError):
            return t.error(error)
        if error.decision is None:
            return t("This card is out of date. Please look at the newest one.")
        when = t.time(error.decision.at, day=self.clock(), zone=self.zone)
        return t("Already decided by {who}, {when}.", who=error.decision.account_name, when=when)

    async def explain(self, message: Message, user: User, error: UsherError) -> None:
        """Tell somebody why their message changed nothing."""
        said = self.sentence(error, await self.tongue(user))
        await self.talk.say(message.chat.id, said, reply_to=message.message_id)
