"""/undo: the last decisions are listed and taken back, by those who may."""

from domain.decisions import Block, ItIs, Name, answer, decide
from domain.records import Account, PersonStatus, QuestionStatus, Role
from domain.together import answer_together
from tests.bot.asking import ask, buttons, press
from tests.bot.house import MARIA, OTTO, Guest, House, now


async def _maria(house: House) -> Account:
    found = await house.store.accounts.named("Maria")
    assert found
    return found


async def _say(house: House, guest: Guest, given: Name | ItIs | Block) -> None:
    assert guest.question
    await answer(
        house.store,
        question_id=guest.question.id,
        answer=given,
        account=await _maria(house),
        via="panel",
        now=now(),
    )


async def test_the_last_decisions_are_taken_back(house: House) -> None:
    """The newest stands first; what is undone leaves the list, and asks again."""
    first, second = await house.seen(), await house.seen()
    await _say(house, first, Name("Anna"))
    await _say(house, second, Block())
    async with house.bot():
        listed = await ask(house, "/undo", "1. ")
        assert (await press(house, listed, "Undo 2")).text == f"Undone: {first.person.label}."
        left = await house.chat.wait_for(
            MARIA, lambda m: m.id == listed.id and buttons(m) == [["Undo 1"]]
        )
    assert [line[3 + 5 :] for line in listed.text.splitlines()] == [
        f" Maria: {second.person.label} blocked",
        " Maria: named Anna",
    ]
    assert "blocked" in left.text
    person = await house.store.persons.get(first.person.id)
    assert person
    assert (person.name, person.status) == (None, PersonStatus.UNKNOWN)
    question = await house.store.questions.of_visit(first.visit.id)
    assert question
    assert question.status is QuestionStatus.OPEN


async def test_what_was_decided_at_once_is_one_line(house: House) -> None:
    """It is told by its name, with how many there were, and one button takes all of it back."""
    guests = [await house.seen() for _ in range(10)]
    alone = await house.seen()
    await answer_together(
        house.store,
        question_ids=[guest.question.id for guest in guests if guest.question],
        answer=Name("Anna"),
        account=await _maria(house),
        via="panel",
        now=now(),
    )
    await _say(house, alone, Block())
    async with house.bot():
        listed = await ask(house, "/undo", "1. ")
        assert [line[3 + 5 :] for line in listed.text.splitlines()] == [
            f" Maria: {alone.person.label} blocked",
            " Maria: named Anna (10 at once)",
        ]
        assert (await press(house, listed, "Undo 2")).text == "Undone: 10 decisions."
    for guest in guests:
        question = await house.store.questions.of_visit(guest.visit.id)
        assert question
        assert question.status is QuestionStatus.OPEN


async def test_there_may_be_nothing_to_undo(house: House) -> None:
    """It is said so; a button pressed twice is answered with who was first."""
    guest = await house.seen()
    await _say(house, guest, Name("Anna"))
    async with house.bot():
        listed = await ask(house, "/undo", "named Anna")
        again = await ask(house, "/undo", "named Anna")
        await press(house, listed, "Undo 1")
        twice = await press(house, again, "Undo 1")
        await ask(house, "/undo", "There is nothing that could be undone.")
    assert twice.text == "Maria has undone this already."
    assert twice.show_alert


async def test_nobody_undoes_what_others_answer_for(house: House) -> None:
    """Otto, without a site by now, is listed nothing and refused by an old button."""
    anna = await house.person(name="Anna")
    await house.seen(anna)
    await decide(
        house.store,
        person_id=anna.id,
        answer=Block(),
        account=await _maria(house),
        via="panel",
        now=now(),
    )
    otto = await house.manager("Otto", OTTO)
    await house.manager("Vera", OTTO + 1, Role.VIEWER)
    async with house.bot():
        listed = await ask(house, "/undo", "Anna blocked", user=OTTO)
        await house.without_sites(otto)
        refused = await press(house, listed, "Undo 1", user=OTTO)
        await ask(house, "/undo", "There is nothing", user=OTTO)
        await ask(house, "/undo", "You may look, but not decide.", user=OTTO + 1)
    assert refused.text == "You may not undo what was decided for another site."
