"""The bot stopped or killed at bad moments: nothing lost, nothing doubled but what is counted."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.app import Bot
from demo.botapi.faults import Fault, FaultKind
from domain.ids import new_id
from domain.records import Card
from domain.store import Event, Outbox, Store
from tests.bot.house import MARIA, House, eventually, now


async def _called(house: House, method: str) -> None:
    await eventually(lambda: house.chat.calls(method))


async def test_killed_between_sending_and_record_is_counted(house: House) -> None:
    """The answer never came: the next run sends again and counts what nobody can know."""
    await house.chat.inject(Fault(FaultKind.SLOW, method="sendPhoto", delay_s=5, after_effect=True))
    async with house.bot(house.with_options(grace_s=0.05, read_timeout_s=10)):
        guest = await house.seen()
        await _called(house, "sendPhoto")
        await house.shows(MARIA, guest.person.label)
    (left,) = await house.store.outbox.of_visit(guest.visit.id)
    assert (left.sending, left.message_id) == (True, None)
    async with house.bot():
        (kept,) = await house.settled(guest.visit.id)
    assert kept.unknowable == 1
    assert len(await house.cards(MARIA)) == 2


async def test_stopped_while_sending_waits_for_the_answer(house: House) -> None:
    """A stop lets the call under way end and records it, so that nothing is unknown."""
    await house.chat.inject(
        Fault(FaultKind.SLOW, method="sendPhoto", delay_s=0.4, after_effect=True)
    )
    async with house.bot(house.with_options(grace_s=2.0)):
        guest = await house.seen()
        await _called(house, "sendPhoto")
    (kept,) = await house.store.outbox.of_visit(guest.visit.id)
    assert (kept.delivered, kept.sending, kept.unknowable) == (1, False, 0)
    assert len(await house.cards(MARIA)) == 1


async def test_what_is_in_hand_is_given_back_at_a_stop(house: House) -> None:
    """Cards that waited for their turn are free at once for the next run, and sent once."""
    # One to greet Maria, one for a card.
    slow = replace(house.options.pacing, chat_per_s=0.1, chat_burst=2)
    guests = [await house.seen() for _ in range(5)]
    async with house.bot(house.with_options(pacing=slow, lease=timedelta(minutes=10))):
        await house.settled(guests[0].visit.id)
        await asyncio.sleep(0.3)
    async with house.bot():
        for guest in guests:
            (kept,) = await house.settled(guest.visit.id)
            assert kept.unknowable == 0
    assert len(await house.cards(MARIA)) == 5


async def test_the_lease_of_a_dead_bot_runs_out(house: House) -> None:
    """A card claimed by a process that is gone is sent when its lease is over."""
    guest = await house.seen()
    until = now() + timedelta(seconds=0.7)
    (held,) = await house.store.outbox.claim(now=now(), until=until, limit=1)
    assert held.claimed_until == until
    async with house.bot():
        (kept,) = await house.settled(guest.visit.id)
    assert kept.delivered_at
    assert kept.delivered_at >= until
    assert len(await house.cards(MARIA)) == 1


async def test_a_lease_is_held_while_a_card_waits_its_turn(house: House) -> None:
    """Cards that wait longer than a lease lasts are still sent by one of two bots, once."""
    options = house.with_options(
        pacing=replace(house.options.pacing, chat_per_s=4.0, chat_burst=1),
        lease=timedelta(seconds=1.5),
    )
    guests = [await house.seen(await house.person(name=f"Anna {n}")) for n in range(10)]
    async with house.bot(options), house.bot(options):
        for guest in guests:
            (kept,) = await house.settled(guest.visit.id)
            assert kept.unknowable == 0
    assert len(await house.cards(MARIA)) == 10


async def test_a_stop_is_quick(house: House) -> None:
    """Cancelling ends the bot within its grace, even while it polls."""
    bot = Bot(options=house.options, store=house.store, images=house.images, clock=now)
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bot.run())
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)
        task.cancel()
        before = loop.time()
        await asyncio.wait([task])
    assert loop.time() - before < 2


class _Outbox:
    """The outbox of a database that goes away just after Telegram was told."""

    def __init__(self, real: Outbox, failures: int) -> None:
        self._real = real
        self._failures = failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def delivered(self, card: Card, /) -> None:
        if self._failures:
            self._failures -= 1
            raise ConnectionError
        await self._real.delivered(card)


class _Store:
    """A store in trouble: deliveries are not recorded at first, and nothing can be followed."""

    def __init__(self, real: Store, failures: int) -> None:
        self._real = real
        self.outbox = _Outbox(real.outbox, failures)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def follow(self, _: Sequence[str], /, **__: str | None) -> AsyncIterator[Event]:
        for _ in "":
            yield Event(token="", table="", record_id=new_id(), created=False)
        raise ConnectionError


@pytest.fixture
def troubled(house: House) -> House:
    """A house whose database fails now and then."""
    house.store = _Store(house.store, failures=3)
    return house


async def test_a_database_away_after_sending_doubles_nothing(troubled: House) -> None:
    """What Telegram answered is kept until the database takes it; polling replaces following."""
    async with troubled.bot():
        guest = await troubled.seen()
        (kept,) = await troubled.settled(guest.visit.id)
    assert len(await troubled.cards(MARIA)) == 1
    assert (kept.unknowable, kept.sending) == (0, False)


class _Questions:
    """Questions of a database that is away."""

    people = ("Maria", "Anna")

    async def get(self, _: str, /) -> None:
        raise ConnectionError(" and ".join(self.people))


async def test_who_presses_while_the_database_is_away_is_told(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The press is answered, and the log says where it failed but nothing of people."""
    guest = await house.seen()
    assert guest.question
    async with house.webhook_bot() as posts:
        await house.settled(guest.visit.id)
        house.store.questions = _Questions()  # type: ignore[misc, assignment]
        told = await posts.press(MARIA, f"v1:name:{guest.question.id}")
    assert told == "That did not work just now. Please try again in a moment."
    assert "an update could not be handled: ConnectionError" in caplog.text
    assert "Anna" not in caplog.text


async def test_a_press_not_yet_dealt_with_comes_again(house: House) -> None:
    """An update is acknowledged only after it was handled: a bot killed before loses no press."""
    async with house.bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
    await house.chat.press(MARIA, card, text="Block")
    async with house.bot():
        await house.shows(MARIA, "blocked by Maria")
    assert (await house.chat.state())["pending_updates"] == 0
