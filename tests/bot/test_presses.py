"""Every button: what it decides, what the presser is told, what the cards show then."""

import asyncio
from dataclasses import replace

import pytest

from demo.botapi.faults import Fault, FaultKind
from demo.botapi.views import Answer, ChatMessage
from domain.decisions import Block, decide
from domain.ids import new_id
from domain.records import PersonStatus, QuestionStatus, Role
from tests.bot.house import MARIA, OTTO, Guest, House, now

STRANGER = 2999


async def _press(house: House, user: int, card: ChatMessage, text: str) -> Answer:
    return await house.chat.answer(await house.chat.press(user, card, text=text))


async def _asked(house: House, **seen: object) -> tuple[Guest, ChatMessage]:
    guest = await house.seen(**seen)  # type: ignore[arg-type]
    return guest, await house.chat.wait_for(MARIA, lambda m: bool(m.photo and m.buttons))


@pytest.mark.parametrize(
    ("button", "told", "shown", "status"),
    [
        (
            "Visitor today",
            "Approved: Visitor",
            "approved as a visitor for today by",
            PersonStatus.KNOWN,
        ),
        ("Block", "Blocked.", "blocked by", PersonStatus.BLOCKED),
        ("Dismiss", "Dismissed.", "dismissed by", PersonStatus.DISMISSED),
    ],
)
async def test_one_press_decides(
    house: House, button: str, told: str, shown: str, status: PersonStatus
) -> None:
    """The presser is told, the card says who and when, and offers to take it back."""
    async with house.bot():
        guest, card = await _asked(house)
        answer = await _press(house, MARIA, card, button)
        after = await house.shows(MARIA, f"{shown} Maria at ")
    person = await house.store.persons.canonical(guest.person.id)
    assert answer.text.startswith(told)
    assert not answer.show_alert
    assert after.id == card.id
    assert [[button.text for button in row] for row in after.buttons] == [["Undo"]]
    assert person
    assert person.status is status


async def test_a_likely_name_is_one_tap(house: House) -> None:
    """It is Anna makes the stranger Anna."""
    anna = await house.person(name="Anna")
    async with house.bot():
        guest, card = await _asked(house, likely=[(anna, 0.71)])
        answer = await _press(house, MARIA, card, "It is Anna 71 %")
        after = await house.shows(MARIA, "recognised by Maria")
    person = await house.store.persons.canonical(guest.person.id)
    assert answer.text == "It is Anna."
    assert after.text.startswith("Anna, recognised by Maria at ")
    assert person
    assert person.id == anna.id


async def test_yes_confirms(house: House) -> None:
    """Yes to "Is this Anna?" is Anna."""
    anna = await house.person(name="Anna")
    async with house.bot():
        guest, card = await _asked(house, likely=[(anna, 0.71)], unsure=True)
        await _press(house, MARIA, card, "Yes")
        await house.shows(MARIA, "Anna, recognised by Maria")
    person = await house.store.persons.canonical(guest.person.id)
    assert person
    assert person.id == anna.id


async def test_no_asks_who_it_is_instead(house: House) -> None:
    """No is remembered, and the card turns into the open question without that suggestion."""
    anna = await house.person(name="Anna")
    async with house.bot():
        guest, card = await _asked(house, likely=[(anna, 0.71)], unsure=True)
        answer = await _press(house, MARIA, card, "No")
        after = await house.shows(MARIA, guest.person.label)
    assert answer.text == "Noted. Who is it?"
    assert after.id == card.id
    assert after.button("Name").data
    with pytest.raises(KeyError):
        after.button("Anna")
    (rejection,) = await house.store.rejections.of([guest.person.id])
    assert rejection.other_id == anna.id


async def test_someone_else_rules_out_and_prompts(house: House) -> None:
    """Someone else is No and a prompt for the name, in reply to the card."""
    anna = await house.person(name="Anna")
    async with house.bot():
        guest, card = await _asked(house, likely=[(anna, 0.71)], unsure=True)
        await _press(house, MARIA, card, "Someone else")
        prompt = await house.shows(MARIA, "Reply with the name of", photo=False)
        await house.chat.send_text(MARIA, "Bea", reply_to=prompt)
        await house.shows(MARIA, "Bea, named by Maria")
    assert prompt.force_reply
    assert prompt.reply_to == card.id
    assert len(await house.store.rejections.of([guest.person.id])) == 1


async def test_of_two_at_once_the_first_wins_and_the_other_is_told(house: House) -> None:
    """Two managers press different buttons in the same instant: one decision, both cards alike."""
    await house.manager("Otto", OTTO)
    async with house.bot():
        guest, card = await _asked(house)
        other = await house.chat.wait_for(OTTO, lambda m: bool(m.photo and m.buttons))
        answers = await asyncio.gather(
            _press(house, MARIA, card, "Block"), _press(house, OTTO, other, "Dismiss")
        )
        shown = [await house.shows(user, " by ") for user in (MARIA, OTTO)]
    decisions = await house.store.decisions.of([guest.person.id])
    assert len(decisions) == 1
    told = [answer for answer in answers if answer.show_alert]
    assert len(told) == 1
    assert told[0].text.startswith(f"Already decided by {decisions[0].account_name}, ")
    assert shown[0].text == shown[1].text
    assert decisions[0].account_name in shown[0].text


async def test_yes_after_no_changes_nothing(house: House) -> None:
    """Who presses Yes on a card where No was said in the same instant is told by whom."""
    await house.manager("Otto", OTTO)
    anna = await house.person(name="Anna")
    guest = await house.seen(likely=[(anna, 0.71)], unsure=True)
    assert guest.question
    async with house.webhook_bot() as posts:
        card = await house.shows(MARIA, "Is this Anna?")
        yes, no = card.button("Yes").data, card.button("No").data
        assert yes
        assert no
        assert await posts.press(MARIA, no) == "Noted. Who is it?"
        told = [await posts.press(OTTO, data) for data in (yes, no)]
    person = await house.store.persons.canonical(guest.person.id)
    assert all(text.startswith("Already decided by Maria, ") for text in told)
    assert person
    assert person.id == guest.person.id
    assert len(await house.store.rejections.of([guest.person.id])) == 1


async def test_forged_presses_change_nothing(house: House) -> None:
    """Data that no card carries is refused, also from somebody who may answer."""
    stranger = await house.person()
    guest = await house.seen()
    assert guest.question
    question = guest.question.id
    forged = {
        "": "not valid",
        "x": "not valid",
        "v1:block": "not valid",
        "v1:block:zz": "hexadecimal",
        f"v2:block:{question}": "not valid",
        f"v1:block:{question}:{stranger.id}": "not valid",
        f"v1:erase:{question}": "not valid",
        f"v1:block:{new_id()}": "no such question",
        f"v1:is:{question}": "not valid",
        f"v1:is:{question}:{stranger.id}": "out of date",
        f"v1:not:{question}:{stranger.id}": "out of date",
        f"v1:same:{question}:{stranger.id}": "Nobody is known",
        f"v1:same:{question}:{new_id()}": "Nobody is known",
        f"v1:also:{question}:{stranger.id}:abcdef": "Nobody is known",
        f"v1:name:{question}" + "x" * 40: "not valid",
        f"v1:visitor:{question}": "not valid",
        f"v1:visitor:{question}:forever": "not valid",
        f"v1:later:{question}:never": "not valid",
        f"v1:menu:{new_id()}:more": "out of date",
        f"v1:expect:{question}:{new_id()}": "not expected any more",
        f"v1:undo:{question}": "no such decision",
        f"v1:wrong:{question}": "no such visit",
        f"v1:earlier:{question}": "no such visit",
    }
    async with house.webhook_bot() as posts:
        for data, text in forged.items():
            assert text in await posts.press(MARIA, data), data
    assert not await house.store.decisions.of([guest.person.id, stranger.id])
    assert not await house.store.rejections.of([guest.person.id])


async def test_a_question_of_another_site_is_none_of_ones_business(house: House) -> None:
    """A manager cannot answer for a site that is not theirs, in whatever chat."""
    maria = await house.store.accounts.of_user(MARIA)
    assert maria
    guest = await house.seen()
    assert guest.question
    async with house.webhook_bot() as posts:
        block = f"v1:block:{guest.question.id}"
        await house.store.accounts.save(replace(maria, site_ids=(new_id(),)))
        assert "may not answer" in await posts.press(MARIA, block)
        assert "may not answer" in await posts.press(MARIA, block, chat_id=-100)
        assert "private" in await posts.press(STRANGER, block)
    assert not await house.store.decisions.of([guest.person.id])


async def test_pressing_twice_is_told_once_decided(house: House) -> None:
    """The same button pressed twice decides once."""
    async with house.bot():
        guest, card = await _asked(house)
        presses = [await house.chat.press(MARIA, card, text="Block") for _ in range(2)]
        answers = [await house.chat.answer(press) for press in presses]
    assert sorted(answer.show_alert for answer in answers) == [False, True]
    assert len(await house.store.decisions.of([guest.person.id])) == 1


async def test_a_message_too_old_to_see_can_still_be_pressed(house: House) -> None:
    """A press whose message the bot cannot see any more counts."""
    async with house.bot():
        _, card = await _asked(house)
        press = await house.chat.press(MARIA, card, text="Dismiss", old=True)
        answer = await house.chat.answer(press)
        await house.shows(MARIA, "dismissed by Maria")
    assert answer.text.startswith("Dismissed.")


async def test_a_press_counts_although_it_cannot_be_answered(house: House) -> None:
    """When Telegram takes no answer any more, the decision stands and the card is edited."""
    await house.chat.inject(Fault(FaultKind.QUERY_TOO_OLD, method="answerCallbackQuery"))
    async with house.bot():
        guest, card = await _asked(house)
        await house.chat.press(MARIA, card, text="Block")
        await house.shows(MARIA, "blocked by Maria")
    assert len(await house.store.decisions.of([guest.person.id])) == 1


async def test_who_has_no_account_is_refused(house: House) -> None:
    """A card that came into another chat decides nothing there."""
    async with house.bot():
        guest, card = await _asked(house)
        maria = await house.store.accounts.of_user(MARIA)
        assert maria
        await house.store.accounts.save(replace(maria, user_id=STRANGER))
        answer = await _press(house, MARIA, card, "Block")
    assert answer.show_alert
    assert "private" in answer.text
    assert not await house.store.decisions.of([guest.person.id])


async def test_a_viewer_is_refused(house: House) -> None:
    """Who may only look is told so, and the question stays open."""
    async with house.bot():
        guest, card = await _asked(house)
        assert guest.question
        maria = await house.store.accounts.of_user(MARIA)
        assert maria
        await house.store.accounts.save(replace(maria, role=Role.VIEWER))
        answers = [await _press(house, MARIA, card, text) for text in ("Block", "Name")]
    question = await house.store.questions.get(guest.question.id)
    assert all(answer.show_alert and "may not" in answer.text for answer in answers)
    assert question
    assert question.status is QuestionStatus.OPEN


async def test_only_who_answers_for_the_site_may_do_more(house: House) -> None:
    """Strangers, viewers, and managers of other sites change nothing by any button there is."""
    anna = await house.person(name="Anna")
    guest, known = await house.seen(), await house.seen(anna)
    maria = await house.store.accounts.of_user(MARIA)
    assert maria
    assert guest.question
    decided = await decide(
        house.store,
        person_id=anna.id,
        answer=Block(),
        account=await house.manager("Otto", OTTO, Role.ADMIN),
        via="panel",
        now=now(),
    )
    question, visit = guest.question.id, known.visit.id
    buttons = (
        *(f"v1:{verb}:{question}" for verb in ("name", "block", "dismiss", "noface")),
        *(
            f"v1:{a}:{question}:{b}"
            for a, b in (("visitor", "today"), ("later", "2h"), ("menu", "more"))
        ),
        f"v1:undo:{decided.decision.id}",
        f"v1:wrong:{visit}",
    )
    before = await house.store.decisions.of([guest.person.id, anna.id])
    was = await house.store.persons.get(guest.person.id)
    async with house.webhook_bot() as posts:
        for account in (replace(maria, role=Role.VIEWER), replace(maria, site_ids=(new_id(),))):
            await house.store.accounts.save(account)
            for data in buttons:
                assert await posts.press(MARIA, data), data
                assert "private" in await posts.press(STRANGER, data)
    assert await house.store.decisions.of([guest.person.id, anna.id]) == before
    assert not any(decision.undone for decision in before)
    kept = await house.store.persons.some([guest.person.id, anna.id])
    assert kept[guest.person.id] == was
    assert kept[anna.id].status is PersonStatus.BLOCKED
    cards = await house.store.outbox.of_visit(guest.visit.id)
    assert not any(card.menu or card.snoozed_until for card in cards)


async def test_undo_takes_it_back_everywhere(house: House) -> None:
    """The question is open again in every chat; of two who take it back at once one is told so."""
    await house.manager("Otto", OTTO)
    async with house.bot():
        guest, card = await _asked(house)
        await _press(house, MARIA, card, "Block")
        blocked = {user: await house.shows(user, "blocked by Maria") for user in (MARIA, OTTO)}
        answers = await asyncio.gather(
            *(_press(house, user, card, "Undo") for user, card in blocked.items())
        )
        again = [
            await house.chat.wait_for(user, lambda m: bool(m.photo and len(m.buttons) > 1))
            for user in (MARIA, OTTO)
        ]
    person = await house.store.persons.get(guest.person.id)
    assert person
    assert person.status is PersonStatus.UNKNOWN
    assert all(card.text.startswith(f"{person.label} at Front door") for card in again)
    first, second = sorted(answers, key=lambda answer: answer.show_alert)
    assert first.text == f"Undone: {person.label}."
    assert second.text.endswith(" has undone this already.")
