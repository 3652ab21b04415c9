"""The rules of the house, and the journal of their changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.records.accounts import Quiet
from domain.records.ids import Id
from domain.records.journal import Undone


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The rules that somebody has set; None: nobody has.

    Shares, 0 to 1, are of strangers: those who may be taken for somebody known, and those who may
    be asked about as somebody known. The times until a question is reminded of, passed on and given
    up are since it was asked. Of these times, and of the days, nought is never. `quiet` are the
    quiet hours of whoever has not set their own.
    """

    strangers_named: float | None = None
    strangers_doubted: float | None = None
    visit_gap: timedelta | None = None
    announce_known: bool | None = None
    remind_after: timedelta | None = None
    escalate_after: timedelta | None = None
    expire_after: timedelta | None = None
    images_days: int | None = None
    detections_days: int | None = None
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """Who changed one rule of the house, when, from what and to what; None is the default.

    `rule` is the name of a field of House, and the values are as domain/house.py keeps them.
    """

    id: Id
    at: datetime
    account_id: Id
    account_name: str
    via: str
    rule: str
    before: Any = None
    after: Any = None
    undone: Undone | None = None
