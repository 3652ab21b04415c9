"""Putting a card into its chat as it is now: sent, sent anew, or changed."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from bot.cards import Content, Paper, render
from bot.pages import Turned, with_pages
from bot.photos import Photos
from bot.recipients import thread_of
from bot.screen import Place, Screen
from bot.tongue import tongue
from domain.door_views import DoorView
from domain.policy import DecisionPolicy
from domain.records import Card, CardKind, Id, Recipient
from domain.views import SpoofView, VisitView

# From this try on buttons are done without; a reply to the card still names somebody.
WITHOUT_BUTTONS = 3
REMEMBERED = 2_000

View = VisitView | SpoofView | DoorView


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A card to be shown: what of, to whom, and for a pager which of how many pages it is."""

    card: Card
    view: View
    recipient: Recipient
    turned: Turned | None = None
    silent: bool = False

    @property
    def anew(self) -> bool:
        """Whether a new message is to be sent."""
        return self.card.message_id is None or (self.card.again and self.view.asked)

    @property
    def kind(self) -> CardKind:
        """What it is about: the pages of a pager are questions."""
        return CardKind.QUESTION if self.turned else self.card.kind

    def content(self, paper: Paper) -> Content:
        """Return what the card says on a paper, in the language of whom it is for."""
        paper = replace(
            paper,
            t=tongue(self.recipient.language),
            menu=self.turned.menu if self.turned else self.card.menu,
            snoozed_until=self.card.snoozed_until,
        )
        content = render(self.view, self.kind, paper)
        if self.turned:
            content = with_pages(content, self.turned, paper.t, asked=self.view.asked)
        return replace(content, silent=content.silent or self.silent)


class Showing:
    """Shows cards. Every method raises TelegramError when Telegram does not carry it out."""

    def __init__(
        self,
        *,
        screen: Screen,
        photos: Photos,
        clock: Callable[[], datetime],
        zone: tzinfo,
        decisions: DecisionPolicy,
    ) -> None:
        self._screen = screen
        self._photos = photos
        self._clock = clock
        self._zone = zone
        self._decisions = decisions
        self._shown: OrderedDict[Id, tuple[Content, str]] = OrderedDict()

    def may_show(self, sheet: Sheet) -> bool:
        """Take a turn in the chat, if one is needed; return whether it is ours."""
        if not sheet.anew and self._is_shown(sheet):
            return True
        return self._screen.take_turn(sheet.card.chat_id, edit=not sheet.anew)

    async def show(self, sheet: Sheet) -> Card:
        """Show a card in a turn and return it as it stands in the chat now."""
        return await (self._send(sheet) if sheet.anew else self._change(sheet))

    def forget(self, card: Card) -> None:
        """Forget what a card shows: its message is gone."""
        self._shown.pop(card.id, None)

    async def _send(self, sheet: Sheet) -> Card:
        card, best, now = sheet.card, sheet.view.image_key, self._clock()
        content = sheet.content(self._paper(now))
        with_buttons = card.attempts < WITHOUT_BUTTONS
        async with self._photos.at_hand(best) as photo:
            sent = await self._screen.show(
                Place(card.chat_id, thread_of(sheet.recipient)),
                content,
                photo,
                buttons=with_buttons,
            )
            if sent.file_id:
                self._photos.learn(best, sent.file_id)
        if with_buttons:
            self._remember(card.id, content, best)
        return replace(
            card,
            message_id=sent.message_id,
            replaces=card.message_id or card.replaces,
            sent_at=now,
            shown_image=best if sent.photo else None,
            file_id=sent.file_id,
        )

    async def _change(self, sheet: Sheet) -> Card:
        card, best = sheet.card, sheet.view.image_key
        if card.message_id is None or self._is_shown(sheet):
            return card
        content = self._content(sheet)
        has_photo = card.shown_image is not None
        if not has_photo or card.shown_image == best:
            await self._screen.change(card.chat_id, card.message_id, content, has_photo=has_photo)
            changed = card
        else:
            changed = await self._change_photo(card, card.message_id, content, best)
        self._remember(card.id, content, best)
        return changed

    async def _change_photo(self, card: Card, message_id: int, content: Content, best: str) -> Card:
        async with self._photos.at_hand(best) as photo:
            file_id = await self._screen.change(
                card.chat_id, message_id, content, has_photo=True, photo=photo
            )
            if file_id:
                self._photos.learn(best, file_id)
        return replace(card, shown_image=best, file_id=file_id)

    def _content(self, sheet: Sheet) -> Content:
        """Return what the message of a card says now."""
        return sheet.content(self._paper(sheet.card.sent_at or sheet.card.created_at))

    def _paper(self, day: datetime) -> Paper:
        """Return what is written on now, in a message sent on a day."""
        undo = self._decisions.undo
        return Paper(day=day, zone=self._zone, now=self._clock(), undo=undo)

    def _is_shown(self, sheet: Sheet) -> bool:
        shown = (replace(self._content(sheet), silent=False), sheet.view.image_key)
        return self._shown.get(sheet.card.id) == shown

    def _remember(self, id_: Id, content: Content, image: str) -> None:
        """Keep what a card shows, so that no call is made to change nothing."""
        self._shown[id_] = (replace(content, silent=False), image)
        self._shown.move_to_end(id_)
        while len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
