"""Presses of buttons: decide first, then answer, then tidy up."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from markupsafe import Markup
from telegram import CallbackQuery, Message, Update
from telegram.ext import ContextTypes

from bot.answers import snoozed_until, visitor_until
from bot.buttons import Press, Verb, name_mark, read_press
from bot.desk import VIA, Desk
from bot.doors import press_door
from bot.earlier import show_earlier
from bot.naming import Naming
from bot.outcomes import corrected, taken_back
from bot.tongue import Tongue, msg
from domain.decisions import (
    Answer,
    Block,
    Dismiss,
    IsNot,
    ItIs,
    Name,
    NoFace,
    Outcome,
    Visitor,
    answer,
    not_them,
    open_question,
)
from domain.errors import InvalidError, NotFoundError, UsherError
from domain.paging import turn
from domain.records import Account, Card, Id, Menu
from domain.unanswered import snooze
from domain.undo import undo

_NAMESAKE = {Verb.SAME, Verb.ALSO}
_THEN_PROMPT = {Verb.NAME, Verb.ELSE}
_SAID = {
    Verb.IS: msg("It is {name}."),
    Verb.SAME: msg("It is {name}."),
    Verb.EXPECTED: msg("It is {name}."),
    Verb.ALSO: msg("Saved: {name}."),
    Verb.VISITOR: msg("Approved: {name}."),
    Verb.BLOCK: msg("Blocked. You will be alerted every time."),
    Verb.DISMISS: msg("Dismissed. Nobody will be asked again."),
    Verb.NO_FACE: msg("Noted: not a face. Nobody will be asked again."),
}


@dataclass(frozen=True, slots=True)
class Presses:
    """Answers presses."""

    desk: Desk
    naming: Naming

    async def press(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Take a press as a decision; refuse what is forged, stale or not allowed."""
        query = update.callback_query
        if query is None:
            return
        t = await self.desk.tongue(query.from_user)
        try:
            press = read_press(query.data or "")
            account = await self.desk.account(query.from_user.id)
            hand = _Hand(self.desk, query=query, press=press, account=account, t=t)
            said = await hand.play()
        except UsherError as error:
            await self.desk.talk.toast(query, self.desk.sentence(error, t), alert=True)
            return
        await self.desk.talk.toast(query, said)
        await self._tidy_up(hand)

    async def _tidy_up(self, hand: "_Hand") -> None:
        """Prompt for a name if wanted, and take away what has served."""
        press, message = hand.press, hand.query.message
        question = await self.desk.store.questions.get(press.id)
        if message is None or question is None:
            return
        chat_id, message_id = message.chat.id, message.message_id
        if press.verb in _THEN_PROMPT:
            await self.naming.prompt(question, message.chat.id, hand.query.from_user, hand.t)
        card = await self.desk.card_in(chat_id, question.visit_id)
        # A card sent twice, because Telegram's answer to the first was lost, need not stay twice.
        doubled = card and card.message_id and not card.sending and card.message_id != message_id
        if press.verb in _NAMESAKE or doubled:
            await self.desk.talk.tidy(chat_id, message_id)
        if press.verb in _NAMESAKE:
            await self.naming.tidy(card)


Play = Callable[[], Awaitable[Markup | str]]


@dataclass(slots=True)
class _Hand:
    """One press by somebody who has an account; `play` returns what to tell them."""

    desk: Desk
    query: CallbackQuery
    press: Press
    account: Account
    t: Tongue
    plays: dict[Verb, Play] = field(init=False)

    def __post_init__(self) -> None:
        self.plays = {
            Verb.NAME: self._name,
            Verb.MENU: self._menu,
            Verb.LATER: self._later,
            Verb.PAGE: self._page,
            Verb.EARLIER: self._earlier,
            Verb.UNDO: self._undo,
            Verb.WRONG: self._wrong,
            Verb.OPEN: self._door,
            Verb.SHUT: self._door,
        }

    async def play(self) -> Markup | str:
        return await self.plays.get(self.press.verb, self._answer)()

    async def _name(self) -> str:
        await open_question(self.desk.store, question_id=self.press.id, account=self.account)
        return ""

    async def _door(self) -> Markup:
        return await press_door(self.desk, self.press, self.account, self.t)

    async def _answer(self) -> Markup:
        outcome = await answer(
            self.desk.store,
            question_id=self.press.id,
            answer=await self._meant(),
            account=self.account,
            via=VIA,
            now=self.desk.clock(),
        )
        return self._said(outcome)

    async def _meant(self) -> Answer:
        """Return the answer that a button stands for."""
        press = self.press
        if press.person_id:
            return await self._about(press.person_id)
        match press.verb:
            case Verb.VISITOR:
                return Visitor(visitor_until(press.word, self.desk.clock(), self.desk.zone))
            case Verb.BLOCK:
                return Block()
            case Verb.DISMISS:
                return Dismiss()
            case Verb.NO_FACE:
                return NoFace()
            case _:
                raise InvalidError("This button is not valid.")

    async def _about(self, person_id: Id) -> Answer:
        match self.press.verb:
            case Verb.IS:
                return ItIs(person_id, offered=True)
            case Verb.NOT | Verb.ELSE:
                return IsNot(person_id)
            case Verb.EXPECTED:
                return await self._guest(person_id)
            case _:
                return await self._namesake(person_id)

    async def _guest(self, guest_id: Id) -> Answer:
        """Return that this is a guest who was announced."""
        guest = await self.desk.store.guests.get(guest_id)
        if guest is None:
            raise InvalidError("This guest is not expected any more.")
        return Name(guest.name)

    async def _namesake(self, person_id: Id) -> Answer:
        """Return what was chosen about a name that is known already."""
        person = await self.desk.store.persons.canonical(person_id)
        if person is None or not person.recognised:
            raise InvalidError("Nobody is known by this name any more. Please send it again.")
        if self.press.verb is Verb.SAME:
            return ItIs(person.id)
        if person.name is None or name_mark(person.label) != self.press.word:
            raise InvalidError("That person has another name by now. Please send the name again.")
        return Name(person.name, another=True)

    def _said(self, outcome: Outcome) -> Markup:
        text = _SAID.get(self.press.verb)
        if text is None:
            return self.t("Noted. Who is it?")
        said = self.t(text, name=self.t.called(outcome.person))
        return Markup(" ").join((said, *corrected(outcome, self.t)))

    async def _menu(self) -> str:
        """Show further buttons, or the first ones again."""
        card = await self._card()
        await open_question(self.desk.store, question_id=self.press.id, account=self.account)
        opened = next((menu for menu in Menu if menu == self.press.word), None)
        await self.desk.store.outbox.open_menu(card.id, opened, self.desk.clock())
        return ""

    async def _later(self) -> Markup:
        """Put the card off, and shut the menu it was chosen from."""
        store, card, now = self.desk.store, await self._card(), self.desk.clock()
        until = snoozed_until(self.press.word, now, self.desk.zone)
        await snooze(store, card_id=card.id, until=until, account=self.account, now=now)
        await store.outbox.open_menu(card.id, None, now)
        when = self.t.time(until, day=now, zone=self.desk.zone)
        return self.t("You will be asked again at {time}.", time=when)

    async def _page(self) -> str:
        """Have the chat's pager show another question."""
        if self.query.message:
            await turn(
                self.desk.store,
                chat_id=self.query.message.chat.id,
                question_id=self.press.id,
                account=self.account,
                now=self.desk.clock(),
            )
        return ""

    async def _earlier(self) -> Markup | str:
        return await show_earlier(self.desk, self.query, self.press.id, self.account, self.t)

    async def _undo(self) -> Markup:
        undoing = await undo(
            self.desk.store,
            decision_id=self.press.id,
            account=self.account,
            via=VIA,
            now=self.desk.clock(),
            policy=self.desk.decisions,
        )
        said = taken_back(undoing, self.t)
        await self._say_there(said)
        return said

    async def _say_there(self, said: Markup) -> None:
        """Say it in place of what was pressed; cards follow by themselves."""
        message = self.query.message
        if isinstance(message, Message):
            outbox = self.desk.store.outbox
            if await outbox.by_message(message.chat.id, message.message_id) is None:
                await self.desk.talk.change(message, said)

    async def _wrong(self) -> Markup:
        await not_them(
            self.desk.store,
            visit_id=self.press.id,
            account=self.account,
            via=VIA,
            now=self.desk.clock(),
        )
        return self.t("Noted. Who is it?")

    async def _card(self) -> Card:
        """Return the card of the question in this chat."""
        question = await self.desk.store.questions.get(self.press.id)
        message = self.query.message
        if question and message:
            card = await self.desk.card_in(message.chat.id, question.visit_id)
            if card:
                return card
        raise NotFoundError("This card is out of date. Please look at the newest one.")
