"""What the environment fixes, and how a change in the panel reaches a process that runs."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.house import DEFAULTS, RULES, change_rules
from domain.ids import new_id
from domain.records import Account, House, Role
from domain.rules import Rules
from storage.store import MongoStore
from usher import rules as usher_rules
from usher.parts import now
from usher.rules import fixed_rules, keep_current, variables
from usher.settings import Settings


def test_defaults_are_those_of_the_settings() -> None:
    """A rule that nobody set is what `.env.example` says."""
    everything = Settings(
        recognition={"strangers_named": 0.01, "strangers_doubted": 0.2},
        visits=Settings().visits.model_dump(),
        questions=Settings().questions.model_dump(),
        retention=Settings().retention.model_dump(),
    )
    assert fixed_rules(everything) == DEFAULTS
    recognition = Settings().recognition
    assert recognition.strangers_named == DEFAULTS.strangers_named
    assert recognition.strangers_doubted == DEFAULTS.strangers_doubted


def test_what_the_environment_sets_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rule by its variable, even where it sets the default; a distance fixes its share."""
    assert fixed_rules(Settings()) == House()
    assert variables(Settings()) == {}
    monkeypatch.setenv("USHER_VISITS__GAP", "10m")
    monkeypatch.setenv("USHER_RETENTION__IMAGES_DAYS", "0")
    monkeypatch.setenv("USHER_RECOGNITION__MATCH_THRESHOLD", "0.4")
    assert fixed_rules(Settings()) == House(visit_gap=timedelta(minutes=10), images_days=0)
    assert variables(Settings()) == {
        "visit_gap": "USHER_VISITS__GAP",
        "images_days": "USHER_RETENTION__IMAGES_DAYS",
        "strangers_named": "USHER_RECOGNITION__MATCH_THRESHOLD",
    }
    assert Rules(fixed_rules(Settings())).retention().images is None


async def test_a_process_that_runs_follows_a_change(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a restart; whoever asks for a rule gets the one that holds now."""
    monkeypatch.setattr(usher_rules, "EVERY_SECONDS", 0.01)
    rules = Rules()
    admin = Account(id=new_id(), name="Ada", role=Role.ADMIN, created_at=now())
    async with asyncio.TaskGroup() as group, asyncio.timeout(5):
        task = group.create_task(keep_current(rules, store))
        await change_rules(
            store,
            wanted={"strangers_named": 0.001, "announce_known": True},
            fixed=House(),
            account=admin,
            via="panel",
            now=now(),
        )
        while rules.now == DEFAULTS:  # noqa: ASYNC110 - it is the process that is waited for
            await asyncio.sleep(0.01)
        task.cancel()
    assert rules.shares().named == 0.001
    assert rules.visits().announce_known
    assert replace(rules.house, strangers_named=None, announce_known=None) == House()


def test_every_rule_has_a_place_in_the_settings_but_quiet_hours() -> None:
    """What the environment can fix is listed for each rule."""
    assert set(usher_rules._SET_AS) == set(RULES) - {"quiet"}
