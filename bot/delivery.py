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

from bot import recipients
from bot.backoff import Backoff
from bot.cards import Content, Paper, render
from bot.recipients import recipient_of, thread_of
from bot.screen import Place, Screen
from bot.tongue import tongue
from bot.troubles import Diagnosis, Trouble, diagnose
from bot.withdrawal import take_away
from domain.door_views import DoorView
from domain.errors import NotFoundError
from domain.intake import Images
from domain.records import Account, Card, Group, Id, QuestionStatus, Recipient
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
View = VisitView | SpoofView | DoorView


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A card to be shown: what of, and to whom."""

    card: Card
    view: View
    recipient: Recipient

    def paper(self, day: datetime, zone: tzinfo | None) -> Paper:
        """Return what the card is written on."""
        t = tongue(self.recipient.language)
        menu, snoozed = self.card.menu, self.card.snoozed_until
        return Paper(day=day, zone=zone, t=t, menu=menu, snoozed_until=snoozed)


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
            asking = group.create_task(recipient_of(self._store, card))
        view, recipient = looking.result(), asking.result()
        if view is None:
            return await self._withdraw(card)
        if card.message_id is None and _overtaken(view):
            return await self._record(_up_to_date(card, self._clock()))
        if recipient is None:
            return await self._bury(card, "whom it was for is gone")
        errand = Errand(card=marking.result(), view=view, recipient=recipient)
        return await self._follow(errand) or await self._try(errand)

    async def _try(self, errand: Errand) -> Result:
        begun = self._clock()
        try:
            shown = await self._show(errand)
        except TelegramError as error:
            return await self._overcome(errand, diagnose(error), begun)
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

    async def _follow(self, errand: Errand) -> Result | None:
        """Keep faces from those who may not see them any more, or somewhere else."""
        card, recipient = errand.card, errand.recipient
        if isinstance(recipient, Group) and recipient.lost_at:
            return await self._bury_for_now(card, "the group is not bound any more")
        left = isinstance(recipient, Account) and recipient.unbound
        if left or not recipient.may_see(card.site_id):
            return await self._take_back(errand)
        if recipient.chat_id == card.chat_id:
            return None
        here_still = card.message_id is not None and not isinstance(recipient, Group)
        if recipient.chat_id is None or here_still:
            return await self._bury_for_now(card, "the chat is not bound any more")
        return await self._move(errand, recipient.chat_id)

    async def _show(self, errand: Errand) -> Card:
        card, view = errand.card, errand.view
        if card.message_id is None:
            return await self._send(errand)
        content = render(view, card.kind, errand.paper(card.created_at, self._zone))
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

    async def _send(self, errand: Errand) -> Card:
        card, best = errand.card, errand.view.image_key
        content = render(errand.view, card.kind, errand.paper(self._clock(), self._zone))
        sent = await self._screen.show(
            Place(card.chat_id, thread_of(errand.recipient)),
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

    async def _overcome(self, errand: Errand, found: Diagnosis, begun: datetime) -> Result:
        """Deal with what Telegram said, instead of yes, to a call begun at a time."""
        card = errand.card
        match found.trouble:
            case Trouble.UNCHANGED:
                return await self._record(_up_to_date(card, self._clock()))
            case Trouble.MESSAGE_LOST if card.message_id is not None:
                return await self._replace_lost(errand)
            case Trouble.THREAD_LOST if thread_of(errand.recipient) is not None:
                return await self._leave_topic(errand)
            case Trouble.CHAT_LOST:
                await recipients.lose_chat(self._store, card, as_of=begun)
                return await self._bury_for_now(card, found.text)
            case Trouble.CHAT_MOVED:
                return await self._move(errand, found.chat_id)
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

    async def _replace_lost(self, errand: Errand) -> Result:
        """Ask again if somebody deleted the card of an open question; else let it be."""
        card = errand.card
        self._shown.pop(card.id, None)
        if not errand.view.asked:
            return await self._record(_up_to_date(card, self._clock()))
        fresh = replace(card, message_id=None, shown_image=None, prompt_id=None)
        return await self._try(replace(errand, card=await self._mark(fresh)))

    async def _leave_topic(self, errand: Errand) -> Result:
        """Go on in the general topic of a group."""
        await recipients.forget_topic(self._store, errand.recipient)
        general = await recipient_of(self._store, errand.card)
        if general is None or thread_of(general) == thread_of(errand.recipient):
            return await self._postpone(errand.card, "the topic is gone")
        return await self._try(replace(errand, recipient=general))

    async def _move(self, errand: Errand, chat_id: int) -> Result:
        """Follow a chat to its new id, where the messages of the old one are not."""
        card = errand.card
        await recipients.move_chat(self._store, card, chat_id)
        moved = replace(
            card,
            chat_id=chat_id,
            message_id=None,
            prompt_id=None,
            shown_image=None,
            sending=False,
        )
        await self._store.outbox.move(moved)
        self._shown.pop(card.id, None)
        if card.message_id is not None and not errand.view.asked:
            return await self._record(_up_to_date(moved, self._clock()))
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
        """Set a card aside until whom it is for has a chat; that may be so by now."""
        done = await self._bury(card, reason)
        await recipients.take_up_stuck(self._store, card)
        return done

    async def _bury(self, card: Card, reason: str) -> Done:
        """Set a card aside, with the reason; joining again takes it up."""
        _log.warning("card %s cannot be delivered: %s", card.id, reason)
        return await self._record(replace(card, sending=False, error=reason))

    async def _take_back(self, errand: Errand) -> Result:
        """Leave nothing in the chat; whoever may see it again one day is dealt it anew."""
        t = tongue(errand.recipient.language)
        if found := await take_away(self._screen, errand.card, t):
            return await self._later(errand.card, found)
        await self._store.outbox.remove(errand.card.id)
        return Done()

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
    """Tell whether a card not sent yet would only point to a newer one, or to a chance gone."""
    if isinstance(view, DoorView):
        return view.over
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
