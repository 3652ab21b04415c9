"""A card sent anew: at the bottom of the chat, with a sound, and once."""

from dataclasses import replace

import pytest

from demo.botapi.faults import Fault, FaultKind
from demo.botapi.views import ChatMessage
from domain.paging import BROUGHT_BACK_APART, MOST_APART
from domain.records import Card
from tests.bot.house import MARIA, Guest, House, eventually, now


async def _bring_back(house: House, guest: Guest) -> Card:
    """Have a card sent anew, as a reminder does; return it as it was."""
    (card,) = await house.settled(guest.visit.id)
    await house.store.outbox.prod(card.id, now(), again=True)
    return card


async def _settled(house: House, guest: Guest) -> Card:
    """Wait until a card has its one message."""

    async def look() -> Card | None:
        (card,) = await house.settled(guest.visit.id)
        return card if card.replaces is None and not card.again else None

    found = await eventually(look)
    assert found
    return found


async def _alone(house: House, card: Card) -> ChatMessage:
    """Wait until the chat has nothing but the message of a card."""

    async def look() -> list[ChatMessage]:
        there = await house.cards(MARIA)
        return there if [message.id for message in there] == [card.message_id] else []

    (found,) = await eventually(look)
    return found


async def test_it_is_sent_with_a_sound_and_the_old_one_goes(house: House) -> None:
    """The newer message counts: a press there decides, and an edit goes there."""
    async with house.bot():
        guest = await house.seen()
        before = await _bring_back(house, guest)
        after = await _settled(house, guest)
        card = await _alone(house, after)
        assert after.message_id != before.message_id
        assert not card.silent
        await house.chat.press(MARIA, card, text="Block")
        await house.shows(MARIA, "blocked by Maria")
        await house.settled(guest.visit.id)
    assert len(await house.cards(MARIA)) == 1


async def test_what_was_answered_is_not_brought_back(house: House) -> None:
    """A reminder that comes too late changes nothing in the chat."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        await house.chat.press(MARIA, card, text="Block")
        await house.shows(MARIA, "blocked by Maria")
        before = await _bring_back(house, guest)
        (after,) = await house.settled(guest.visit.id)
    assert after.message_id == before.message_id


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.TOO_MANY_REQUESTS, method="sendPhoto"),
        Fault(FaultKind.RESET, method="sendPhoto"),
        Fault(FaultKind.RESET, method="deleteMessage"),
        Fault(FaultKind.BAD_GATEWAY_HTML, method="deleteMessage", after_effect=True),
    ],
    ids=["too fast", "not sent", "not deleted", "deleted all the same"],
)
async def test_faults_leave_one_message(house: House, fault: Fault) -> None:
    """Whichever step fails, one message is left in the end."""
    async with house.bot():
        guest = await house.seen()
        await house.settled(guest.visit.id)
        await house.chat.inject(fault)
        await _bring_back(house, guest)
        await _alone(house, await _settled(house, guest))


@pytest.mark.parametrize("method", ["sendPhoto", "deleteMessage"])
async def test_killed_between_the_steps(house: House, method: str) -> None:
    """A bot killed in the middle of a step leaves nothing doubled but what is counted."""
    async with house.bot():
        guest = await house.seen()
        await house.settled(guest.visit.id)
    await house.chat.inject(Fault(FaultKind.SLOW, method=method, delay_s=5, after_effect=True))
    async with house.bot(house.with_options(grace_s=0.05, read_timeout_s=10)):
        await _bring_back(house, guest)
        await eventually(lambda: house.chat.calls(method, chat_id=MARIA))
        await eventually(lambda: _used_up(house))
    async with house.bot():
        after = await _settled(house, guest)
        there = [message.id for message in await house.cards(MARIA)]
    assert after.unknowable == (method == "sendPhoto")
    assert there[-1] == after.message_id
    assert len(there) == 1 + after.unknowable


async def _used_up(house: House) -> bool:
    return not await house.chat.faults()


async def test_a_page_brings_the_pager_back(house: House) -> None:
    """A question without a message of its own is brought back with the card it is a page of."""
    guests = [await house.seen() for _ in range(MOST_APART + 1)]
    async with house.bot():
        before = await house.shows(MARIA, f"{guests[0].person.label} at")
        await house.settled(guests[-1].visit.id)
        shown = await eventually(lambda: _resent(house, 0))
        assert shown
        long_ago = now() - BROUGHT_BACK_APART
        await house.store.outbox.delivered(replace(shown, sent_at=long_ago))
        await _bring_back(house, guests[1])
        pager = await eventually(lambda: _resent(house, before.id))
        assert pager
        card = await _alone(house, pager)
    assert not card.silent


async def _resent(house: House, message_id: int) -> Card | None:
    pager = await house.store.outbox.pager(MARIA, None)
    done = pager and pager.replaces is None and pager.delivered == pager.revision
    return pager if pager and done and pager.message_id != message_id else None
