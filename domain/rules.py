"""The rules of the house as they are now, handed out to whoever goes by them."""

from datetime import timedelta
from typing import NamedTuple

from domain.house import read_house, settled
from domain.policy import QuestionPolicy, RetentionPolicy, VisitPolicy
from domain.records import House, Quiet
from domain.store import Store

_NOTHING = House()


class Shares(NamedTuple):
    """The shares of strangers who may be named, and asked about, as somebody known: 0 to 1."""

    named: float
    doubted: float


class Rules:
    """Asked each time a rule is needed, so that a change holds without a restart.

    `refresh` reads what the panel has set; until then, and in between, the rules are as last read.
    `fixed` is what the environment sets: nobody changes it.
    """

    def __init__(self, fixed: House = _NOTHING) -> None:
        self.fixed = fixed
        self.house = House()

    async def refresh(self, store: Store) -> None:
        """Read anew what the panel has set."""
        self.house = await read_house(store)

    @property
    def now(self) -> House:
        """Every rule as it holds; `quiet` alone may be None."""
        return settled(self.house, self.fixed)

    def shares(self) -> Shares:
        """Return what is allowed of strangers."""
        now = self.now
        return Shares(now.strangers_named or 0.0, now.strangers_doubted or 0.0)

    def visits(self) -> VisitPolicy:
        """Return the rules of visits."""
        now = self.now
        return VisitPolicy(
            gap=now.visit_gap or timedelta(0), announce_known=bool(now.announce_known)
        )

    def questions(self) -> QuestionPolicy:
        """Return what is done about a question nobody answers."""
        now = self.now
        return QuestionPolicy(
            remind=now.remind_after or None,
            escalate=now.escalate_after or None,
            expire=now.expire_after or None,
        )

    def retention(self) -> RetentionPolicy:
        """Return how long is kept what made nobody recognisable."""
        now = self.now
        return RetentionPolicy(
            images=timedelta(days=now.images_days or 0) or None,
            detections=timedelta(days=now.detections_days or 0) or None,
        )

    def quiet(self) -> Quiet | None:
        """Return the quiet hours of whoever has not set their own."""
        return self.now.quiet
