"""Naming somebody by reply. Which prompt means which question is kept with the card."""

import asyncio
from dataclasses import dataclass, replace

from markupsafe import Markup
from telegram import Message, Update, User
from telegram.constants import ChatType
from telegram.ext import ContextTypes

from bot.buttons import Button, Press, Rows, Verb, name_mark
from bot.desk import VIA, Desk
from bot.outcomes import corrected
from bot.tongue import Tongue, msg
from bot.words import bold, plain, safe
from domain.decisions import Name, answer
from domain.errors import InvalidError, NameTakenError, UsherError
from domain.records import Card, CardKind, Id, Person, Question
from domain.store import Records

LOOKS_AGAIN, LOOK_AGAIN_S = 4, 0.1
MAX_NAMESAKES = 3
BUTTON_UNITS = 24


@dataclass(frozen=True, slots=True)
class Naming:
    """Asks for names and takes them."""

    desk: Desk

    async def prompt(self, question: Question, chat_id: int, user: User, t: Tongue) -> None:
        """Ask for the name of the person on a card, in reply to the card."""
        card = await self.desk.card_in(chat_id, question.visit_id)
        person = await self.desk.store.persons.canonical(question.person_id)
        if card is None or person is None:
            return
        prompt_id = await self.desk.talk.say(
            chat_id,
            _please(person, user if chat_id < 0 else None, t),
            reply_to=await self.desk.message_of(card),
            placeholder=plain(t("Name")),
        )
        if prompt_id is None:
            return
        await self._remember(card, prompt_id)
        if card.prompt_id:
            await self.desk.talk.tidy(chat_id, card.prompt_id)

    async def _remember(self, card: Card, prompt_id: int) -> None:
        async def work(records: Records) -> None:
            found = await records.outbox.get(card.id)
            if found:
                await records.outbox.save(replace(found, prompt_id=prompt_id))

        await self.desk.store.transact(work)

    async def reply(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Take a reply to a prompt or to a card as a name."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        try:
            await self._take(message, message.from_user)
        except UsherError as error:
            await self.desk.explain(message, message.from_user, error)

    async def _take(self, message: Message, user: User) -> None:
        card = await self._card_meant(message)
        if card is None and message.chat.type != ChatType.PRIVATE:
            return  # people of a group talk to one another
        account = await self.desk.account(user.id)
        t = await self.desk.tongue(user)
        if card and card.kind is CardKind.PAGER:
            # It may have been turned to somebody else while the name was written.
            raise InvalidError("Please press Name on the card, and reply to the question then.")
        if card is None or card.question_id is None or message.text is None:
            raise InvalidError("To name somebody, reply with text to a card that asks about them.")
        try:
            outcome = await answer(
                self.desk.store,
                question_id=card.question_id,
                answer=Name(message.text),
                account=account,
                via=VIA,
                now=self.desk.clock(),
            )
        except NameTakenError as error:
            await self._ask_about_namesake(message, card.question_id, error, t)
            return
        saved = t("Saved: {name}.", name=bold(t.called(outcome.person)))
        said = Markup(" ").join((saved, *corrected(outcome, t)))
        await self.desk.talk.say(message.chat.id, said, reply_to=message.message_id)
        await self.tidy(card)

    async def tidy(self, card: Card | None) -> None:
        """Take away the prompt of a card that has been answered."""
        if card and card.prompt_id:
            await self.desk.talk.tidy(card.chat_id, card.prompt_id)

    async def _card_meant(self, message: Message) -> Card | None:
        replied = message.reply_to_message
        if replied is None:
            return None
        chat_id, outbox = message.chat.id, self.desk.store.outbox
        card = await outbox.by_message(chat_id, replied.message_id)
        for _ in range(LOOKS_AGAIN):
            if card or replied.from_user is None or not replied.from_user.is_bot:
                break
            # A quick reply can be here before the message it answers is recorded.
            await asyncio.sleep(LOOK_AGAIN_S)
            card = await outbox.by_message(chat_id, replied.message_id)
        return card

    async def _ask_about_namesake(
        self, message: Message, question_id: Id, error: NameTakenError, t: Tongue
    ) -> None:
        """Ask whether somebody known by this name is meant; show their picture if it is one."""
        found = await self.desk.store.persons.some([Id(id_) for id_ in error.person_ids])
        people = [found[Id(id_)] for id_ in error.person_ids if Id(id_) in found]
        if not people:
            raise InvalidError("Please send the name again.")
        text, rows = _is_it_one(error.name, people, t), _namesake_rows(question_id, people, t)
        picture = await self._cover(people)
        if picture is None or not await self.desk.talk.picture(
            message.chat.id, picture, text, rows=rows, reply_to=message.message_id
        ):
            await self.desk.talk.say(message.chat.id, text, rows=rows, reply_to=message.message_id)

    async def _cover(self, people: list[Person]) -> bytes | None:
        if len(people) > 1 or not people[0].cover:
            return None
        try:
            return await self.desk.images.get(people[0].cover)
        except KeyError:
            return None


def _please(person: Person, user: User | None, t: Tongue) -> Markup:
    """Return the words that ask for a name; in a group they say of whom."""
    who = bold(t.called(person))
    if user is None:
        return t("Reply with the name of {who}.", who=who)
    link = Markup('<a href="tg://user?id={}">{}</a>').format(user.id, safe(user.first_name))
    return t("{you}, reply with the name of {who}.", you=link, who=who)


def _is_it_one(name: str, people: list[Person], t: Tongue) -> Markup:
    if len(people) == 1:
        who = bold(t.called(people[0]))
        return t("There is already {who}. Is this the same person?", who=who)
    text = msg("There are already {n} called {name}. Is it one of them?")
    return t(text, n=len(people), name=safe(name))


def _namesake_rows(question_id: Id, people: list[Person], t: Tongue) -> Rows:
    first = people[0]
    others = [
        (Button(_this_one(person, t, alone=len(people) == 1), _same(question_id, person)),)
        for person in people[:MAX_NAMESAKES]
    ]
    another = Press(
        verb=Verb.ALSO,
        id=question_id,
        person_id=first.id,
        word=name_mark(first.label),
    )
    label = safe(t.called(first), BUTTON_UNITS)
    return (*others, (Button(t("Another {name}", name=label), another),))


def _this_one(person: Person, t: Tongue, *, alone: bool) -> Markup:
    name = safe(t.called(person), BUTTON_UNITS)
    if alone:
        return t("It is this {name}", name=name)
    return t("It is {name} ({number})", name=name, number=person.number)


def _same(question_id: Id, person: Person) -> Press:
    return Press(verb=Verb.SAME, id=question_id, person_id=person.id)
