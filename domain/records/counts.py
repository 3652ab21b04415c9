"""What is counted of each day: numbers, and no ids of anybody who was seen."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.records.ids import Id

HOURS = 24
BANDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """What happened at a site on a day, which is from `start` until before `end`, as of `made_at`.

    Without a site it is of all sites together.

    Arrivals are visits that began, by the hour of the day: of people who had never been there, and
    of those who had. Crops are by status, by the answer of recognition and, the unusable, by
    reason; `bytes` are those of their pictures. Questions were asked that day, and `given_up` until
    now. Answers were given that day, `undone` until now: by account, by door (panel, telegram), and
    by how long they took (domain/counting.py has the bounds). `confirmed` and `rejected` are
    suggestions and matches by the confidence they were made with, in tenths. `people` are all
    who were ever at the site, by status, while the day is today.
    """

    id: Id
    site_id: Id | None
    start: datetime
    end: datetime
    made_at: datetime
    first_time: tuple[int, ...] = (0,) * HOURS
    returning: tuple[int, ...] = (0,) * HOURS
    statuses: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    asked: int = 0
    given_up: int = 0
    answered: int = 0
    undone: int = 0
    answered_by: dict[str, int] = field(default_factory=dict)
    answered_in: dict[str, int] = field(default_factory=dict)
    waits: tuple[int, ...] = ()
    confirmed: tuple[int, ...] = (0,) * BANDS
    rejected: tuple[int, ...] = (0,) * BANDS
    people: dict[str, int] = field(default_factory=dict)
