"""The real Telegram client, pointed at a server of a test."""

from telegram import Bot
from telegram.request import HTTPXRequest

TOKEN = "123456:TEST-token_for-the-demo"
ANNA = 1001


def make_bot(url: str, token: str = TOKEN, *, read_timeout: float = 5.0) -> Bot:
    """Return the client, pointed at the server for methods and for downloads."""
    return Bot(
        token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=HTTPXRequest(read_timeout=read_timeout),
        get_updates_request=HTTPXRequest(read_timeout=read_timeout),
    )
