"""Reply markups: what may stand under a message."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from demo.botapi.errors import BUTTON_DATA_INVALID, bad_request
from demo.botapi.params import Params

MAX_DATA_BYTES = 64
MAX_BUTTONS = 100
STYLES = ("primary", "success", "danger")

Rows = list[list[dict[str, Any]]]


@dataclass(frozen=True)
class Markup:
    """Inline buttons, or the wish for a reply with its hint; never both."""

    rows: Rows | None = None
    force_reply: bool = False
    placeholder: str = ""


def read_markup(params: Params) -> Markup:
    """Return the markup of a call; a 400 for buttons that Telegram refuses."""
    raw = params.json("reply_markup")
    if not raw:
        return Markup()
    if not isinstance(raw, dict):
        raise bad_request("object expected as reply markup")
    if raw.get("force_reply"):
        return Markup(force_reply=True, placeholder=str(raw.get("input_field_placeholder") or ""))
    if "inline_keyboard" not in raw:
        return Markup()
    rows = [[_button(button) for button in row] for row in raw["inline_keyboard"] if row]
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return Markup(rows=rows or None)


def _button(raw: dict[str, Any]) -> dict[str, Any]:
    if not raw.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be non-empty')
    if raw.get("style", STYLES[0]) not in STYLES:
        raise bad_request("can't parse inline keyboard button: unknown style")
    if "callback_data" in raw:
        if not 0 < len(str(raw["callback_data"]).encode()) <= MAX_DATA_BYTES:
            raise bad_request(BUTTON_DATA_INVALID)
    elif "url" in raw:
        _check_url(str(raw["url"]))
    elif not raw.keys() - {"text", "style"}:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    return raw


def _check_url(url: str) -> None:
    """Refuse what Telegram refuses: a host without a dot, such as localhost, is not a URL to it."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https", "tg"} or (
        parts.scheme != "tg" and "." not in (parts.hostname or "")
    ):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
