"""Cards as they come, grow and are decided, in the real chat."""

from bot.words import clock_time
from domain.records import PersonStatus
from tests.bot.house import MARIA, OTTO, House


async def test_a_stranger_arrives_as_a_card_with_a_picture(house: House) -> None:
    """The card shows the best crop, camera, site, time and count, protected and with sound."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        (kept,) = await house.settled(guest.visit.id)
    when = clock_time(guest.visit.opened_at, day=guest.visit.opened_at, zone=house.options.timezone)
    assert card.text == f"Stranger {guest.person.number} at Front door\nMain · {when} · 1 crop"
    assert [[b.text for b in row] for row in card.buttons] == [
        ["Name", "Approve as visitor"],
        ["Block", "Dismiss"],
    ]
    assert card.protected
    assert not card.silent
    assert (kept.message_id, kept.shown_image) == (card.id, guest.visit.best.image_key)
    assert (kept.sending, kept.unknowable, kept.attempts) == (False, 0, 0)
