"""What is posted can be checked, and goes only where nobody can read it on the way."""

import base64
from datetime import UTC, datetime

import pytest

from domain.errors import InvalidError
from domain.webhooks import clean_url, new_webhook_secret, signed_headers


def test_signature_is_that_of_the_standard() -> None:
    """The example of the Standard Webhooks libraries: this secret, id, time and body sign so."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        id_="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, UTC),
        body=b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secrets_are_random_and_long_enough() -> None:
    """256 bits, of which the standard wants 192 at least."""
    one, other = new_webhook_secret(), new_webhook_secret()
    assert one != other
    assert one.startswith("whsec_")
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32


@pytest.mark.parametrize(
    "url",
    [
        "https://door.example/open?door=1",
        "https://10.0.0.7:8443/",
        "http://127.0.0.1:9000/open",
        "http://localhost:9000/open",
        "http://[::1]:9000/open",
    ],
)
def test_https_and_this_machine_are_posted_to(url: str) -> None:
    """The address stays as it is, but for spaces around it."""
    assert clean_url(f" {url} ") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://door.example/open",
        "http://10.0.0.7/open",
        "http://127.0.0.1.example/open",
        "http://localhost.example/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@door.example/",
        "https://user@door.example/",
        "https://door.example/#open",
        "https://door.example:port/",
        "https://door.example/a b",
        "https://door.example/\nx",
        "https://[::1/",
        "door.example",
        "",
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    """With a sentence."""
    with pytest.raises(InvalidError, match=r"address|https"):
        clean_url(url)
