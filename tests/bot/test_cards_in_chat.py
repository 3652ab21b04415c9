"""Cards as they come, grow and are decided, in the real chat."""

from dataclasses import replace
from datetime import timedelta

from bot.tongue import Tongue
from demo.botapi.views import ChatMessage
from domain.decisions import Block, Name, answer
from domain.records import Person, PersonStatus, QuestionStatus
from tests.bot.house import MARIA, OTTO, House, eventually, jpeg, now


def _texts(message: ChatMessage) -> list[list[str]]:
    return [[button.text for button in row] for row in message.buttons]


def _bold(message: ChatMessage) -> list[str]:
    return [
        message.text[e["offset"] : e["offset"] + e["length"]]
        for e in message.entities
        if e["type"] == "bold"
    ]


async def test_a_stranger_arrives_as_a_card_with_a_picture(house: House) -> None:
    """The card shows the best crop, camera, site, time and count, protected and with sound."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        (kept,) = await house.settled(guest.visit.id)
    when = Tongue().time(
        guest.visit.opened_at, day=guest.visit.opened_at, zone=house.options.timezone
    )
    assert card.text == f"Stranger {guest.person.number} at Front door\nMain · {when} · 1 crop"
    assert _texts(card) == [["Name", "Visitor today"], ["Block", "Dismiss"], ["Later", "More"]]
    assert card.protected
    assert not card.silent
    assert (kept.message_id, kept.shown_image) == (card.id, guest.visit.best.image_key)
    assert (kept.sending, kept.unknowable, kept.attempts) == (False, 0, 0)


async def test_likely_people_are_hinted_at_and_become_buttons(house: House) -> None:
    """The likeliest is named in the caption; each has a button with the percentage."""
    anna, bea = await house.person(name="Anna"), await house.person(name="Bea")
    async with house.bot():
        guest = await house.seen(likely=[(anna, 0.314), (bea, 0.2)])
        card = await house.shows(MARIA, guest.person.label)
    assert card.text.endswith("Looks a little like Anna (31 %)")
    assert _texts(card)[:2] == [["It is Anna 31 %"], ["It is Bea 20 %"]]


async def test_an_unsure_match_asks_whether_it_is_somebody(house: House) -> None:
    """The card asks by name, with Yes, No and Someone else, and warns of somebody blocked."""
    anna = await house.person(name="Anna", status=PersonStatus.BLOCKED)
    async with house.bot():
        await house.seen(likely=[(anna, 0.71)], unsure=True)
        card = await house.shows(MARIA, "Is this")
    assert card.text.startswith("Is this Anna? 71 % ⚠ Blocked.\nFront door · Main · ")
    assert _texts(card) == [["Yes", "No", "Someone else"], ["Later", "More"]]


async def test_a_card_grows_with_its_visit_and_takes_the_better_picture(house: House) -> None:
    """A second, clearly better crop edits the one message: count and picture."""
    async with house.bot():
        guest = await house.seen()
        first = await house.shows(MARIA, "1 crop")
        grown = await house.seen(guest.person, quality=0.9)
        card = await house.shows(MARIA, "2 crops")
        (kept,) = await house.settled(guest.visit.id)
    assert card.id == first.id
    assert first.photo
    assert card.photo
    assert card.photo.id != first.photo.id
    assert kept.shown_image == grown.visit.best.image_key
    assert len(card.buttons) == 3


async def test_a_picture_no_better_stays(house: House) -> None:
    """A crop of the same quality changes the count alone."""
    async with house.bot():
        guest = await house.seen()
        first = await house.shows(MARIA, "1 crop")
        await house.seen(guest.person)
        card = await house.shows(MARIA, "2 crops")
        assert not await house.chat.calls("editMessageMedia")
    assert card.photo == first.photo


async def test_a_returning_stranger_says_which_visit_it_is(house: House) -> None:
    """The second visit asks anew and the first card, unanswered, points to the newer one."""
    earlier = now() - timedelta(minutes=40)
    async with house.bot():
        guest = await house.seen(at=earlier)
        first = await house.shows(MARIA, guest.person.label)
        await house.seen(guest.person)
        second = await house.shows(MARIA, "2nd visit")
        gone = await house.shows(MARIA, "see the newer card")
    assert second.text.startswith(f"{guest.person.label} at Front door")
    assert "\n2nd visit, last " in second.text
    assert gone.id == first.id
    assert not gone.buttons


async def test_a_card_never_sent_is_left_out_when_a_newer_one_asks(house: House) -> None:
    """After the bot was away, only the newest question about a stranger is sent."""
    guest = await house.seen(at=now() - timedelta(minutes=40))
    again = await house.seen(guest.person)
    async with house.bot():
        await house.settled(again.visit.id)
        (left,) = await house.settled(guest.visit.id)
    assert len(await house.cards(MARIA)) == 1
    assert left.message_id is None


async def test_a_decision_made_elsewhere_is_shown_in_every_chat(house: House) -> None:
    """A name given in the panel replaces question and buttons in each chat."""
    otto = await house.manager("Otto", OTTO)
    async with house.bot():
        guest = await house.seen()
        assert guest.question
        await house.shows(MARIA, guest.person.label)
        await house.shows(OTTO, guest.person.label)
        await answer(
            house.store,
            question_id=guest.question.id,
            answer=Name("Anna"),
            account=otto,
            via="panel",
            now=now(),
        )
        cards = [await house.shows(user, "named by Otto at ") for user in (MARIA, OTTO)]
    assert all(card.text.startswith("Anna, named by Otto at ") for card in cards)
    assert all(_texts(card) == [["Undo"]] for card in cards)


async def test_what_was_decided_before_it_was_shown_is_not_shown(house: House) -> None:
    """What was answered while the bot was away needs nobody any more."""
    guest = await house.seen()
    assert guest.question
    maria = await house.store.accounts.of_user(MARIA)
    assert maria
    await answer(
        house.store,
        question_id=guest.question.id,
        answer=Block(),
        account=maria,
        via="panel",
        now=now(),
    )
    async with house.bot():
        (kept,) = await house.settled(guest.visit.id)
    assert kept.message_id is None
    assert not await house.cards(MARIA)


async def test_somebody_blocked_alerts_with_sound_each_time(house: House) -> None:
    """Two visits of somebody blocked are two alerts with sound; they may be of somebody else."""
    bob = await house.person(name="Bob", status=PersonStatus.BLOCKED)
    async with house.bot():
        await house.seen(bob, at=now() - timedelta(minutes=40))
        await house.seen(bob)

        async def both() -> list[ChatMessage]:
            found = await house.cards(MARIA)
            return found if len(found) > 1 else []

        cards = await eventually(both)
    assert all(card.text.startswith("⚠ Blocked: Bob at Front door\n") for card in cards)
    assert not any(card.silent for card in cards)
    assert all(_texts(card) == [["Not Bob"]] for card in cards)


async def test_somebody_known_is_mentioned_quietly(house: House) -> None:
    """A notice has the confidence and makes no sound."""
    anna = await house.person(name="Anna")
    async with house.bot():
        await house.seen(anna)
        card = await house.shows(MARIA, "recognised")
    assert card.text.startswith("Anna · recognised 96 % at Front door ")
    assert card.silent


async def test_names_cannot_break_or_forge_the_text(house: House) -> None:
    """Marks and ampersands in names arrive as they were written, and nothing else turns bold."""
    evil: Person = await house.person(name="<b>x</b> & <a href='http://x'>y</a>")
    async with house.bot():
        await house.seen(likely=[(evil, 0.7)], unsure=True)
        card = await house.shows(MARIA, "Is this")
    assert f"Is this {evil.name}? 70 %" in card.text
    assert _bold(card) == [evil.name]
    assert "text_link" not in {entity["type"] for entity in card.entities}


async def test_the_longest_names_still_fit(house: House) -> None:
    """Long names of characters that count double are cut, and the card arrives."""
    long = "\N{GRINNING FACE}" * 80
    people = [(await house.person(name=long), 0.3) for _ in range(3)]
    await house.store.cameras.save(replace(house.camera, name="C" * 900))
    await house.store.sites.save(replace(house.site, name="S" * 900))
    async with house.bot():
        guest = await house.seen(likely=people)
        card = await house.shows(MARIA, guest.person.label)
    assert len(card.text.encode("utf-16-le")) // 2 <= 1024
    assert "…" in card.text


async def test_a_card_whose_picture_is_gone_arrives_as_text(house: House) -> None:
    """Without the image the question is asked all the same, and can grow and be decided."""
    guest = await house.seen()
    await house.images.delete([guest.visit.best.image_key])
    async with house.bot():
        card = await house.shows(MARIA, "1 crop", photo=False)
        await house.seen(guest.person)
        grown = await house.shows(MARIA, "2 crops", photo=False)
        (kept,) = await house.settled(guest.visit.id)
    assert grown.id == card.id
    assert card.protected
    assert kept.shown_image is None


async def test_an_account_that_may_not_see_the_site_gets_nothing(house: House) -> None:
    """A card of somebody revoked before delivery is forgotten; others get theirs."""
    otto = await house.manager("Otto", OTTO)
    guest = await house.seen()
    await house.store.accounts.save(replace(otto, revoked_at=now()))
    async with house.bot():
        await house.shows(MARIA, guest.person.label)

        async def forgotten() -> bool:
            cards = await house.store.outbox.of_visit(guest.visit.id)
            return otto.id not in {card.account_id for card in cards}

        await eventually(forgotten)
    assert not await house.cards(OTTO)


async def test_forty_cards_at_once_all_arrive_in_order(house: House) -> None:
    """A burst for one chat is sent once each, oldest first, while another chat is served."""
    await house.manager("Otto", OTTO)
    pacing = replace(house.options.pacing, chat_per_s=20.0)
    guests = [await house.seen(await house.person(name=f"Anna {n}")) for n in range(40)]
    async with house.bot(house.with_options(pacing=pacing)):
        for guest in guests:
            await house.settled(guest.visit.id, among=2)
    for user in (MARIA, OTTO):
        shown = [card.text.split(" · ")[0] for card in await house.cards(user)]
        assert shown == [guest.person.label for guest in guests]


async def test_decisions_go_before_growth(house: House) -> None:
    """When edits must wait their turn, the one that ends a question is first."""
    pacing = replace(house.options.pacing, edits_per_s=2.0)
    maria = await house.store.accounts.of_user(MARIA)
    assert maria
    async with house.bot(house.with_options(pacing=pacing)):
        growing = [await house.seen() for _ in range(4)]
        last = await house.seen()
        assert last.question
        for guest in (*growing, last):
            await house.settled(guest.visit.id)
        for guest in growing:
            await house.seen(guest.person)
        await answer(
            house.store,
            question_id=last.question.id,
            answer=Name("Anna"),
            account=maria,
            via="panel",
            now=now(),
        )
        decided = await house.shows(MARIA, "Anna, named by Maria")
        for guest in growing:
            await house.settled(guest.visit.id)
    edits = [
        call
        for call in await house.chat.calls(chat_id=MARIA)
        if call.method.startswith("editMessage") and call.carried_out
    ]
    assert decided.id in [call.message_id for call in edits[:3]]
    question = await house.store.questions.get(last.question.id)
    assert question
    assert question.status is QuestionStatus.ANSWERED


async def test_the_picture_is_the_crop(house: House) -> None:
    """What arrives in the chat is drawn from the stored crop."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        shown = await house.chat.photo(card)
    assert shown.startswith(jpeg(1)[:2])
    assert (card.photo and card.photo.width) == 64
