"""What is posted to other programs, and how they can tell that it is from here.

As in Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks): the headers
`webhook-id`, `webhook-timestamp` and `webhook-signature`, HMAC-SHA256 over all of it.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import urlsplit

from domain.errors import InvalidError

SECRET_PREFIX = "whsec_"  # noqa: S105 - it says what follows, and is none
SECRET_BYTES = 32
URL_LENGTH = 2000
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def new_webhook_secret() -> str:
    """Return a random secret of 256 bits, as the standard writes them."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(secret: str, *, id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers that tell who sent a body, and when; a second try has another time."""
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, f"{id_}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id_,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def clean_url(text: str) -> str:
    """Return an address that may be posted to: https, or http on this very machine.

    Raises InvalidError with what is wrong with any other.
    """
    url = text.strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidError("This is no address: {url}", url=url) from error
    if not host or len(url) > URL_LENGTH or not url.isprintable() or " " in url:
        raise InvalidError("This is no address: {url}", url=url)
    if parts.username is not None or parts.fragment:
        raise InvalidError("An address with a name, a password or a # is not posted to.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise InvalidError("What opens a door goes by https; http is for this very machine alone.")
    return url
