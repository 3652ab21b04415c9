"""Decisions, and what each changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.records.ids import Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record to which a decision assigned fields: their values before and after.

    All that were assigned are there, also those that had the value already.
    """

    collection: str
    id: Id
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """Who took a decision back, when and where; so many crops since were `kept`, with whom."""

    at: datetime
    account_id: Id
    account_name: str
    via: str
    kept: int = 0
    kept_with: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who said what, when and where, and what it changed. No account: Usher itself.

    `site_id` is that of the photo or visit it was about; of a decision on a question, the question
    has it. `version` is that of the gallery it made: decisions were made in its order. Those made
    at once, about several people, are of one `batch`.
    """

    id: Id
    at: datetime
    account_id: Id | None
    account_name: str
    via: str
    verb: str
    person_id: Id
    question_id: Id | None = None
    target_id: Id | None = None
    name: str | None = None
    site_id: Id | None = None
    changes: tuple[Change, ...] = ()
    version: int = 0
    batch: Id | None = None
    undone: Undone | None = None
