"""Starting and stopping, the token, and webhooks."""

import logging
import socket

import httpx
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.app import SECRET_HEADER, Bot
from bot.errors import BotTokenError, BotWebhookError
from bot.options import BotOptions
from demo.botapi.faults import Fault, FaultKind
from demo.botapi.server import create_app, serve
from tests.bot.house import MARIA, TOKEN, House, eventually, now


def _bot(house: House, options: BotOptions) -> Bot:
    return Bot(options=options, store=house.store, images=house.images, clock=now)


async def test_a_wrong_token_is_said_plainly(house: House) -> None:
    """The bot does not start, the error has a key, and neither it nor its cause shows the token."""
    wrong = SecretStr("999:not-the-token")
    with pytest.raises(BotTokenError, match="rejects the bot token") as caught:
        await _bot(house, house.with_options(token=wrong)).run()
    assert caught.value.key == "bot-token"
    assert "not-the-token" not in f"{caught.value!r}{caught.value.__cause__!r}"
    assert caught.value.__suppress_context__


def test_no_secret_is_shown_by_the_options(house: House) -> None:
    """The options can be printed and logged."""
    assert TOKEN not in repr(house.options)


async def test_telegram_away_at_the_start_is_waited_for(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a network the bot says so and goes on trying until Telegram is there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = house.with_options(base_url=f"http://127.0.0.1:{port}/bot")
    async with house.bot(options):

        async def said() -> bool:
            return "Telegram cannot be reached: ConnectError." in caplog.text

        await eventually(said)
        async with serve(create_app(TOKEN), port=port) as url, httpx.AsyncClient() as client:

            async def polls() -> bool:
                calls = (await client.get(f"{url}/chat/calls")).json()
                return any(call["method"] == "getUpdates" for call in calls)

            await eventually(polls)
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "setMyCommands"])
@pytest.mark.parametrize("kind", [FaultKind.BAD_GATEWAY_HTML, FaultKind.TOO_MANY_REQUESTS])
async def test_trouble_at_the_start_is_survived(house: House, method: str, kind: FaultKind) -> None:
    """Whichever of the first calls fails, the bot comes up and answers."""
    await house.chat.inject(Fault(kind, method=method))
    async with house.bot():
        await house.chat.send_text(MARIA, "/help")
        await house.shows(MARIA, "When a camera sees somebody new", photo=False)


async def test_the_log_has_no_token(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """The library would log URLs with the token in them; it is told not to."""
    caplog.set_level(logging.INFO)
    async with house.bot() as bot:
        guest = await house.seen()
        await house.shows(MARIA, guest.person.label)
        assert bot.username == "usher_demo_bot"
    assert TOKEN not in caplog.text


async def test_updates_can_be_posted(house: House) -> None:
    """With a webhook Telegram posts presses, and nothing is polled."""
    async with house.webhook_bot():
        guest = await house.seen()
        card = await house.shows(MARIA, guest.person.label)
        await house.chat.press(MARIA, card, text="Block")
        await house.shows(MARIA, "blocked by Maria")
        assert not await house.chat.calls("getUpdates")


async def test_only_telegram_may_post(house: House) -> None:
    """A post without the secret is refused, and what is no update is a bad request."""
    async with house.webhook_bot() as posts:
        assert await posts.post({"update_id": 1}, secret=None) == 401
        assert await posts.post({"update_id": 1}, secret="wrong") == 401
        assert await posts.post(b"{") == 400
        assert await posts.post([1]) == 400
        assert await posts.post({"update_id": 1}) == 200


async def test_a_bot_that_polls_takes_no_posts(house: House) -> None:
    """Without a webhook setting the route answers that there is nothing."""
    app = web.Application()
    app.router.add_post("/telegram", _bot(house, house.options).webhook_handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram"
        async with httpx.AsyncClient() as client:
            answer = await client.post(url, json={"update_id": 1}, headers={SECRET_HEADER: ""})
    finally:
        await runner.cleanup()
    assert answer.status_code == 404


@pytest.mark.parametrize("secret", [None, "", "with space", "x" * 257])
async def test_a_webhook_needs_a_proper_secret(house: House, secret: str | None) -> None:
    """A webhook that anybody could post to is refused at the start."""
    options = house.with_options(
        webhook_url="https://usher.example/telegram",
        webhook_secret=None if secret is None else SecretStr(secret),
    )
    with pytest.raises(BotWebhookError, match="needs a secret"):
        _bot(house, options)
