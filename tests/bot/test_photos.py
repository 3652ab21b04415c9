"""Pictures are uploaded once: by file id from then on, in every chat and after a restart."""

from demo.botapi.calls import Call
from demo.botapi.faults import Fault, FaultKind
from tests.bot.house import MARIA, OTTO, House

EVA = 2003


def _uploads(calls: list[Call]) -> int:
    """Count the calls that brought a picture along."""
    return sum(call.params.get("photo", "").startswith("<") for call in calls)


async def test_one_upload_serves_every_chat(house: House) -> None:
    """Three managers see the same picture; Telegram was given it once."""
    await house.manager("Otto", OTTO)
    await house.manager("Eva", EVA)
    async with house.bot():
        guest = await house.seen()
        await house.settled(guest.visit.id, among=3)
    calls = await house.chat.calls("sendPhoto")
    assert (len(calls), _uploads(calls)) == (3, 1)
    shown = {(await house.cards(user))[0].photo for user in (MARIA, OTTO, EVA)}
    assert len(shown) == 1


async def test_a_restart_forgets_no_file_id(house: House) -> None:
    """Who joins later is shown the picture by the id that is kept with another's card."""
    async with house.bot():
        guest = await house.seen()
        await house.settled(guest.visit.id)
    await house.manager("Otto", OTTO)
    async with house.bot():
        await house.settled(guest.visit.id, among=2)
        await house.shows(OTTO, guest.person.label)
    assert _uploads(await house.chat.calls("sendPhoto")) == 1


async def test_a_better_crop_is_uploaded_once_too(house: House) -> None:
    """An edit in one chat teaches the id that the edit in the other uses."""
    await house.manager("Otto", OTTO)
    async with house.bot():
        guest = await house.seen()
        await house.settled(guest.visit.id, among=2)
        await house.seen(guest.person, quality=0.9)
        for user in (MARIA, OTTO):
            await house.shows(user, "2 crops")
        cards = await house.settled(guest.visit.id, among=2)
    calls = await house.chat.calls("editMessageMedia")
    assert len(calls) == 2
    assert sum("attach://" in call.params["media"] for call in calls) == 1
    assert len({card.file_id for card in cards}) == 1


async def test_a_file_id_that_is_refused_is_uploaded_again(house: House) -> None:
    """Telegram may have forgotten a picture: the card has it all the same."""
    async with house.bot():
        guest = await house.seen()
        (first,) = await house.settled(guest.visit.id)
        await house.chat.inject(Fault(FaultKind.WRONG_FILE, method="sendPhoto"))
        await house.manager("Otto", OTTO)
        await house.shows(OTTO, guest.person.label)
        await house.settled(guest.visit.id, among=2)
    assert first.file_id
    assert _uploads(await house.chat.calls("sendPhoto")) == 2
