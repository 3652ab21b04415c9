"""The rules of the house: what holds, who changed it, and taking it back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.attention import NEVER_QUIET, held_until, silent
from domain.errors import InvalidError, NotFoundError, StaleError
from domain.house import DEFAULTS, READ_BY_ALL, change_rules, read_house, take_back
from domain.policy import QuestionPolicy, VisitPolicy
from domain.records import CardKind, House, Quiet, RuleChange
from domain.rules import Rules, Shares
from tests.domain.test_attention import ACCOUNT, BERLIN, at
from tests.domain.world import World

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NIGHT = Quiet(start=22 * 60, end=7 * 60, digest=True)


async def change(world: World, fixed: House | None = None, **wanted: Any) -> list[RuleChange]:
    """Set rules as Maria does."""
    return await change_rules(
        world.store,
        wanted=wanted,
        fixed=fixed or House(),
        account=world.maria,
        via="panel",
        now=world.now,
    )


async def back(world: World, made: RuleChange) -> None:
    """Take a change back as Maria does."""
    await take_back(
        world.store,
        change_id=made.id,
        fixed=House(),
        account=world.maria,
        via="panel",
        now=world.now,
    )


async def test_rules_are_the_defaults_until_somebody_sets_them(world: World) -> None:
    """What is set holds as soon as it is read; the rest stays as it is by default."""
    rules = Rules()
    assert rules.now == DEFAULTS
    assert (rules.visits(), rules.questions()) == (VisitPolicy(), QuestionPolicy())
    await change(
        world, visit_gap=5 * MINUTE, strangers_named=0.001, quiet=NIGHT, remind_after=timedelta(0)
    )
    await rules.refresh(world.store)
    assert rules.visits().gap == 5 * MINUTE
    assert rules.shares() == Shares(0.001, 0.2)
    assert rules.quiet() == NIGHT
    assert rules.questions() == QuestionPolicy(remind=None)
    assert rules.retention().images == timedelta(days=90)


async def test_the_environment_goes_before_the_panel(world: World) -> None:
    """What it sets holds whatever was set before, and cannot be changed."""
    await change(world, visit_gap=5 * MINUTE)
    rules = Rules(House(visit_gap=HOUR))
    await rules.refresh(world.store)
    assert rules.visits().gap == HOUR
    with pytest.raises(InvalidError, match="environment"):
        await change(world, House(visit_gap=HOUR), visit_gap=MINUTE)
    assert (await read_house(world.store)).visit_gap == 5 * MINUTE


@pytest.mark.parametrize(
    "wanted",
    [
        {"strangers_named": 0.0},
        {"strangers_named": 1.0},
        {"visit_gap": timedelta(0)},
        {"images_days": -1},
        {"remind_after": HOUR},
        {"quiet": Quiet(start=5, end=5)},
    ],
)
async def test_what_cannot_be_is_refused(world: World, wanted: dict[str, Any]) -> None:
    """Beyond the limits, or in no order that makes sense; nothing has changed then."""
    with pytest.raises(InvalidError):
        await change(world, None, announce_known=True, **wanted)
    assert await read_house(world.store) == House()
    assert await world.store.rule_changes.latest() == []


async def test_changes_are_journaled(world: World) -> None:
    """One entry a rule, with who, from what and to what; what stays as it was is none."""
    await change(world, images_days=30, announce_known=True)
    await change(world, images_days=30, announce_known=None)
    latest = await world.store.rule_changes.latest()
    assert [(c.rule, c.before, c.after, c.account_name) for c in latest] == [
        ("announce_known", True, None, "Maria"),
        ("announce_known", None, True, "Maria"),
        ("images_days", None, 30, "Maria"),
    ]


async def test_a_change_taken_back_was_never_made(world: World) -> None:
    """In whatever order: the last one that stands holds, and without any the default."""
    [first] = await change(world, images_days=30)
    [second] = await change(world, images_days=10)
    await back(world, first)
    assert (await read_house(world.store)).images_days == 10
    await back(world, second)
    assert (await read_house(world.store)).images_days is None
    with pytest.raises(StaleError):
        await back(world, second)
    with pytest.raises(NotFoundError):
        await back(world, replace(first, id=world.maria.id))


async def test_a_change_that_others_build_on_cannot_be_taken_back(world: World) -> None:
    """Rules that would not fit together without it keep it."""
    [late] = await change(world, escalate_after=2 * HOUR)
    await change(world, remind_after=HOUR)
    with pytest.raises(InvalidError):
        await back(world, late)
    assert (await read_house(world.store)).escalate_after == 2 * HOUR


async def test_open_questions_are_looked_at_anew(world: World) -> None:
    """When the times change, whatever was planned by the old ones."""
    asked = await world.asked((await world.see()).visit)
    await change(world, expire_after=2 * HOUR)
    later = await world.store.questions.get(asked.id)
    assert later
    assert later.due_at == world.now + READ_BY_ALL


def test_quiet_hours_of_the_house_are_for_who_set_none() -> None:
    """Somebody's own go before them, and so does having none."""
    night, maria = at(3), replace(ACCOUNT, quiet=None)
    assert silent(maria, CardKind.QUESTION, night, BERLIN, NIGHT)
    assert held_until(maria, CardKind.QUESTION, night, BERLIN, NIGHT) == at(7)
    awake = replace(maria, quiet=NEVER_QUIET)
    assert not silent(awake, CardKind.QUESTION, night, BERLIN, NIGHT)
    own = replace(maria, quiet=Quiet(start=0, end=4 * 60))
    assert silent(own, CardKind.QUESTION, night, BERLIN, NIGHT)
    assert held_until(own, CardKind.QUESTION, night, BERLIN, NIGHT) is None
