"""A picture held before a camera: managers are told, with sound, once, whatever happens."""

from datetime import timedelta

from demo.botapi.faults import Fault, FaultKind
from domain.records import Card
from tests.bot.house import MARIA, OTTO, POLICY, House, eventually, now

TOLD = "Somebody held a picture or a screen before the camera."


async def cards(house: House) -> list[Card]:
    """Return Maria's cards as the outbox has them."""
    found = [
        await house.store.outbox.by_message(MARIA, message.id)
        for message in await house.cards(MARIA)
    ]
    return [card for card in found if card]


async def test_an_alert_shows_picture_camera_and_time(house: House) -> None:
    """Everybody who answers for the site gets it with sound, and there is nothing to press."""
    await house.manager("Otto", OTTO)
    async with house.bot():
        spoof = await house.spoofed()
        for user in (MARIA, OTTO):
            shown = await house.shows(user, TOLD)
            assert not shown.silent
            assert shown.protected
            assert shown.buttons == ()
            for fact in ("Front door", "Main", f"{spoof.captured_at:%H:%M}"):
                assert fact in shown.text


async def test_spoofs_that_follow_one_another_are_told_once(house: House) -> None:
    """A screen held up for minutes is one message; one after the gap is another."""
    began = now() - timedelta(hours=1)
    async with house.bot():
        for minutes in (0, 4, 8):
            await house.spoofed(at=began + timedelta(minutes=minutes))
        await house.spoofed(at=began + timedelta(minutes=9) + POLICY.gap)

        async def twice() -> bool:
            return len(await house.cards(MARIA)) >= 2

        await eventually(twice)
    assert len(await house.cards(MARIA)) == 2


async def test_an_alert_outlives_a_refusal_and_a_restart(house: House) -> None:
    """Refused for now and the bot stopped, it waits in the outbox; then it comes, once."""
    await house.chat.inject(Fault(FaultKind.TOO_MANY_REQUESTS, method="sendPhoto"))
    async with house.bot(house.with_options(grace_s=0.05)):
        await house.spoofed()
        await eventually(lambda: house.chat.calls("sendPhoto"))
    async with house.bot():
        await house.shows(MARIA, TOLD)

        async def recorded() -> bool:
            return [card.delivered for card in await cards(house)] == [1]

        await eventually(recorded)
    assert len(await house.cards(MARIA)) == 1


async def test_an_alert_whose_picture_is_gone_still_says_what_happened(house: House) -> None:
    """The words come without the picture."""
    spoof = await house.spoofed()
    await house.images.delete([spoof.image.key])
    async with house.bot():
        await house.shows(MARIA, TOLD, photo=False)


async def test_an_alert_is_taken_back_when_the_log_forgets_it(house: House) -> None:
    """A detection that is gone before it was told is not told."""
    spoof = await house.spoofed()
    await house.store.detections.remove([spoof.id])
    async with house.bot():

        async def idle() -> bool:
            return await house.store.outbox.next_due() is None

        await eventually(idle)
    assert await house.cards(MARIA) == []


async def test_a_reply_to_an_alert_names_nobody(house: House) -> None:
    """A spoof is nobody: whoever replies with a name is told what replies are for."""
    async with house.bot():
        await house.spoofed()
        shown = await house.shows(MARIA, TOLD)
        await house.chat.send_text(MARIA, "Anna", reply_to=shown)
        await house.shows(MARIA, "reply with text to a card that asks", photo=False)
    assert await house.store.persons.page() == []
