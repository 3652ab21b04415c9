"""Presses of buttons: decide first, then answer, then tidy up."""

from dataclasses import dataclass

from markupsafe import Markup
from telegram import CallbackQuery, Update
from telegram.constants import ChatType
from telegram.ext import ContextTypes

from bot.buttons import Press, Verb, name_mark, read_press
from bot.desk import VIA, Desk
from bot.naming import Naming
from bot.tongue import Tongue
from domain.decisions import (
    Answer,
    Block,
    Dismiss,
    IsNot,
    ItIs,
    Name,
    Visitor,
    answer,
    open_question,
)
from domain.errors import InvalidError, UsherError
from domain.records import Id, Person

_PLAIN: dict[Verb, Answer] = {
    Verb.VISITOR: Visitor(),
    Verb.BLOCK: Block(),
    Verb.DISMISS: Dismiss(),
}
_NAMESAKE = {Verb.SAME, Verb.ALSO}
_THEN_PROMPT = {Verb.NAME, Verb.ELSE}


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
            said = await self._decide(query, press, t)
        except UsherError as error:
            await self.desk.talk.toast(query, self.desk.sentence(error, t), alert=True)
            return
        await self.desk.talk.toast(query, said)
        await self._tidy_up(query, press, t)

    async def _decide(self, query: CallbackQuery, press: Press, t: Tongue) -> Markup | str:
        account = await self.desk.account(query.from_user.id)
        if query.message is None or query.message.chat.type != ChatType.PRIVATE:
            raise InvalidError("Please answer in the private chat with this bot.")
        if press.verb is Verb.NAME:
            await open_question(self.desk.store, question_id=press.question_id, account=account)
            return ""
        outcome = await answer(
            self.desk.store,
            question_id=press.question_id,
            answer=await self._meant(press),
            account=account,
            via=VIA,
            now=self.desk.clock(),
        )
        return _said(press.verb, outcome.person, t)

    async def _meant(self, press: Press) -> Answer:
        """Return the answer that a button stands for."""
        if press.verb in _PLAIN:
            return _PLAIN[press.verb]
        if press.person_id is None:
            raise InvalidError("This button is not valid.")
        if press.verb in {Verb.NOT, Verb.ELSE}:
            return IsNot(press.person_id)
        if press.verb is Verb.IS:
            return ItIs(press.person_id, offered=True)
        return await self._namesake(press, press.person_id)

    async def _namesake(self, press: Press, person_id: Id) -> Answer:
        """Return what was chosen about a name that is known already."""
        person = await self.desk.store.persons.canonical(person_id)
        if person is None or not person.recognised:
            raise InvalidError("Nobody is known by this name any more. Please send it again.")
        if press.verb is Verb.SAME:
            return ItIs(person.id)
        if person.name is None or name_mark(person.label) != press.mark:
            raise InvalidError("That person has another name by now. Please send the name again.")
        return Name(person.name, another=True)

    async def _tidy_up(self, query: CallbackQuery, press: Press, t: Tongue) -> None:
        """Prompt for a name if wanted, and take away what has served."""
        question = await self.desk.store.questions.get(press.question_id)
        if query.message is None or question is None:
            return
        chat_id, message_id = query.message.chat.id, query.message.message_id
        if press.verb in _THEN_PROMPT:
            await self.naming.prompt(question, chat_id, t)
        card = await self.desk.card_in(chat_id, question.visit_id)
        # A card sent twice, because Telegram's answer to the first was lost, need not stay twice.
        doubled = card and card.message_id and not card.sending and card.message_id != message_id
        if press.verb in _NAMESAKE or doubled:
            await self.desk.talk.tidy(chat_id, message_id)
        if press.verb in _NAMESAKE:
            await self.naming.tidy(card)


def _said(verb: Verb, person: Person, t: Tongue) -> Markup:
    match verb:
        case Verb.IS | Verb.SAME:
            return t("It is {name}.", name=person.label)
        case Verb.ALSO:
            return t("Saved: {name}.", name=person.label)
        case Verb.VISITOR:
            return t("Approved: {name}.", name=person.label)
        case Verb.BLOCK:
            return t("Blocked. You will be alerted every time.")
        case Verb.DISMISS:
            return t("Dismissed. Nobody will be asked again.")
        case _:
            return t("Noted. Who is it?")
