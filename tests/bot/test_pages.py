"""Many open questions in one chat are one card that is turned, not twenty messages."""

from collections.abc import Sequence

import pytest

from demo.botapi.views import ChatMessage
from domain.paging import MOST_APART
from domain.records import Card
from tests.bot.house import MARIA, OTTO, Guest, House, eventually

MANY = MOST_APART + 3


def _page(card: ChatMessage) -> str:
    """Return what stands between the arrows; "" where there are none."""
    last = [button.text for button in card.buttons[-1]] if card.buttons else []
    return last[1] if last[:1] == ["◀"] else ""


async def _many(house: House, count: int = MANY) -> list[Guest]:
    return [await house.seen() for _ in range(count)]


async def _pager(house: House, page: str, chat_id: int = MARIA) -> ChatMessage:
    """Wait until the one card in a chat that has pages shows a page."""
    return await house.chat.wait_for(chat_id, lambda m: _page(m) == page)


async def _shown(house: House, guest: Guest, page: str, chat_id: int = MARIA) -> ChatMessage:
    """Wait until a card has a page of a guest."""
    label = guest.person.label
    return await house.chat.wait_for(
        chat_id, lambda m: _page(m) == page and m.text.startswith(f"{label} at")
    )


async def _answer_all(house: House, guests: Sequence[Guest], chat_id: int = MARIA) -> None:
    for place, guest in enumerate(guests):
        left = len(guests) - place
        card = await _shown(house, guest, f"1/{left}" if left > 1 else "", chat_id)
        await house.chat.press(MARIA, card, text="Block")


async def test_many_at_once_are_one_card(house: House) -> None:
    """A manager who was away finds one message, turns it, and answers one after the other."""
    guests = await _many(house)
    async with house.bot():
        card = await _shown(house, guests[0], f"1/{MANY}")
        assert not card.silent
        await house.chat.press(MARIA, card, text="▶")
        await _shown(house, guests[1], f"2/{MANY}")
        await house.chat.press(MARIA, card, text="◀")
        await _shown(house, guests[0], f"1/{MANY}")
        await house.chat.press(MARIA, card, text="◀")
        await _shown(house, guests[-1], f"{MANY}/{MANY}")
        await house.chat.press(MARIA, card, text="▶")
        await _answer_all(house, guests)
        end = await house.shows(MARIA, "All questions are answered.")
    assert end.text.startswith(f"{guests[-1].person.label}, blocked by Maria at ")
    assert end.id == card.id
    assert len(await house.cards(MARIA)) == 1


async def test_what_comes_later_becomes_a_page(house: House) -> None:
    """Up to five stand apart; those that come on top of them share a sixth message."""
    async with house.bot():
        apart = []
        for _ in range(MOST_APART):
            apart.append(await house.seen())
            await house.settled(apart[-1].visit.id)
        paged = [await house.seen() for _ in range(2)]
        card = await _pager(house, "1/2")
        assert card.text.startswith(f"{paged[0].person.label} at")
        assert len(await house.cards(MARIA)) == MOST_APART + 1
        own = await house.shows(MARIA, apart[0].person.label)
        await house.chat.press(MARIA, own, text="Block")
        await house.shows(MARIA, f"{apart[0].person.label}, blocked")
        again = await house.seen()
        await _pager(house, "1/3")
        assert not await _standing_apart(house, again)


async def _standing_apart(house: House, guest: Guest) -> bool:
    (card,) = await house.settled(guest.visit.id)
    return card.message_id is not None


async def test_the_next_burst_has_a_new_card(house: House) -> None:
    """What was answered is history; later questions come in a message with a sound."""
    guests = await _many(house)
    async with house.bot():
        await _answer_all(house, guests)
        first = await house.shows(MARIA, "All questions are answered.")
        await _settled(house)
    others = await _many(house)
    async with house.bot():
        second = await _shown(house, others[0], f"1/{MANY}")
    assert second.id != first.id
    assert not second.silent


async def _settled(house: House, chat_id: int = MARIA) -> Card:
    async def look() -> Card | None:
        found = await house.store.outbox.pager(chat_id, None)
        return found if found and found.delivered == found.revision else None

    found = await eventually(look)
    assert found
    return found


async def test_answers_from_elsewhere_move_it_on(house: House) -> None:
    """Two managers with pages: what one answers is gone from the pages of the other."""
    await house.manager("Otto", OTTO)
    guests = await _many(house)
    async with house.bot():
        mine = await _shown(house, guests[0], f"1/{MANY}")
        await _shown(house, guests[0], f"1/{MANY}", OTTO)
        await house.chat.press(MARIA, mine, text="Block")
        await _shown(house, guests[1], f"1/{MANY - 1}", OTTO)
        await _shown(house, guests[1], f"1/{MANY - 1}")


async def test_a_name_is_given_by_the_prompt_not_by_the_page(house: House) -> None:
    """A reply to the card may mean somebody it showed a moment ago: the prompt says who."""
    guests = await _many(house)
    async with house.bot():
        card = await _shown(house, guests[0], f"1/{MANY}")
        await house.chat.send_text(MARIA, "Anna", reply_to=card)
        await house.shows(MARIA, "Please press Name on the card", photo=False)
        await house.chat.press(MARIA, card, text="Name")
        prompt = await house.shows(MARIA, "Reply with the name of", photo=False)
        assert prompt.reply_to == card.id
        await house.chat.press(MARIA, card, text="▶")
        await _shown(house, guests[1], f"2/{MANY}")
        await house.chat.send_text(MARIA, "Anna", reply_to=prompt)
        await house.shows(MARIA, "Saved: Anna.", photo=False)
        await _shown(house, guests[1], f"1/{MANY - 1}")
    person = await house.store.persons.get(guests[0].person.id)
    assert person
    assert person.name == "Anna"


async def test_it_survives_a_restart(house: House) -> None:
    """What was turned to before a stop is still there after it, in the same message."""
    guests = await _many(house)
    async with house.bot():
        card = await _shown(house, guests[0], f"1/{MANY}")
        await house.chat.press(MARIA, card, text="▶")
        await _shown(house, guests[1], f"2/{MANY}")
    await house.chat.press(MARIA, card, text="▶")
    await house.seen()
    async with house.bot():
        shown = await _shown(house, guests[2], f"3/{MANY + 1}")
    assert shown.id == card.id
    assert len(await house.cards(MARIA)) == 1


async def test_a_page_deleted_by_somebody_comes_again(house: House) -> None:
    """While a question is open, its page is somewhere."""
    guests = await _many(house)
    async with house.bot():
        card = await _shown(house, guests[0], f"1/{MANY}")
        await house.chat.delete(card)
        await house.seen(guests[0].person)
        anew = await _shown(house, guests[0], f"1/{MANY}")
    assert anew.id != card.id


@pytest.mark.parametrize("topics", [(), ("Main site",)])
async def test_a_group_has_pages_too(house: House, topics: tuple[str, ...]) -> None:
    """Its pages are in its topic, and turned by members who answer for the site."""
    maria = await house.store.accounts.of_user(MARIA)
    assert maria
    group = await house.group(maria, topics=topics)
    guests = await _many(house)
    async with house.bot():
        card = await _shown(house, guests[0], f"1/{MANY}", group.id)
        assert card.thread_id == (2 if topics else None)
        await house.chat.press(MARIA, card, text="▶")
        await _shown(house, guests[1], f"2/{MANY}", group.id)
