"""Queries go by the indexes that were made for them: one on some values alone is easily missed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from domain.ids import new_id
from storage.store import MongoStore

NOW = datetime(2026, 11, 22, tzinfo=UTC)
Ask = Callable[[MongoStore], Awaitable[object]]
QUERIES: dict[str, Ask] = {
    "batch": lambda store: store.decisions.of_batch(new_id()),
    "decision_id": lambda store: store.questions.of_decision(new_id()),
    "forgotten_at": lambda store: store.persons.forgotten(NOW),
    "retired.at": lambda store: store.references.forget_retired(NOW),
    "snoozed_until": lambda store: store.outbox.snoozed(NOW, limit=5),
    "grant_id": lambda store: store.outbox.touch_grant(new_id(), NOW),
    "last_seen_at": lambda store: store.visits.over(NOW, limit=5),
    "track": lambda store: store.detections.track_person(new_id(), "t", NOW),
}


async def plans(store: MongoStore, ask: Ask) -> list[str]:
    """Return by which indexes the database found what was asked for."""
    database = store._database
    await database.command("profile", 2)
    try:
        await ask(store)
    finally:
        await database.command("profile", 0)
    profile = database["system.profile"]
    told = await profile.find({"planSummary": {"$exists": True}}).to_list(None)
    await profile.drop()
    return [one["planSummary"] for one in told if not one["ns"].endswith("system.profile")]


@pytest.mark.parametrize(
    "ask",
    [lambda store: store.questions.inbox(None), lambda store: store.questions.oldest(None)],
    ids=["newest", "oldest"],
)
async def test_the_inbox_is_read_in_order(store: MongoStore, ask: Ask) -> None:
    """Of however many open questions, those of a page are looked at."""
    assert await plans(store, ask) == ["IXSCAN { status: 1, _id: -1 }"]


@pytest.mark.parametrize("field", QUERIES)
async def test_an_index_on_some_values_is_used(store: MongoStore, field: str) -> None:
    """Such an index is used only by a query that says what it holds."""
    [plan] = await plans(store, QUERIES[field])
    assert plan.startswith("IXSCAN")
    assert f"{field}: 1" in plan


SPAN = (NOW, NOW.replace(day=23))
COUNTS: dict[str, Ask] = {
    "opened_at": lambda store: store.figures.arrivals([new_id()], *SPAN),
    "captured_at": lambda store: store.figures.crops([new_id()], *SPAN),
    "asked_at": lambda store: store.figures.asked([new_id()], *SPAN),
    "at": lambda store: store.figures.told_apart([new_id()], *SPAN),
    "start": lambda store: store.day_counts.between(None, *SPAN),
}


@pytest.mark.parametrize("field", COUNTS)
async def test_a_day_is_counted_by_an_index_of_its_time(store: MongoStore, field: str) -> None:
    """Never by looking at every day there was."""
    [plan] = await plans(store, COUNTS[field])
    assert plan.startswith("IXSCAN")
    assert f"{field}: " in plan
