"""What the bot needs to be told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo

from pydantic import SecretStr

from domain.paging import MOST_APART
from domain.policy import DecisionPolicy
from domain.records import Quiet

TELEGRAM = "https://api.telegram.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How fast Telegram is spoken to: within its published limits, edits counted as messages.

    A little is left, because calls do not arrive as evenly as they are made.
    https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    """

    chat_per_s: float = 1.0
    chat_burst: int = 2
    edits_per_s: float = 1.0
    group_per_minute: int = 20
    minute_s: float = 61.0
    all_per_s: float = 29.0
    all_burst: int = 25


def no_quiet() -> Quiet | None:
    """Return the quiet hours of a house that has none."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BotOptions:
    """The token, where Telegram is, and how long things may take.

    `timezone` is the zone of times shown. With `webhook_url` Telegram posts updates
    there, with `webhook_secret` in a header; without, the bot asks for them. A chat with more than
    `cards_apart` open questions has one card for them, to turn over. `quiet` is asked for the quiet
    hours of the house each time.
    """

    token: SecretStr
    base_url: str = f"{TELEGRAM}/bot"
    base_file_url: str = f"{TELEGRAM}/file/bot"
    webhook_url: str | None = None
    webhook_secret: SecretStr | None = None
    timezone: tzinfo = UTC
    pacing: Pacing = field(default_factory=Pacing)
    decisions: DecisionPolicy = field(default_factory=DecisionPolicy)
    cards_apart: int = MOST_APART
    quiet: Callable[[], Quiet | None] = no_quiet
    lease: timedelta = timedelta(seconds=45)
    outbox_poll_s: float = 5.0
    updates_timeout_s: int = 25
    read_timeout_s: float = 15.0
    first_retry_s: float = 1.0
    longest_retry_s: float = 60.0
    grace_s: float = 1.0
    webhook_check_s: float = 60.0
    alone_s: float = 60.0
