"""What a card offers beside its answers: menus, later, earlier pictures, guests, wrong names."""

from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial

from demo.botapi.views import ChatMessage
from domain.guests import expect
from domain.policy import QuestionPolicy
from domain.records import PersonStatus, QuestionStatus
from domain.unanswered import step_questions, wake_snoozed
from tests.bot.house import MARIA, OTTO, Guest, House, eventually, now


def _texts(message: ChatMessage) -> list[list[str]]:
    return [[button.text for button in row] for row in message.buttons]


def _offers(message: ChatMessage, text: str) -> bool:
    return any(text in row for row in _texts(message))


def _shows(id_: int, text: str, message: ChatMessage) -> bool:
    return message.id == id_ and _offers(message, text)


async def _choose(house: House, card: ChatMessage, *buttons: str) -> str:
    """Press one button after the other, each as soon as it is there; return what was said."""
    said = ""
    for text in buttons:
        shown = await house.chat.wait_for(MARIA, partial(_shows, card.id, text))
        answer = await house.chat.answer(await house.chat.press(MARIA, shown, text=text))
        said = answer.text
    return said


async def test_a_menu_opens_and_shuts_on_the_card(house: House) -> None:
    """More shows the rarer answers in place, Back the first ones."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        await _choose(house, card, "More")
        more = await house.chat.wait_for(MARIA, lambda m: _offers(m, "Not a face"))
        await _choose(house, card, "Back")
        back = await house.chat.wait_for(MARIA, lambda m: _offers(m, "Block"))
    assert _texts(more) == [["Visitor for a week", "Visitor always"], ["Not a face", "Back"]]
    assert more.id == back.id == card.id


async def test_a_visitor_for_a_week(house: House) -> None:
    """Approved until the end of this day in a week, where the house stands."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        said = await _choose(house, card, "More", "Visitor for a week")
        await house.shows(MARIA, "approved as a visitor until ")
    person = await house.store.persons.get(guest.person.id)
    assert said.startswith("Approved: Visitor")
    assert person
    assert person.visitor_until
    assert timedelta(days=7) < person.visitor_until - now() <= timedelta(days=8)
    assert (person.visitor_until.hour, person.visitor_until.minute) == (0, 0)


async def test_not_a_face_is_never_asked_about_again(house: House) -> None:
    """A poster is dismissed, and called what it is."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        await _choose(house, card, "More", "Not a face")
        shown = await house.shows(MARIA, "said to be no face by Maria")
    person = await house.store.persons.get(guest.person.id)
    assert person
    assert (person.status, person.no_face) == (PersonStatus.DISMISSED, True)
    assert shown.text.startswith("Not a face ")


async def test_later_leaves_this_chat_alone_and_comes_back(house: House) -> None:
    """The card says until when; then it is sent anew, with a sound, and the old one goes."""
    await house.manager("Otto", OTTO)
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        said = await _choose(house, card, "Later", "30 min")
        later = await house.shows(MARIA, "Later: again at ")
        assert said.startswith("You will be asked again at ")
        assert "Later" not in (await house.shows(OTTO, guest.person.label)).text
        [snoozed] = [c for c in await house.settled(guest.visit.id) if c.snoozed_until]
        await house.store.outbox.save(replace(snoozed, snoozed_until=now()))
        await wake_snoozed(house.store, now())
        again = await house.chat.wait_for(MARIA, lambda m: bool(m.photo and m.id > later.id))
        await eventually(lambda: _only(house, again.id))
    assert "Later" not in again.text
    assert not again.silent


async def _only(house: House, message_id: int) -> bool:
    return [card.id for card in await house.cards(MARIA)] == [message_id]


async def test_earlier_pictures_come_as_an_album(house: House) -> None:
    """Of somebody who was here before, one picture of each visit, with the times."""
    async with house.bot():
        guest = await house.seen(at=now() - timedelta(hours=3))
        await house.seen(guest.person, at=now() - timedelta(hours=2))
        await house.seen(guest.person)
        card = await house.shows(MARIA, "3rd visit")
        await _choose(house, card, "Earlier")
        album = await house.chat.wait_for(MARIA, lambda m: bool(m.media_group_id))
    assert album.text.startswith(f"{guest.person.label}: ")
    assert album.text.count(":") == 3


async def test_somebody_recognised_wrongly_is_asked_about(house: House) -> None:
    """Not Anna on a notice makes it a question, and Anna is not offered."""
    anna = await house.person(name="Anna")
    async with house.bot():
        await house.seen(anna)
        notice = await house.shows(MARIA, "Anna · recognised 96 %")
        assert await _choose(house, notice, "Not Anna") == "Noted. Who is it?"
        asked = await house.chat.wait_for(MARIA, lambda m: _offers(m, "Name"))
    assert asked.id == notice.id
    assert asked.text.startswith("Stranger ")
    assert "Anna" not in asked.text


async def _wait(house: House, guest: Guest, time: timedelta, policy: QuestionPolicy) -> None:
    """Let a question have waited for so long."""
    question = await house.store.questions.of_visit(guest.visit.id)
    assert question
    await house.store.questions.save(replace(question, asked_at=now() - time, due_at=now()))
    await step_questions(house.store, policy, now())


async def test_nobody_answers(house: House) -> None:
    """Reminded of at the bottom, then passed on, then given up; a late answer still counts."""
    policy = QuestionPolicy()
    assert policy.remind
    assert policy.escalate
    assert policy.expire
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        await _wait(house, guest, policy.remind, policy)
        again = await house.chat.wait_for(MARIA, lambda m: bool(m.photo and m.id > card.id))
        assert again.text.endswith("Asked: Maria")
        await _wait(house, guest, policy.expire, policy)
        given_up = await house.shows(MARIA, "Nobody answered. Asked: Maria")
        await _choose(house, given_up, "Block")
        await house.shows(MARIA, "blocked by Maria")
    question = await house.store.questions.of_visit(guest.visit.id)
    assert question
    assert question.status is QuestionStatus.ANSWERED


async def test_an_expected_guest_is_one_tap(house: House) -> None:
    """Who was announced for today is offered by name, and the host hears of it from another."""
    otto = await house.manager("Otto", OTTO)
    await expect(
        house.store,
        name="Bob <3",
        day=now().date(),
        site_id=house.site.id,
        account=otto,
        zone=UTC,
        now=now(),
    )
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        assert _texts(card)[0] == ["It is Bob <3 (expected)"]
        assert await _choose(house, card, "It is Bob <3 (expected)") == "It is Bob <3."
        await house.shows(OTTO, "Bob <3 has arrived at Front door, ")
        await house.shows(MARIA, "Bob <3, named by Maria")
