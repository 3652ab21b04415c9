"""The real Telegram client, pointed at a server of a test."""

import ssl

from telegram import Bot
from telegram.request import HTTPXRequest

from demo.botapi.client import ChatClient

TOKEN = "123456:TEST-token_for-the-demo"
ANNA = 1001


def make_bot(url: str, token: str = TOKEN, *, read_timeout: float = 5.0) -> Bot:
    """Return the client, pointed at the server for methods and for downloads."""
    # Plain HTTP: an empty context saves loading certificates for every test.
    plain = {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}
    return Bot(
        token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=HTTPXRequest(read_timeout=read_timeout, httpx_kwargs=plain),
        get_updates_request=HTTPXRequest(read_timeout=read_timeout, httpx_kwargs=plain),
    )


async def poll_begun(chat: ChatClient) -> None:
    """Return when a getUpdates waits at the server, however busy the machine is."""
    await chat.wait_for_call(lambda call: call.status == 0, method="getUpdates")
