"""Bringing one card up to date in its chat, and recording how far it is.

A card shows the state of its visit, not a history of events: whatever happened since it was last
shown is in the one message or edit that comes next.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from telegram.error import TelegramError

from bot import recipients
from bot.ledger import Again, Done, Ledger, Moved, NotYet, Result
from bot.pager import turned
from bot.photos import Photos
from bot.recipients import recipient_of, thread_of
from bot.screen import Screen
from bot.showing import Sheet, Showing
from bot.tongue import tongue
from bot.troubles import Diagnosis, Trouble, diagnose
from bot.withdrawal import take_away
from domain.attention import held_until, silent
from domain.door_views import DoorView
from domain.errors import NotFoundError
from domain.intake import Images
from domain.paging import crowded, make_page
from domain.policy import DecisionPolicy
from domain.records import Account, Card, CardKind, Group, Quiet, Recipient
from domain.store import Store
from domain.views import VisitView, card_view

# A message left over is tried again to be taken away after this time.
TIDY_AGAIN = timedelta(seconds=5)
_PASSING = {Trouble.TOO_FAST, Trouble.UNREACHED, Trouble.UNANSWERED, Trouble.TOKEN}

_log = logging.getLogger(__name__)


class Delivery:
    """Shows cards. One that is passed in must be leased to the caller."""

    def __init__(
        self,
        *,
        store: Store,
        images: Images,
        screen: Screen,
        clock: Callable[[], datetime],
        zone: tzinfo,
        decisions: DecisionPolicy,
        cards_apart: int,
        quiet: Callable[[], Quiet | None],
    ) -> None:
        self._store = store
        self._screen = screen
        self._cards_apart = cards_apart
        self._clock = clock
        self._zone = zone
        self._quiet = quiet
        self._ledger = Ledger(store, clock)
        self._showing = Showing(
            screen=screen,
            photos=Photos(store, images),
            clock=clock,
            zone=zone,
            decisions=decisions,
        )

    async def deliver(self, card: Card) -> Result:
        """Show what a card is about as it is now, and record that.

        Errors of the database pass through; before Telegram was called nothing is lost by them,
        and afterwards the record is tried until it stands.
        """
        recipient = await recipient_of(self._store, card)
        if recipient is None:
            return await self._ledger.bury(card, "whom it was for is gone")
        sheet = await self._sheet(card, recipient)
        if sheet is None:
            return await self._withdraw(card)
        if result := await self._follow(sheet):
            return result
        if card.message_id is None and _needless(sheet):
            return await self._ledger.up_to_date(card)
        if _page(card):
            return await self._make_page(sheet)
        return await (self._reach(sheet) if sheet.anew else self._try(sheet))

    async def _sheet(self, card: Card, recipient: Recipient) -> Sheet | None:
        """Return what is to be shown; None when it is not remembered any more."""
        if card.kind is CardKind.PAGER:
            return await turned(self._store, card, recipient, self._clock())
        try:
            view = await card_view(self._store, card)
        except NotFoundError:
            return None
        return Sheet(card=card, view=view, recipient=recipient)

    async def _follow(self, sheet: Sheet) -> Result | None:
        """Keep faces from those who may not see them any more, or somewhere else."""
        card, recipient = sheet.card, sheet.recipient
        if isinstance(recipient, Group) and recipient.lost_at:
            return await self._ledger.bury_for_now(card, "the group is not bound any more")
        left = isinstance(recipient, Account) and recipient.unbound
        if left or not _may_see(sheet):
            return await self._take_back(sheet)
        if recipient.chat_id == card.chat_id:
            return None
        here_still = card.message_id is not None and not isinstance(recipient, Group)
        if recipient.chat_id is None or here_still:
            return await self._ledger.bury_for_now(card, "the chat is not bound any more")
        return await self._move(sheet, recipient.chat_id)

    async def _reach(self, sheet: Sheet) -> Result:
        """Send a new message, when its reader wants to be reached, and as loud."""
        card, whom, now = sheet.card, sheet.recipient, self._clock()
        if until := held_until(whom, sheet.kind, now, self._zone, self._quiet()):
            return await self._ledger.hold(card, until)
        first = card.kind is CardKind.QUESTION and card.message_id is None
        if first and await crowded(self._store, card, whom, self._cards_apart):
            return await self._make_page(sheet)
        hushed = silent(whom, sheet.kind, now, self._zone, self._quiet())
        return await self._try(replace(sheet, silent=hushed))

    async def _make_page(self, sheet: Sheet) -> Done:
        """Ask on a page among many, instead of in a message of its own."""
        await make_page(self._store, sheet.card, asked=sheet.view.asked, now=self._clock())
        return await self._ledger.up_to_date(replace(sheet.card, paged=True))

    async def _try(self, sheet: Sheet) -> Result:
        if not self._showing.may_show(sheet):
            return NotYet(sheet.card)
        if sheet.anew:
            sheet = replace(sheet, card=await self._ledger.mark(sheet.card))
        begun = self._clock()
        try:
            shown = await self._showing.show(sheet)
        except TelegramError as error:
            return await self._overcome(sheet, diagnose(error), begun)
        return await self._finish(shown)

    async def _finish(self, card: Card) -> Done:
        """Record a card as shown, then take the message away whose place it has taken."""
        done = await self._ledger.up_to_date(card)
        if card.replaces is None:
            return done
        try:
            await self._screen.remove(card.chat_id, card.replaces)
        except TelegramError as error:
            trouble = diagnose(error).trouble
            _log.info("card %s: its older message stays: %s", card.id, trouble.name)
            if trouble in _PASSING:
                return await self._ledger.hold(card, self._clock() + TIDY_AGAIN)
        return await self._ledger.up_to_date(replace(card, replaces=None))

    async def _overcome(self, sheet: Sheet, found: Diagnosis, begun: datetime) -> Result:
        """Deal with what Telegram said, instead of yes, to a call begun at a time."""
        card = sheet.card
        match found.trouble:
            case Trouble.UNCHANGED:
                return await self._finish(card)
            case Trouble.MESSAGE_LOST if not sheet.anew:
                return await self._replace_lost(sheet)
            case Trouble.THREAD_LOST if thread_of(sheet.recipient) is not None:
                return await self._leave_topic(sheet)
            case Trouble.CHAT_LOST:
                await recipients.lose_chat(self._store, card, as_of=begun)
                return await self._ledger.bury_for_now(card, found.text)
            case Trouble.CHAT_MOVED:
                return await self._move(sheet, found.chat_id)
            case _:
                return await self._later(card, found)

    async def _later(self, card: Card, found: Diagnosis) -> Result:
        """Try again: when told, soon, or after others."""
        match found.trouble:
            case Trouble.TOO_FAST:
                return Again(await self._ledger.unmark(card), found.wait_s)
            case Trouble.UNREACHED | Trouble.TOKEN:
                _log.warning("card %s waits: %s", card.id, found.text)
                return Again(await self._ledger.unmark(card))
            case Trouble.UNANSWERED:
                _log.warning("card %s: Telegram's answer was lost: %s", card.id, found.text)
                return Again(card)
            case _:
                return await self._ledger.postpone(card, found.text)

    async def _replace_lost(self, sheet: Sheet) -> Result:
        """Ask again if somebody deleted the card of an open question; else let it be."""
        card = sheet.card
        self._showing.forget(card)
        if not sheet.view.asked:
            return await self._finish(card)
        fresh = replace(card, message_id=None, shown_image=None, file_id=None, prompt_id=None)
        return await self._try(replace(sheet, card=fresh))

    async def _leave_topic(self, sheet: Sheet) -> Result:
        """Go on in the general topic of a group."""
        await recipients.forget_topic(self._store, sheet.recipient)
        general = await recipient_of(self._store, sheet.card)
        card = await self._ledger.unmark(sheet.card)
        if general is None or thread_of(general) == thread_of(sheet.recipient):
            return await self._ledger.postpone(card, "the topic is gone")
        return await self._try(replace(sheet, card=card, recipient=general))

    async def _move(self, sheet: Sheet, chat_id: int) -> Result:
        """Follow a chat to its new id, where the messages of the old one are not."""
        card = sheet.card
        await recipients.move_chat(self._store, card, chat_id)
        moved = replace(
            card,
            chat_id=chat_id,
            message_id=None,
            prompt_id=None,
            shown_image=None,
            file_id=None,
            replaces=None,
            sending=False,
        )
        await self._store.outbox.move(moved)
        self._showing.forget(card)
        if card.message_id is not None and not sheet.view.asked:
            return await self._ledger.up_to_date(moved)
        return Moved(moved)

    async def _take_back(self, sheet: Sheet) -> Result:
        """Leave nothing in the chat; whoever may see it again one day is dealt it anew."""
        t = tongue(sheet.recipient.language)
        if found := await take_away(self._screen, sheet.card, t):
            return await self._later(sheet.card, found)
        await self._store.outbox.remove(sheet.card.id)
        if sheet.card.paged and sheet.card.kind is CardKind.QUESTION:
            await make_page(self._store, sheet.card, asked=False, now=self._clock())
        return Done()

    async def _withdraw(self, card: Card) -> Done:
        """Take the message of a visit away that is not remembered any more."""
        if card.message_id is not None:
            try:
                await self._screen.remove(card.chat_id, card.message_id)
            except TelegramError as error:
                _log.info("card %s stays: %s", card.id, diagnose(error).trouble.name)
        return await self._ledger.up_to_date(replace(card, file_id=None))


def _page(card: Card) -> bool:
    return card.paged and card.kind is CardKind.QUESTION


def _needless(sheet: Sheet) -> bool:
    """Tell whether what has never been shown need not be: it was answered, or is over."""
    match sheet.card.kind:
        case CardKind.QUESTION | CardKind.PAGER:
            return not (sheet.view.asked or _page(sheet.card))
        case _:
            return isinstance(sheet.view, DoorView) and sheet.view.over


def _may_see(sheet: Sheet) -> bool:
    """Tell whether a card is for these eyes: of a pager, what it shows now."""
    view, card = sheet.view, sheet.card
    turned_to = isinstance(view, VisitView) and card.kind is CardKind.PAGER
    return sheet.recipient.may_see(view.site.id if turned_to else card.site_id)
