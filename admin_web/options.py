"""What the root decides about the panel, and the keys its parts find each other by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from aiohttp import web

from admin_web.looking import Looking
from domain.accounts import Passwords
from domain.forecast import Forecaster
from domain.intake import Images
from domain.policy import DecisionPolicy
from domain.records import Account, Session
from domain.rules import Rules
from domain.store import Store

Clock = Callable[[], datetime]


def no_bot() -> str | None:
    """Return the name of the bot where there is none."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelOptions:
    """Settings of the panel.

    `secure_cookies` belongs to HTTPS. `timezone` is what pages show and read times in.
    `bot_username` is asked each time, for a bot learns its name only after it has started.
    `behind_proxy` believes the last address of X-Forwarded-For; only for a proxy that sets it.
    `public_origin` (such as https://usher.example) is where browsers see the panel, if a proxy
    changes the Host header. `outages` are what the store raises while the database is away.
    `decisions` says how long they can be undone. `rules` are those of the house; where a variable
    of the environment has fixed one, `rule_variables` say which. `forecaster` tries a target for
    false names out. A worker heard of within `alive` is at work.
    """

    secure_cookies: bool
    timezone: tzinfo = UTC
    bot_username: Callable[[], str | None] = no_bot
    chat_url: str = "https://t.me"
    behind_proxy: bool = False
    public_origin: str | None = None
    outages: tuple[type[Exception], ...] = ()
    decisions: DecisionPolicy = field(default_factory=DecisionPolicy)
    rules: Rules = field(default_factory=Rules)
    rule_variables: Mapping[str, str] = field(default_factory=dict)
    forecaster: Forecaster | None = None
    alive: timedelta = timedelta(seconds=20)


# What the journal calls this door.
VIA = "panel"
STORE: web.AppKey[Store] = web.AppKey("store", Store)
IMAGES: web.AppKey[Images] = web.AppKey("images", Images)
PASSWORDS: web.AppKey[Passwords] = web.AppKey("passwords", Passwords)
EYES: web.AppKey[Looking] = web.AppKey("eyes", Looking)
OPTIONS = web.AppKey("options", PanelOptions)
CLOCK: web.AppKey[Clock] = web.AppKey("clock", Callable)  # type: ignore[arg-type]
ACCOUNT = web.RequestKey("account", Account)
SESSION = web.RequestKey("session", Session)
# What the browser is to show from now on, in place of what it came with.
RENEWED = web.RequestKey("renewed", str)
