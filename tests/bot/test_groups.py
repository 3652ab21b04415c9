"""Groups and topics: the site's questions are asked where everybody is."""

import pytest

from demo.botapi.faults import Fault, FaultKind
from domain.accounts import lose_chat
from domain.groups import bind, lose_group
from domain.records import Account, Role
from tests.bot.house import MARIA, OTTO, House, eventually, now

STRANGER = 2050


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


async def test_here_binds_a_topic_and_leave_ends_it(house: House) -> None:
    """Typed in a topic, /here offers the sites; what waits comes; /leave ends it."""
    group = await house.chat.group("Gate", [MARIA], topics={7: "Main site"})
    guest = await house.seen()
    async with house.bot():
        await house.shows(group.id, "Send /here in this group", photo=False)
        await house.chat.send_text(MARIA, "/here", chat_id=group.id, thread_id=7)
        offer = await house.shows(group.id, "Which site's questions", photo=False)
        assert offer.thread_id == 7
        await house.chat.press(MARIA, offer, text="Main")
        card = await house.shows(group.id, guest.person.label)
        await house.shows(group.id, "Questions of Main are asked here", photo=False)
        await house.chat.press(MARIA, card, text="Block")
        await house.shows(group.id, "blocked by Maria")
        await house.chat.send_text(MARIA, "/leave", chat_id=group.id, thread_id=7)
        await house.shows(group.id, "No more questions are asked here.", photo=False)
        other = await house.seen()
        await house.shows(MARIA, other.person.label)
        await house.settled(other.visit.id)
    assert card.thread_id == 7
    assert len(await house.cards(group.id)) == 1


async def test_binding_again_moves_it(house: House, maria: Account) -> None:
    """A site has one group: open questions come into the new one, and only there from now on."""
    old, new = await house.group(maria), await house.chat.group("Yard", [MARIA])
    async with house.bot():
        guest = await house.seen()
        await house.shows(old.id, guest.person.label)
        await house.chat.send_text(MARIA, "/here", chat_id=new.id)
        offer = await house.shows(new.id, "Which site's questions", photo=False)
        await house.chat.press(MARIA, offer, text="Main")
        await house.shows(new.id, guest.person.label)
        other = await house.seen()
        await house.shows(new.id, other.person.label)
        await house.shows(MARIA, other.person.label)
    assert len(await house.cards(old.id)) == 1


async def test_a_group_of_strangers_is_left(house: House) -> None:
    """Somebody without an account lets the bot in: it says goodbye, and nothing is bound."""
    await house.chat.user(OTTO, "Otto")
    group = await house.chat.group("Family", [OTTO])
    async with house.bot():
        await house.shows(group.id, "I only work for people I know.", photo=False)
        await house.chat.wait_for_call(lambda c: c.carried_out, method="leaveChat")
    assert await house.store.groups.in_chat(group.id) == []


async def test_only_who_answers_for_a_site_may_bind_it(house: House, maria: Account) -> None:
    """A viewer is offered nothing; a stranger in the group cannot press what Maria was offered."""
    await house.manager("Vera", OTTO, role=Role.VIEWER)
    await house.chat.user(STRANGER, "Sam")
    group = await house.chat.group("Gate", [MARIA, OTTO, STRANGER])
    async with house.bot():
        await house.chat.send_text(OTTO, "/here", chat_id=group.id)
        await house.shows(group.id, "You answer for no site.", photo=False)
        await house.chat.send_text(MARIA, "/here", chat_id=group.id)
        offer = await house.shows(group.id, "Which site's questions", photo=False)
        for user in (OTTO, STRANGER):
            press = await house.chat.press(user, offer, text="Main")
            assert (await house.chat.answer(press)).show_alert
    assert maria.site_ids == (house.site.id,)
    assert await house.store.groups.of_site(house.site.id) is None


async def test_thrown_out_of_a_group(house: House, maria: Account) -> None:
    """The group is lost at once, not when the next card fails."""
    group = await house.group(maria)
    async with house.bot():
        await house.chat.kick(group.id)

        async def lost() -> bool:
            return await house.store.groups.of_site(house.site.id) is None

        await eventually(lost)
        guest = await house.seen()
        await house.settled(guest.visit.id)
    assert not await house.chat.calls("sendPhoto", chat_id=group.id)


async def test_a_question_that_only_a_group_had_is_passed_on(house: House, maria: Account) -> None:
    """When the group is gone, whoever may answer for the site is asked what waited there."""
    group = await house.group(maria)
    await lose_chat(house.store, account_id=maria.id, chat_id=MARIA, as_of=now())
    guest = await house.seen()
    cards = await house.store.outbox.of_visit(guest.visit.id)
    assert [card.chat_id for card in cards] == [group.id]
    await house.manager("Otto", OTTO)
    for card in await house.store.outbox.of_visit(guest.visit.id):
        if card.chat_id == OTTO:
            await house.store.outbox.remove(card.id)
    await lose_group(house.store, chat_id=group.id, as_of=now())
    async with house.bot():
        await house.shows(OTTO, guest.person.label)


async def test_a_reply_in_a_group_names(house: House, maria: Account) -> None:
    """Members name by reply, as in a private chat."""
    group = await house.group(maria, topics=["Main site"])
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(group.id, guest.person.label)
        await house.settled(guest.visit.id, among=2)
        await house.chat.send_text(MARIA, "Anna", chat_id=group.id, reply_to=card, thread_id=2)
        saved = await house.shows(group.id, "Saved: Anna.", photo=False)
        await house.shows(group.id, "Anna, named by Maria")
    assert saved.thread_id == 2
