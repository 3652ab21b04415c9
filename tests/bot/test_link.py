"""What keeps the bot from hearing people is said: in the log, and to other doors."""

import asyncio

import httpx
import pytest
from pydantic import SecretStr

from bot.app import Bot
from demo.botapi.faults import Fault, FaultKind
from domain.link import bot_trouble
from tests.bot.house import MARIA, SECRET, TOKEN, House, eventually, now


async def test_two_pollers_are_said_until_one_is_alone(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Two programs with one token throw each other out; other doors can say so meanwhile."""
    options = house.with_options(alone_s=0.5)

    async def said() -> bool:
        return "uses the same bot token" in (await bot_trouble(house.store) or "")

    async def over() -> bool:
        await house.chat.send_text(MARIA, "/help")
        await asyncio.sleep(0.2)
        return await bot_trouble(house.store) is None

    async with house.bot(options):
        async with house.bot(options):
            await eventually(said, patience_s=30)
        await eventually(over, patience_s=30)
    assert "stop it, or give this one a bot of its own" in caplog.text


async def test_a_token_revoked_while_running_is_waited_out(house: House) -> None:
    """The bot stays up, says what is wrong, and goes on when the token is known again."""
    async with house.bot():
        await house.chat.wait_for_call(lambda c: c.method == "getUpdates")
        for method, times in (("getUpdates", 6), ("sendPhoto", 2)):
            await house.chat.inject(Fault(FaultKind.UNAUTHORIZED, method=method, times=times))
        guest = await house.seen()

        async def said() -> bool:
            return "rejects the bot token" in (await bot_trouble(house.store) or "")

        await house.chat.send_text(MARIA, "/help")
        await eventually(said, patience_s=30)
        card = await house.shows(MARIA, guest.person.label)
        await house.chat.press(MARIA, card, text="Block")
        await house.shows(MARIA, "blocked by Maria")


async def test_a_token_known_before_is_waited_for_at_a_start(house: House) -> None:
    """Only a token that Telegram never knew ends the bot."""
    async with house.bot():
        await house.chat.wait_for_call(lambda c: c.method == "getUpdates")
    await house.chat.inject(Fault(FaultKind.UNAUTHORIZED, method="getMe", times=2))
    async with house.bot():
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)


async def test_what_waits_is_kept_when_ways_change(house: House) -> None:
    """A press made while nobody listened counts, by webhook after polling and back again."""
    async with house.bot():
        first, second = await house.seen(), await house.seen()
        cards = [await house.shows(MARIA, guest.person.label) for guest in (first, second)]
    await house.chat.press(MARIA, cards[0], text="Block")
    async with house.webhook_bot():
        await house.shows(MARIA, f"{first.person.label}, blocked by Maria")
    await house.chat.press(MARIA, cards[1], text="Block")
    async with house.bot():
        await house.shows(MARIA, f"{second.person.label}, blocked by Maria")


async def test_a_webhook_taken_away_is_taken_back(house: House) -> None:
    """Another program that fetches the updates is noticed, said, and overruled."""
    options = house.with_options(
        webhook_url="http://127.0.0.1:1/telegram",
        webhook_secret=SecretStr(SECRET),
        webhook_check_s=0.1,
    )
    bot = Bot(options=options, store=house.store, images=house.images, clock=now)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bot.run())
        await eventually(lambda: house.chat.calls("setWebhook"))
        async with httpx.AsyncClient() as another:
            await another.post(f"{house.options.base_url}{TOKEN}/deleteWebhook")

        async def said() -> bool:
            return "has taken its updates away" in (await bot_trouble(house.store) or "")

        async def taken_back() -> bool:
            return len(await house.chat.calls("setWebhook")) > 1

        await eventually(said, patience_s=30)
        await eventually(taken_back)
        task.cancel()
