"""Bringing one card up to date in its chat, and recording how far it is.

A card shows the state of its visit, not a history of events: whatever happened since it was last
shown is in the one message or edit that comes next.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from telegram.error import TelegramError

from bot.backoff import Backoff
from bot.cards import Content, Paper, render
from bot.screen import Screen
from bot.troubles import Diagnosis, Trouble, diagnose
from domain.accounts import lose_chat, move_chat, take_up_stuck
from domain.errors import NotFoundError
from domain.intake import Images
from domain.records import Account, Card, Id, QuestionStatus
from domain.store import Store
from domain.views import SpoofView, VisitView, card_view

# A card refused so often for reasons of its own is set aside, with the reason.
MAX_REFUSALS = 6
# From this try on buttons are done without; a reply to the card still names somebody.
WITHOUT_BUTTONS = 3
REMEMBERED = 2_000
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


Result = Done | Again | Moved
View = VisitView | SpoofView


class Delivery:
    """Shows cards. One that is passed in must be leased to the caller."""

    def __init__(
        self,
        *,
        store: Store,
        images: Images,
        screen: Screen,
        clock: Callable[[], datetime],
        zone: tzinfo | None,
    ) -> None:
        self._store = store
        self._images = images
        self._screen = screen
        self._clock = clock
        self._zone = zone
        self._shown: OrderedDict[Id, tuple[Content, str]] = OrderedDict()

    async def deliver(self, card: Card) -> Result:
        """Show what a card is about as it is now, and record that.

        Errors of the database pass through; before Telegram was called nothing is lost by them,
        and afterwards the record is tried until it stands.
        """
        async with asyncio.TaskGroup() as group:
            marking = group.create_task(self._mark(card))
            looking = group.create_task(self._view(card))
            asking = group.create_task(self._store.accounts.get(card.account_id))
        view, account = looking.result(), asking.result()
        if view is None:
            return await self._withdraw(card)
        if card.message_id is None and _overtaken(view):
            return await self._record(_up_to_date(card, self._clock()))
        if moved := await self._follow_account(card, account):
            return moved
        return await self._try(marking.result(), view)

    async def _try(self, card: Card, view: View) -> Result:
        begun = self._clock()
        try:
            shown = await self._show(card, view)
        except TelegramError as error:
            return await self._overcome(card, view, diagnose(error), begun)
        return await self._record(_up_to_date(shown, self._clock()))

    async def _view(self, card: Card) -> View | None:
        try:
            return await card_view(self._store, card)
        except NotFoundError:
            return None

    async def _mark(self, card: Card) -> Card:
        """Note that a first delivery begins; count it if an earlier one may have arrived."""
        if card.message_id is not None:
            return card
        marked = replace(card, sending=True, unknowable=card.unknowable + card.sending)
        await self._store.outbox.save(marked)
        return marked

    async def _follow_account(self, card: Card, account: Account | None) -> Result | None:
        """Keep faces from those who may not see them any more, or somewhere else."""
        if account is None or not account.may_see(card.site_id):
            return await self._bury(card, "the account may not see this site")
        if account.chat_id == card.chat_id:
            return None
        if account.chat_id is None or card.message_id is not None:
            return await self._bury_for_now(card, "the chat is not bound any more")
        return await self._move(card, account.chat_id)

    async def _show(self, card: Card, view: View) -> Card:
        if card.message_id is None:
            return await self._send(card, view)
        content = render(view, card.kind, Paper(day=card.created_at, zone=self._zone))
        best = view.image_key
        if self._shown.get(card.id) == (content, best):
            return card
        await self._screen.change(
            card.chat_id,
            card.message_id,
            content,
            has_photo=card.shown_image is not None,
            picture=await self._picture(best) if card.shown_image not in {None, best} else None,
        )
        self._remember(card.id, content, best)
        return replace(card, shown_image=best if card.shown_image is not None else None)

    async def _send(self, card: Card, view: View) -> Card:
        content = render(view, card.kind, Paper(day=self._clock(), zone=self._zone))
        best = view.image_key
        sent = await self._screen.show(
            card.chat_id,
            content,
            await self._picture(best),
            buttons=card.attempts < WITHOUT_BUTTONS,
        )
        if card.attempts < WITHOUT_BUTTONS:
            self._remember(card.id, content, best)
        return replace(card, message_id=sent.message_id, shown_image=best if sent.photo else None)

    async def _picture(self, key: str) -> bytes | None:
        try:
            return await self._images.get(key)
        except KeyError:
            return None

    def _remember(self, id_: Id, content: Content, image: str) -> None:
        """Keep what a card shows, so that no call is made to change nothing."""
        self._shown[id_] = (content, image)
        self._shown.move_to_end(id_)
        while len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)

    async def _overcome(self, card: Card, view: View, found: Diagnosis, begun: datetime) -> Result:
        """Deal with what Telegram said, instead of yes, to a call begun at a time."""
        match found.trouble:
            case Trouble.UNCHANGED:
                return await self._record(_up_to_date(card, self._clock()))
            case Trouble.MESSAGE_LOST if card.message_id is not None:
                return await self._replace_lost(card, view)
            case Trouble.CHAT_LOST:
                await lose_chat(
                    self._store, account_id=card.account_id, chat_id=card.chat_id, as_of=begun
                )
                return await self._bury_for_now(card, found.text)
            case Trouble.CHAT_MOVED:
                return await self._move(card, found.chat_id)
            case _:
                return await self._later(card, found)

    async def _later(self, card: Card, found: Diagnosis) -> Result:
        """Try again: when told, soon, or after others."""
        match found.trouble:
            case Trouble.TOO_FAST:
                return Again(await self._unmark(card), found.wait_s)
            case Trouble.UNREACHED | Trouble.TOKEN:
                _log.warning("card %s waits: %s", card.id, found.text)
                return Again(await self._unmark(card))
            case Trouble.UNANSWERED:
                _log.warning("card %s: Telegram's answer was lost: %s", card.id, found.text)
                return Again(card)
            case _:
                return await self._postpone(card, found.text)

    async def _replace_lost(self, card: Card, view: View) -> Result:
        """Ask again if somebody deleted the card of an open question; else let it be."""
        self._shown.pop(card.id, None)
        if not view.asked:
            return await self._record(_up_to_date(card, self._clock()))
        fresh = replace(card, message_id=None, shown_image=None, prompt_id=None)
        return await self._try(await self._mark(fresh), view)

    async def _move(self, card: Card, chat_id: int) -> Moved:
        await move_chat(
            self._store, account_id=card.account_id, chat_id=card.chat_id, new_chat_id=chat_id
        )
        moved = replace(card, chat_id=chat_id, sending=False)
        await self._store.outbox.save(moved)
        return Moved(moved)

    async def _unmark(self, card: Card) -> Card:
        """Note that a first delivery certainly did not happen."""
        if card.message_id is not None:
            return card
        unmarked = replace(card, sending=False)
        await self._store.outbox.save(unmarked)
        return unmarked

    async def _postpone(self, card: Card, reason: str) -> Result:
        """Let others go first; give up on a card that is refused again and again."""
        attempts = card.attempts + 1
        _log.warning("card %s refused (%d of %d): %s", card.id, attempts, MAX_REFUSALS, reason)
        if attempts >= MAX_REFUSALS:
            return await self._bury(card, reason)
        due = self._clock() + timedelta(seconds=0.25 * 4**attempts)
        return await self._record(replace(card, attempts=attempts, due_at=due, sending=False))

    async def _bury_for_now(self, card: Card, reason: str) -> Done:
        """Set a card aside until its account has a chat; that may be so by now."""
        done = await self._bury(card, reason)
        await take_up_stuck(self._store, card.account_id)
        return done

    async def _bury(self, card: Card, reason: str) -> Done:
        """Set a card aside, with the reason; joining again takes it up."""
        _log.warning("card %s cannot be delivered: %s", card.id, reason)
        return await self._record(replace(card, sending=False, error=reason))

    async def _withdraw(self, card: Card) -> Done:
        """Take the message of a visit away that is not remembered any more."""
        if card.message_id is not None:
            try:
                await self._screen.remove(card.chat_id, card.message_id)
            except TelegramError as error:
                _log.info("card %s stays: %s", card.id, diagnose(error).trouble.name)
        return await self._record(_up_to_date(card, self._clock()))

    async def _record(self, card: Card) -> Done:
        """Write what became of a card, however long that takes: Telegram will not say again."""
        backoff = Backoff(*RECORD_RETRY_S)
        while True:
            try:
                await self._store.outbox.delivered(card)
            except Exception as error:  # noqa: BLE001 - whatever the database's trouble is
                _log.warning("card %s not recorded yet: %s", card.id, type(error).__name__)
                await asyncio.sleep(backoff.next_s())
            else:
                return Done()


def _overtaken(view: View) -> bool:
    """Tell whether a card not sent yet would only point to a newer one."""
    question = view.question if isinstance(view, VisitView) else None
    return question is not None and question.status is QuestionStatus.SUPERSEDED


def _up_to_date(card: Card, now: datetime) -> Card:
    return replace(
        card,
        delivered=card.revision,
        delivered_at=now,
        sending=False,
        attempts=0,
        error=None,
    )
