"""When a card reaches whom: held, silent, or at once."""

from datetime import datetime, timedelta

import pytest

from domain.attention import mute, set_quiet
from domain.paging import MOST_APART
from domain.records import Account, Card, PersonStatus, Quiet
from tests.bot.house import MARIA, OTTO, House, eventually, now


@pytest.fixture
async def maria(house: House) -> Account:
    """Give the manager of the site."""
    found = await house.store.accounts.of_user(MARIA)
    assert found
    return found


def _quiet(*, digest: bool) -> Quiet:
    """Return hours that are quiet now and for an hour to come."""
    minute = now().hour * 60 + now().minute
    return Quiet(start=(minute - 60) % 1440, end=(minute + 60) % 1440, digest=digest)


async def _held(house: House, visit_id: str, until: datetime) -> Card:
    async def look() -> Card | None:
        cards = await house.store.outbox.of_visit(visit_id)  # type: ignore[arg-type]
        return next((c for c in cards if c.due_at >= until and c.claimed_until is None), None)

    found = await eventually(look)
    assert found
    return found


async def test_quiet_hours_make_no_sound(house: House, maria: Account) -> None:
    """A question arrives silently; somebody blocked is heard all the same."""
    await set_quiet(house.store, account_id=maria.id, quiet=_quiet(digest=False), now=now())
    bob = await house.person(name="Bob", status=PersonStatus.BLOCKED)
    async with house.bot():
        guest = await house.seen()
        assert (await house.shows(MARIA, guest.person.label)).silent
        await house.seen(bob)
        assert not (await house.shows(MARIA, "Bob")).silent


async def test_a_digest_waits_for_the_morning(house: House, maria: Account) -> None:
    """What can wait does; what was answered meanwhile never comes; the rest comes as one card."""
    await house.manager("Otto", OTTO)
    await set_quiet(house.store, account_id=maria.id, quiet=_quiet(digest=True), now=now())
    async with house.bot():
        answered = await house.seen()
        card = await house.shows(OTTO, answered.person.label)
        await _held(house, answered.visit.id, now() + timedelta(minutes=50))
        await house.chat.press(OTTO, card, text="Block")
        await house.shows(OTTO, "blocked by Otto")
        guests = [await house.seen() for _ in range(MOST_APART + 1)]
        for guest in guests:
            await _held(house, guest.visit.id, now() + timedelta(minutes=50))
        assert not await house.cards(MARIA)
        await set_quiet(house.store, account_id=maria.id, quiet=None, now=now())
        morning = await house.chat.wait_for(
            MARIA, lambda m: bool(m.buttons) and m.buttons[-1][1].text == f"1/{len(guests)}"
        )
        await house.settled(answered.visit.id, among=2)
    assert not morning.silent
    assert len(await house.cards(MARIA)) == 1


async def test_a_pause_holds_what_can_wait(house: House, maria: Account) -> None:
    """Nothing comes while it lasts; when it is taken back, everything does."""
    async with house.bot():
        await mute(house.store, account_id=maria.id, until=now() + timedelta(hours=1), now=now())
        guest = await house.seen()
        await _held(house, guest.visit.id, now() + timedelta(minutes=50))
        assert not await house.cards(MARIA)
        await mute(house.store, account_id=maria.id, until=None, now=now())
        await house.shows(MARIA, guest.person.label)
