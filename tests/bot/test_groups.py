"""Groups and topics: the site's questions are asked where everybody is."""

import pytest

from demo.botapi.faults import Fault, FaultKind
from domain.groups import bind
from domain.records import Account
from tests.bot.house import MARIA, House, eventually, now


@pytest.fixture
async def maria(house: House) -> Account:
    """Give the manager of the site."""
    found = await house.store.accounts.of_user(MARIA)
    assert found
    return found


async def test_a_card_stands_in_the_topic_of_its_site(house: House, maria: Account) -> None:
    """The topic has it beside the managers' own chats, and an answer is shown in both."""
    group = await house.group(maria, topics=["Main site", "Cafeteria"])
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(group.id, guest.person.label)
        own = await house.shows(MARIA, guest.person.label)
        await house.settled(guest.visit.id, among=2)
        await house.chat.press(MARIA, own, text="Block")
        shown = await house.shows(group.id, "blocked by Maria")
    assert (card.thread_id, shown.id) == (2, card.id)


async def test_a_topic_that_is_gone_gives_way_to_the_general_one(
    house: House, maria: Account
) -> None:
    """The card stands in the general topic, and so does the next, without asking again."""
    group = await house.group(maria, topics=["Main site"])
    await house.chat.set_topics(group.id, {})
    async with house.bot():
        for _ in range(2):
            guest = await house.seen()
            card = await house.shows(group.id, guest.person.label)
            assert card.thread_id is None
            await house.settled(guest.visit.id, among=2)
    refused = [c for c in await house.chat.calls("sendPhoto", chat_id=group.id) if c.description]
    assert len(refused) == 1


async def test_a_group_that_became_a_supergroup_is_followed(house: House, maria: Account) -> None:
    """Open questions are asked again under the new id; what is decided stays where it was."""
    group = await house.chat.group("Gate", [MARIA], basic=True)
    await bind(
        house.store,
        chat_id=group.id,
        thread_id=None,
        title="Gate",
        site_id=house.site.id,
        account=maria,
        now=now(),
    )
    async with house.bot():
        waiting, decided = await house.seen(), await house.seen()
        for guest in (waiting, decided):
            await house.settled(guest.visit.id, among=2)
        new = await house.chat.migrate(group.id)
        card = await house.shows(MARIA, decided.person.label)
        await house.chat.press(MARIA, card, text="Block")
        await house.seen(waiting.person)
        await house.shows(new.id, waiting.person.label)
        for guest in (waiting, decided):
            await house.settled(guest.visit.id, among=2)
    assert len(await house.cards(new.id)) == 1
    assert await house.store.groups.in_chat(new.id)


@pytest.mark.parametrize("kind", [FaultKind.KICKED, FaultKind.CHAT_NOT_FOUND])
async def test_a_lost_group_stops_nobody_and_can_come_back(
    house: House, maria: Account, kind: FaultKind
) -> None:
    """Whoever else is asked goes on; bound again, the group gets the card it missed."""
    group = await house.group(maria)
    await house.chat.inject(Fault(kind, method="sendPhoto", chat_id=group.id))

    async def lost() -> bool:
        return await house.store.groups.of_site(house.site.id) is None

    async with house.bot():
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)
        await eventually(lost)
        await bind(
            house.store,
            chat_id=group.id,
            thread_id=None,
            title="Gate",
            site_id=house.site.id,
            account=maria,
            now=now(),
        )
        await house.shows(group.id, guest.person.label)
        await house.settled(guest.visit.id, among=2)
    assert len(await house.cards(group.id)) == 1
