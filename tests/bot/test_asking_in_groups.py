"""What can be asked in a group: about its own site, by those who may see that."""

from domain.groups import bind
from domain.records import Role
from tests.bot.asking import ask, press
from tests.bot.house import MARIA, OTTO, House, now


async def test_a_group_is_told_who_came_and_how_things_stand(house: House) -> None:
    """The answers stand in the group; a person's card is for the private chat."""
    await house.seen(await house.person(name="Anna"))
    maria = await house.store.accounts.named("Maria")
    assert maria
    group = await house.group(maria)
    async with house.bot():
        await house.chat.send_text(MARIA, "/today", chat_id=group.id)
        told = await house.shows(group.id, "1 person")
        await house.chat.send_text(MARIA, "/status", chat_id=group.id)
        await house.shows(group.id, "No question waits.", photo=False)
        answer = await press(house, told, "1")
    assert "1. Anna" in told.text
    assert answer.text == "Please ask in the private chat with this bot."


async def test_a_group_brings_up_its_own_questions(house: House) -> None:
    """Pending in a group is about the group's site, and its cards."""
    maria = await house.store.accounts.named("Maria")
    assert maria
    group = await house.group(maria)
    guest = await house.seen()
    async with house.bot():
        await house.shows(group.id, guest.person.label)
        await house.chat.send_text(MARIA, "/pending", chat_id=group.id)
        await house.shows(group.id, "1 question waits.", photo=False)


async def test_strangers_in_a_group_are_told_nothing(house: House) -> None:
    """Otto without an account, and Eve of another site, read no names."""
    await house.seen(await house.person(name="Anna"))
    maria = await house.store.accounts.named("Maria")
    assert maria
    otto = await house.manager("Otto", OTTO, Role.VIEWER)
    await house.without_sites(otto)
    group = await house.chat.group("Gate", [MARIA, OTTO])
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
        await house.chat.send_text(OTTO, "/today", chat_id=group.id)
        await house.shows(group.id, "Please ask in the private chat", photo=False)
        await ask(house, "/today", "Nobody came.", user=OTTO)
