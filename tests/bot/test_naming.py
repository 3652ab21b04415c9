"""Naming by reply: prompts, cards, namesakes, and everything that can be stale."""

from dataclasses import replace

import pytest

from demo.botapi.views import Answer, ChatMessage
from domain.decisions import Block, answer
from domain.records import Person
from tests.bot.house import MARIA, OTTO, Guest, House, jpeg, now


async def _asked(house: House) -> tuple[Guest, ChatMessage]:
    guest = await house.seen()
    return guest, await house.shows(MARIA, guest.person.label)


async def _press(house: House, message: ChatMessage, text: str) -> Answer:
    return await house.chat.answer(await house.chat.press(MARIA, message, text=text))


async def _prompt(house: House, card: ChatMessage) -> ChatMessage:
    await _press(house, card, "Name")
    return await house.shows(MARIA, "Reply with the name of", photo=False)


async def _person(house: House, guest: Guest) -> Person:
    person = await house.store.persons.canonical(guest.person.id)
    assert person
    return person


async def test_a_reply_to_the_prompt_names_the_stranger(house: House) -> None:
    """Name asks in reply to the card; the answer is taken, and the prompt is taken away."""
    async with house.bot():
        guest, card = await _asked(house)
        prompt = await _prompt(house, card)
        await house.chat.send_text(MARIA, "  Anna   Berg ", reply_to=prompt)
        after = await house.shows(MARIA, "Anna Berg, named by Maria at ")
        await house.shows(MARIA, "Saved: Anna Berg.", photo=False)
        await house.chat.wait_for(MARIA, lambda m: m.id == prompt.id and m.deleted, deleted=True)
    assert prompt.text == f"Reply with the name of {guest.person.label}."
    assert (prompt.reply_to, prompt.force_reply, prompt.placeholder) == (card.id, True, "Name")
    assert after.id == card.id
    assert (await _person(house, guest)).name == "Anna Berg"


async def test_a_reply_to_the_card_names_the_stranger(house: House) -> None:
    """No prompt is needed: a reply to the card with text is the name."""
    async with house.bot():
        guest, card = await _asked(house)
        await house.chat.send_text(MARIA, "Anna", reply_to=card)
        await house.shows(MARIA, "Anna, named by Maria at ")
    assert (await _person(house, guest)).name == "Anna"


async def test_a_prompt_outlives_a_restart(house: House) -> None:
    """A reply to a prompt that another run of the bot sent is understood."""
    async with house.bot():
        guest, card = await _asked(house)
        prompt = await _prompt(house, card)
    await house.chat.send_text(MARIA, "Anna", reply_to=prompt)
    async with house.bot():
        await house.shows(MARIA, "Anna, named by Maria at ")
    assert (await _person(house, guest)).name == "Anna"


async def test_pressing_name_again_replaces_the_prompt(house: House) -> None:
    """There is one prompt at a time."""
    async with house.bot():
        _, card = await _asked(house)
        first = await _prompt(house, card)
        await _press(house, card, "Name")
        await house.chat.wait_for(MARIA, lambda m: m.id == first.id and m.deleted, deleted=True)
        second = await house.shows(MARIA, "Reply with the name of", photo=False)
    assert second.id != first.id


async def test_a_reply_to_an_old_prompt_is_told_who_decided(house: House) -> None:
    """When another manager was quicker, the reply changes nothing and says so."""
    otto = await house.manager("Otto", OTTO)
    async with house.bot():
        guest, card = await _asked(house)
        assert guest.question
        prompt = await _prompt(house, card)
        await answer(
            house.store,
            question_id=guest.question.id,
            answer=Block(),
            account=otto,
            via="panel",
            now=now(),
        )
        await house.chat.send_text(MARIA, "Anna", reply_to=prompt)
        told = await house.shows(MARIA, "Already decided by Otto, ", photo=False)
    assert told.reply_to
    assert (await _person(house, guest)).name is None


@pytest.mark.parametrize("text", ["\u200b", "x" * 81])
async def test_what_is_no_name_is_refused(house: House, text: str) -> None:
    """Nothing visible, or far too much of it, is answered and changes nothing."""
    async with house.bot():
        guest, card = await _asked(house)
        await house.chat.send_text(MARIA, text, reply_to=card)
        await house.shows(MARIA, "A name ", photo=False)
        await house.chat.send_text(MARIA, "Anna", reply_to=card)
        await house.shows(MARIA, "Anna, named by")
    assert (await _person(house, guest)).name == "Anna"


async def test_a_name_is_text_and_nothing_else(house: House) -> None:
    """Marks in a name are kept as they were typed."""
    name = '<i>Anna</i> & "Bea"'
    async with house.bot():
        guest, card = await _asked(house)
        await house.chat.send_text(MARIA, name, reply_to=card)
        after = await house.shows(MARIA, "named by Maria")
        await house.shows(MARIA, f"Saved: {name}.", photo=False)
    assert after.text.startswith(f"{name}, named by Maria at ")
    assert (await _person(house, guest)).name == name


async def test_a_picture_is_no_name(house: House) -> None:
    """A reply without text is answered with what is needed."""
    async with house.bot():
        _, card = await _asked(house)
        await house.chat.send_photo(MARIA, jpeg(1), reply_to=card)
        await house.shows(MARIA, "To name somebody, reply with text to a card", photo=False)


async def test_text_that_replies_to_nothing_is_answered_with_help(house: House) -> None:
    """A name typed without a reply names nobody; the bot says what to do."""
    async with house.bot():
        guest, _ = await _asked(house)
        await house.chat.send_text(MARIA, "Anna")
        await house.shows(MARIA, "To name somebody, reply to their card.", photo=False)
    assert (await _person(house, guest)).name is None


async def _namesake(house: House, guest: Guest, card: ChatMessage) -> ChatMessage:
    await house.chat.send_text(MARIA, "anna", reply_to=card)
    return await house.chat.wait_for(MARIA, lambda m: m.from_bot and "There is already" in m.text)


async def test_a_known_name_asks_whether_it_is_the_same_person(house: House) -> None:
    """With the picture of the person known; "this Anna" merges, and the question goes away."""
    anna = await house.person(name="Anna", cover=True)
    async with house.bot():
        guest, card = await _asked(house)
        ask = await _namesake(house, guest, card)
        answer = await _press(house, ask, "It is this Anna")
        after = await house.shows(MARIA, "Anna, recognised by Maria")
        await house.chat.wait_for(MARIA, lambda m: m.id == ask.id and m.deleted, deleted=True)
    assert ask.text == "There is already Anna. Is this the same person?"
    assert ask.photo
    assert ask.protected
    assert answer.text == "It is Anna."
    assert after.id == card.id
    assert (await _person(house, guest)).id == anna.id


async def test_another_person_of_the_same_name(house: House) -> None:
    """Saying "Another Anna" makes a second Anna, also after a restart."""
    anna = await house.person(name="Anna")
    async with house.bot():
        guest, card = await _asked(house)
        ask = await _namesake(house, guest, card)
    async with house.bot():
        await _press(house, ask, "Another Anna")
        await house.shows(MARIA, "Anna, named by Maria")
    person = await _person(house, guest)
    assert (person.name, person.id) == ("Anna", guest.person.id)
    assert person.id != anna.id


async def test_several_of_one_name_can_be_told_apart(house: House) -> None:
    """Each namesake has a button with a number."""
    annas = [await house.person(name="Anna") for _ in range(2)]
    async with house.bot():
        guest, card = await _asked(house)
        await house.chat.send_text(MARIA, "Anna", reply_to=card)
        ask = await house.shows(MARIA, "There are already 2 called Anna", photo=False)
        await _press(house, ask, f"It is Anna ({annas[1].number})")
        await house.shows(MARIA, "recognised by Maria")
    assert (await _person(house, guest)).id == annas[1].id


async def test_a_namesake_renamed_meanwhile_is_not_taken_for_the_name(house: House) -> None:
    """Refuse "Another Anna" when the Anna it was about is called otherwise by now."""
    anna = await house.person(name="Anna")
    async with house.bot():
        guest, card = await _asked(house)
        ask = await _namesake(house, guest, card)
        await house.store.persons.save(replace(anna, name="Bea"))
        answer = await _press(house, ask, "Another Anna")
    assert answer.show_alert
    assert "another name" in answer.text
    assert (await _person(house, guest)).name is None
