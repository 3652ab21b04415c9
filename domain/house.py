"""The rules of the house: their limits, their defaults, and changing them.

What the environment sets is fixed; otherwise what the panel has set holds, and otherwise the
default. The journal of changes is the truth: a rule is what the last change that stands made it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from domain.errors import InvalidError, NotFoundError, StaleError
from domain.ids import new_id
from domain.records import Account, House, Id, Quiet, RuleChange, Undone
from domain.store import Records, Store

# Under this name the settings keep what the panel has set.
KEPT = "house"
# Every process has read a change by then.
READ_BY_ALL = timedelta(seconds=10)
_STEPS = ("remind_after", "escalate_after", "expire_after")


@dataclass(frozen=True, slots=True)
class Limits:
    """Between what a value may be, both included, or both not if it is only `between` them."""

    least: Any
    most: Any
    between: bool = False

    def allow(self, value: Any) -> bool:
        """Tell whether a value is within the limits."""
        if self.between:
            return bool(self.least < value < self.most)
        return bool(self.least <= value <= self.most)


SHARE = Limits(0.0, 1.0, between=True)
GAP = Limits(timedelta(seconds=1), timedelta(days=1))
WAIT = Limits(timedelta(0), timedelta(days=365))
DAYS = Limits(0, 36_500)
LIMITS: Mapping[str, Limits] = {
    "strangers_named": SHARE,
    "strangers_doubted": SHARE,
    "visit_gap": GAP,
    **dict.fromkeys(_STEPS, WAIT),
    "images_days": DAYS,
    "detections_days": DAYS,
}
DEFAULTS = House(
    strangers_named=0.01,
    strangers_doubted=0.2,
    visit_gap=timedelta(minutes=10),
    announce_known=False,
    remind_after=timedelta(minutes=15),
    escalate_after=timedelta(minutes=30),
    expire_after=timedelta(days=1),
    images_days=90,
    detections_days=365,
)
RULES = tuple(field.name for field in fields(House))


def settled(house: House, fixed: House) -> House:
    """Return the rules that hold: as fixed, or as the panel has set, or the default."""
    return replace(DEFAULTS, **(_given(house) | _given(fixed)))


def _given(house: House) -> dict[str, Any]:
    values = {name: getattr(house, name) for name in RULES}
    return {name: value for name, value in values.items() if value is not None}


def rising(times: Sequence[timedelta | None]) -> bool:
    """Tell whether a question is reminded of, passed on and given up in this order; 0 is never."""
    return all(earlier < later for earlier, later in pairwise([t for t in times if t]))


def check(house: House) -> None:
    """Raise InvalidError where a rule is beyond its limits, or the rules do not fit together."""
    for name, limits in LIMITS.items():
        value = getattr(house, name)
        if value is not None and not limits.allow(value):
            raise InvalidError("A value is beyond its limits: {rule}.", rule=name)
    if not rising([getattr(house, name) for name in _STEPS]):
        raise InvalidError(
            "A question is reminded of first, then others are asked, then it expires: "
            "please choose times in this order."
        )
    if house.quiet and house.quiet.start == house.quiet.end:
        raise InvalidError("Quiet hours need an end that is not their beginning.")


def plain(value: Any) -> Any:
    """Return the value of a rule as it is kept: a time in seconds, hours as a mapping."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value


def revived(rule: str, kept: Any) -> Any:
    """Return the value of a rule from how it is kept."""
    if kept is None:
        return None
    if rule == "quiet":
        return Quiet(**kept)
    return timedelta(seconds=kept) if isinstance(getattr(DEFAULTS, rule), timedelta) else kept


async def read_house(records: Records) -> House:
    """Return what the panel has set."""
    kept: dict[str, Any] = json.loads(await records.values.get(KEPT) or "{}")
    return House(**{name: revived(name, kept[name]) for name in RULES if name in kept})


async def _write_house(records: Records, house: House) -> None:
    given = {name: plain(value) for name, value in _given(house).items()}
    await records.values.put(KEPT, json.dumps(given))


async def change_rules(
    store: Store,
    *,
    wanted: Mapping[str, Any],
    fixed: House,
    account: Account,
    via: str,
    now: datetime,
) -> list[RuleChange]:
    """Set rules of the house, or (None) leave them to the default; return what has changed.

    Raises InvalidError, also where a rule is fixed by the environment; then nothing has changed.
    """
    if _given(fixed).keys() & wanted.keys():
        raise InvalidError("This is set in the environment, and cannot be changed here.")

    async def work(records: Records) -> list[RuleChange]:
        there = await read_house(records)
        made = [
            RuleChange(
                id=new_id(),
                at=now,
                account_id=account.id,
                account_name=account.name,
                via=via,
                rule=rule,
                before=plain(getattr(there, rule)),
                after=plain(value),
            )
            for rule, value in wanted.items()
            if getattr(there, rule) != value
        ]
        for change in made:
            await records.rule_changes.add(change)
        values = {change.rule: wanted[change.rule] for change in made}
        await _settle(records, replace(there, **values), fixed, values.keys(), now)
        return made

    return await store.transact(work)


async def take_back(
    store: Store, *, change_id: Id, fixed: House, account: Account, via: str, now: datetime
) -> RuleChange:
    """Take a change back: the rule is as if it had never been made, whatever came after it.

    Raises NotFoundError, StaleError where it is taken back already, and InvalidError.
    """

    async def work(records: Records) -> RuleChange:
        change = await records.rule_changes.get(change_id)
        if change is None:
            raise NotFoundError("There is no such change.")
        if change.undone:
            raise StaleError("This change has been taken back already.")
        undone = Undone(at=now, account_id=account.id, account_name=account.name, via=via)
        await records.rule_changes.save(replace(change, undone=undone))
        standing = await records.rule_changes.standing(change.rule)
        value = revived(change.rule, standing.after if standing else None)
        there = replace(await read_house(records), **{change.rule: value})
        await _settle(records, there, fixed, [change.rule], now)
        return change

    return await store.transact(work)


async def _settle(
    records: Records, house: House, fixed: House, changed: Sequence[str] | Any, now: datetime
) -> None:
    """Keep the rules, and let what waits by old ones be looked at anew."""
    check(settled(house, fixed))
    await _write_house(records, house)
    if set(changed) & set(_STEPS):
        await records.questions.look_again(now + READ_BY_ALL)
    if "quiet" in changed:
        for account in await records.accounts.all():
            if account.quiet is None:
                await records.outbox.let_go(account.id, now + READ_BY_ALL)
