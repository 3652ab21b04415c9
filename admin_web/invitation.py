"""An invitation as pages show it: a link, and a code for the phone of whoever stands beside."""

from dataclasses import dataclass
from datetime import datetime

import segno
from aiohttp import web
from markupsafe import Markup

from admin_web.options import OPTIONS
from domain.accounts import Invited

QUIET_MODULES = 4  # ISO 18004 wants so much white around a code


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A one-time link with its code as SVG; without a bot the word to say to it one day."""

    name: str
    link: str | None
    code: Markup | None
    start: str
    expires_at: datetime


def invitation(request: web.Request, made: Invited) -> Invitation:
    """Return what to show of an invitation, this once."""
    options = request.app[OPTIONS]
    bot = options.bot_username()
    link = f"{options.chat_url}/{bot}?start={made.token}" if bot else None
    return Invitation(
        name=made.account.name,
        link=link,
        code=code_of(link) if link else None,
        start=f"/start {made.token}",
        expires_at=made.expires_at,
    )


def code_of(link: str) -> Markup:
    """Return a QR code as inline SVG, as large as its box; it has no style or script within."""
    code = segno.make(link, error="m", micro=False)
    drawn = code.svg_inline(omitsize=True, border=QUIET_MODULES, light="#fff", svgclass="qr")
    return Markup(drawn)  # noqa: S704 - drawn by segno from modules; the link is not in it
