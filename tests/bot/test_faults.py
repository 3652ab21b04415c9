"""Every fault of Telegram, one by one: the card arrives in the end and says the right thing."""

import logging
from dataclasses import replace

import pytest

from demo.botapi.faults import Fault, FaultKind
from demo.botapi.views import ChatMessage
from domain.records import Id
from tests.bot.house import MARIA, OTTO, TOKEN, House, eventually

# A caption for which Telegram refuses marks arrives without them; nothing else may be missing.
PASSING = [
    FaultKind.TOO_MANY_REQUESTS,
    FaultKind.CANT_PARSE_ENTITIES,
    FaultKind.BUTTON_DATA_INVALID,
    FaultKind.UNAUTHORIZED,
    FaultKind.CONFLICT,
    FaultKind.BAD_GATEWAY_JSON,
    FaultKind.BAD_GATEWAY_HTML,
    FaultKind.RESET,
]
# After these nobody can know whether the message is in the chat.
UNKNOWABLE = {FaultKind.BAD_GATEWAY_JSON, FaultKind.BAD_GATEWAY_HTML, FaultKind.RESET}
LOST_CHATS = [FaultKind.BLOCKED, FaultKind.KICKED, FaultKind.CHAT_NOT_FOUND]
NEW_CHAT = 2100


def _complete(card: ChatMessage, label: str) -> bool:
    return card.text.startswith(f"{label} at Front door\nMain · ") and len(card.buttons) == 3


async def _error(house: House, visit_id: Id) -> str | None:
    cards = await house.store.outbox.of_visit(visit_id)
    return next(card.error for card in cards if card.chat_id == MARIA)


async def _used_up(house: House) -> bool:
    return not await house.chat.faults()


async def _alone(house: House) -> bool:
    return len(await house.cards(MARIA)) == 1


@pytest.mark.parametrize("kind", PASSING)
async def test_a_first_delivery_survives(house: House, kind: FaultKind) -> None:
    """The card arrives once, whole; only lost answers are counted as unknowable."""
    await house.chat.inject(Fault(kind, method="sendPhoto"))
    async with house.bot():
        guest = await house.seen()
        (kept,) = await house.settled(guest.visit.id)
    (card,) = await house.cards(MARIA)
    assert _complete(card, guest.person.label)
    assert kept.message_id == card.id
    assert kept.unknowable == (kind in UNKNOWABLE)
    assert not await house.chat.faults()


@pytest.mark.parametrize("kind", sorted(UNKNOWABLE))
async def test_a_lost_answer_is_counted_and_the_double_goes(house: House, kind: FaultKind) -> None:
    """A message sent although the answer was lost is sent again; a press removes the double."""
    await house.chat.inject(Fault(kind, method="sendPhoto", after_effect=True))
    async with house.bot():
        guest = await house.seen()
        (kept,) = await house.settled(guest.visit.id)
        first, second = await house.cards(MARIA)
        assert (kept.message_id, kept.unknowable) == (second.id, 1)
        press = await house.chat.press(MARIA, first, text="Block")
        assert (await house.chat.answer(press)).text.startswith("Blocked.")
        await house.shows(MARIA, "blocked by Maria")
        await eventually(lambda: _alone(house))
    assert [card.id for card in await house.cards(MARIA)] == [second.id]


async def test_an_answer_slower_than_patience_is_a_lost_one(house: House) -> None:
    """A first delivery that takes longer than the client waits is sent again and counted."""
    await house.chat.inject(Fault(FaultKind.SLOW, method="sendPhoto", delay_s=0.6))
    async with house.bot(house.with_options(read_timeout_s=0.3)):
        guest = await house.seen()
        (kept,) = await house.settled(guest.visit.id)
    assert kept.unknowable == 1


async def test_a_slow_answer_is_waited_for(house: House) -> None:
    """Within the client's patience a slow answer is an answer: one card, nothing unknown."""
    await house.chat.inject(Fault(FaultKind.SLOW, method="sendPhoto", delay_s=0.3))
    async with house.bot():
        guest = await house.seen()
        (kept,) = await house.settled(guest.visit.id)
    assert len(await house.cards(MARIA)) == 1
    assert kept.unknowable == 0


@pytest.mark.parametrize("kind", [*PASSING, FaultKind.NOT_MODIFIED, FaultKind.SLOW])
async def test_an_edit_survives(house: House, kind: FaultKind) -> None:
    """The one message shows the decision in the end, whatever happened to the first edit."""
    async with house.bot():
        guest = await house.seen()
        first = await house.shows(MARIA, guest.person.label)
        await house.settled(guest.visit.id)
        await house.chat.inject(Fault(kind, method="editMessageCaption", delay_s=0.2))
        await house.chat.press(MARIA, first, text="Block")
        await eventually(lambda: _used_up(house))
        (kept,) = await house.settled(guest.visit.id)
        if kind is not FaultKind.NOT_MODIFIED:
            await house.shows(MARIA, "blocked by Maria")
    (card,) = await house.cards(MARIA)
    assert card.id == first.id == kept.message_id
    assert (kept.unknowable, kept.error) == (0, None)


async def test_a_deleted_card_is_sent_anew_while_the_question_is_open(house: House) -> None:
    """When the message is gone and the visit grows, the question comes again."""
    async with house.bot():
        guest = await house.seen()
        first = await house.shows(MARIA, guest.person.label)
        await house.settled(guest.visit.id)
        await house.chat.inject(Fault(FaultKind.MESSAGE_NOT_FOUND, method="editMessageCaption"))
        await house.seen(guest.person)
        anew = await house.shows(MARIA, "2 crops")
        (kept,) = await house.settled(guest.visit.id)
    assert anew.id != first.id
    assert kept.message_id == anew.id
    assert kept.unknowable == 0


async def test_a_deleted_card_of_a_decided_question_stays_away(house: House) -> None:
    """Nothing is sent when the message of a decided question is gone."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        await house.settled(guest.visit.id)
        await house.chat.inject(Fault(FaultKind.MESSAGE_NOT_FOUND, method="editMessageCaption"))
        await house.chat.press(MARIA, card, text="Block")
        await eventually(lambda: _used_up(house))
        await house.settled(guest.visit.id)
    assert len(await house.cards(MARIA)) == 1


@pytest.mark.parametrize("kind", LOST_CHATS)
async def test_a_lost_chat_stops_nobody_else_and_can_come_back(
    house: House, kind: FaultKind
) -> None:
    """Who cannot be reached is unbound; others get theirs; after /start the card arrives."""
    await house.manager("Otto", OTTO)
    await house.chat.inject(Fault(kind, method="sendPhoto", chat_id=MARIA))
    async with house.bot():
        guest = await house.seen()
        await house.shows(OTTO, guest.person.label)
        await eventually(lambda: _error(house, guest.visit.id))
        maria = await house.store.accounts.of_user(MARIA)
        assert maria
        assert maria.chat_id is None
        await house.chat.start(MARIA)
        card = await house.shows(MARIA, guest.person.label)
        await house.settled(guest.visit.id, among=2)
    assert _complete(card, guest.person.label)
    assert len(await house.cards(MARIA)) == len(await house.cards(OTTO)) == 1


async def test_who_blocks_the_bot_misses_nothing_after_coming_back(house: House) -> None:
    """Questions asked while a manager had blocked the bot arrive when they return."""
    await house.manager("Otto", OTTO)
    await house.chat.block(MARIA)
    async with house.bot():
        guests = [await house.seen() for _ in range(2)]
        for guest in guests:
            await house.shows(OTTO, guest.person.label)
        await house.chat.start(MARIA)
        for guest in guests:
            await house.shows(MARIA, guest.person.label)
    assert len(await house.cards(MARIA)) == 2


async def test_a_chat_that_moved_is_followed(house: House) -> None:
    """The card and the account go on under the new id."""
    await house.chat.user(NEW_CHAT, "Maria")
    await house.chat.start(NEW_CHAT)
    await house.chat.inject(
        Fault(FaultKind.MIGRATED, method="sendPhoto", chat_id=MARIA, migrate_to=NEW_CHAT)
    )
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(NEW_CHAT, guest.person.label)
        await house.settled(guest.visit.id)
    maria = await house.store.accounts.of_user(MARIA)
    assert maria
    assert maria.chat_id == NEW_CHAT
    assert _complete(card, guest.person.label)
    assert not await house.cards(MARIA)


async def test_a_picture_telegram_refuses_is_done_without(house: House) -> None:
    """The question is asked in text when the crop cannot be shown."""
    guest = await house.seen()
    await house.images.delete([guest.visit.best.image_key])
    await house.images.put(guest.visit.best.image_key, b"not an image at all")
    async with house.bot():
        card = await house.shows(MARIA, guest.person.label, photo=False)
        (kept,) = await house.settled(guest.visit.id)
    assert _complete(card, guest.person.label)
    assert kept.shown_image is None


async def test_a_card_refused_for_good_is_set_aside(house: House) -> None:
    """A card that is refused every time stops being tried, with the reason; others go on."""
    await house.chat.inject(Fault(FaultKind.CONFLICT, method="sendPhoto", times=100))
    guest = await house.seen()
    (card,) = await house.store.outbox.of_visit(guest.visit.id)
    await house.store.outbox.delivered(replace(card, attempts=5, due_at=card.due_at))
    async with house.bot():
        await eventually(lambda: _error(house, guest.visit.id))
        await house.chat.clear_faults()
        other = await house.seen()
        await house.shows(MARIA, other.person.label)
    assert len(await house.cards(MARIA)) == 1


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.CONFLICT,
        FaultKind.TOO_MANY_REQUESTS,
        FaultKind.UNAUTHORIZED,
        FaultKind.BAD_GATEWAY_JSON,
        FaultKind.BAD_GATEWAY_HTML,
        FaultKind.RESET,
    ],
)
async def test_polling_survives(
    house: House, kind: FaultKind, caplog: pytest.LogCaptureFixture
) -> None:
    """A press made while updates cannot be fetched counts afterwards; no log shows the token."""
    await house.chat.inject(Fault(kind, method="getUpdates", times=2))
    caplog.set_level(logging.DEBUG)
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        await house.chat.press(MARIA, card, text="Block")
        await house.shows(MARIA, "blocked by Maria")
    said = [r.getMessage() for r in caplog.records if r.name.startswith("bot")]
    assert not [line for line in said if TOKEN in line or "Maria" in line]
    if kind is FaultKind.CONFLICT:
        assert any("Another program uses the same bot token" in line for line in said)


@pytest.mark.parametrize(
    "kind",
    [FaultKind.TOO_MANY_REQUESTS, FaultKind.BAD_GATEWAY_HTML, FaultKind.RESET],
)
async def test_a_prompt_survives(house: House, kind: FaultKind) -> None:
    """The question for a name is asked although the first try fails."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        await house.chat.inject(Fault(kind, method="sendMessage"))
        await house.chat.press(MARIA, card, text="Name")
        prompt = await house.shows(MARIA, "Reply with the name of", photo=False)
        await house.chat.send_text(MARIA, "Anna", reply_to=prompt)
        await house.shows(MARIA, "Anna, named by Maria")


async def test_two_chats_told_to_wait_silence_the_bot_for_a_while(house: House) -> None:
    """After 429 in two chats all wait, and each card still arrives once."""
    await house.manager("Otto", OTTO)
    await house.chat.inject(Fault(FaultKind.TOO_MANY_REQUESTS, method="sendPhoto", times=2))
    async with house.bot():
        guest = await house.seen()
        await house.settled(guest.visit.id, among=2)
    assert len(await house.cards(MARIA)) == len(await house.cards(OTTO)) == 1
