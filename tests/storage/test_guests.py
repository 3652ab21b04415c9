"""Guests, and what is kept for a question that nobody answers, in a real database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

from domain.ids import new_id
from domain.records import (
    Account,
    Alerts,
    Arrival,
    Card,
    CardKind,
    Guest,
    Id,
    Question,
    QuestionKind,
    QuestionStatus,
    Quiet,
    Role,
    Stage,
)
from storage.store import MongoStore

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SITE, OTHER = Id("a" * 24), Id("b" * 24)


def guest(name: str, **values: Any) -> Guest:
    """Return somebody expected on the day of noon."""
    made = Guest(
        id=new_id(),
        name=name,
        site_id=SITE,
        account_id=new_id(),
        starts_at=MIDNIGHT,
        ends_at=MIDNIGHT + DAY,
        created_at=NOON,
    )
    return replace(made, **values)


def question(**values: Any) -> Question:
    """Return an open question."""
    made = Question(
        id=new_id(),
        visit_id=new_id(),
        site_id=SITE,
        person_id=new_id(),
        kind=QuestionKind.WHO,
        status=QuestionStatus.OPEN,
        asked_at=NOON,
    )
    return replace(made, **values)


def card(**values: Any) -> Card:
    """Return a card that has been shown."""
    made = Card(
        id=new_id(),
        kind=CardKind.QUESTION,
        visit_id=new_id(),
        site_id=SITE,
        account_id=new_id(),
        chat_id=1,
        due_at=NOON,
        created_at=NOON,
        message_id=7,
        delivered=1,
    )
    return replace(made, **values)


async def test_guests_are_found_by_site_and_day(store: MongoStore) -> None:
    """By name, whether they have come or not."""
    came = Arrival(person_id=new_id(), visit_id=new_id(), at=NOON)
    bob, anna = guest("Bob"), guest("Anna", arrived=came)
    for one in (
        bob,
        anna,
        guest("Dora", site_id=OTHER),
        guest("Eve", starts_at=MIDNIGHT + DAY, ends_at=MIDNIGHT + 2 * DAY),
    ):
        await store.guests.add(one)
    assert await store.guests.expected(SITE, NOON) == [anna, bob]
    assert [g.name for g in await store.guests.coming(None, NOON)] == [
        "Anna",
        "Bob",
        "Dora",
        "Eve",
    ]
    assert [g.name for g in await store.guests.coming([SITE], NOON + DAY)] == ["Eve"]
    await store.guests.remove(bob.id)
    assert await store.guests.expected(SITE, NOON) == [anna]


async def test_guests_of_days_gone_by_are_forgotten(store: MongoStore) -> None:
    """Whether they came or not; those of a day not over stay."""
    came = Arrival(person_id=new_id(), visit_id=new_id(), at=NOON)
    for one in (
        guest("Anna", arrived=came),
        guest("Bob"),
        guest("Eve", ends_at=MIDNIGHT + 2 * DAY),
    ):
        await store.guests.add(one)
    assert await store.guests.forget(MIDNIGHT + DAY) == 0
    assert await store.guests.forget(MIDNIGHT + DAY + HOUR) == 2
    assert [g.name for g in await store.guests.coming(None, NOON)] == ["Eve"]


async def test_questions_to_be_looked_at(store: MongoStore) -> None:
    """Those with a step due and those nobody has looked at, oldest first; none that is over."""
    fresh, due = question(), question(stage=Stage.REMINDED, due_at=NOON)
    for one in (
        fresh,
        due,
        question(due_at=NOON + HOUR),
        question(stage=Stage.ESCALATED),
        question(status=QuestionStatus.EXPIRED, due_at=NOON),
        question(status=QuestionStatus.ANSWERED),
    ):
        await store.questions.add(one)
    assert await store.questions.due(NOON, limit=9) == [fresh, due]
    assert await store.questions.due(NOON, limit=1) == [fresh]
    people = [fresh.person_id, due.person_id]
    assert await store.questions.unanswered_of(people) == [fresh, due]


async def test_a_question_of_an_earlier_usher_is_looked_at(
    store: MongoStore, mongo_uri: str
) -> None:
    """One written before questions had stages has been asked, and no more."""
    old = question()
    await store.questions.add(old)
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        gone = {"stage": "", "due_at": ""}
        client["test"]["questions"].update_one({"_id": ObjectId(old.id)}, {"$unset": gone})
    assert await store.questions.due(NOON, limit=9) == [old]


async def test_an_account_keeps_its_hours_and_alerts(store: MongoStore, mongo_uri: str) -> None:
    """One of an earlier Usher has none of the first, and hears of everybody."""
    made = Account(id=new_id(), name="Maria", role=Role.MANAGER, created_at=NOON)
    full = replace(
        made,
        chat_id=1,
        quiet=Quiet(start=1320, end=420, digest=True),
        muted_until=NOON,
        alerts=Alerts(strangers=False, people=(new_id(), new_id())),
    )
    await store.accounts.add(full)
    assert await store.accounts.get(full.id) == full
    assert await store.accounts.awaiting(full.alerts.people[1:]) == [full]
    assert await store.accounts.awaiting([new_id()]) == []
    await store.accounts.save(replace(full, chat_id=None))
    assert await store.accounts.awaiting(full.alerts.people) == []
    await store.accounts.save(made)
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        gone = {"quiet": "", "muted_until": "", "alerts": ""}
        client["test"]["accounts"].update_one({}, {"$unset": gone})
    assert await store.accounts.get(made.id) == made


async def test_a_card_is_brought_back_and_stays_so(store: MongoStore) -> None:
    """It is due and behind; saving what one knew of it before does not matter to that."""
    mine, other = card(), card()
    for one in (mine, other):
        await store.outbox.add(one)
    await store.outbox.bring_back([mine.id], NOON + HOUR)
    [back] = await store.outbox.claim(now=NOON + HOUR, until=NOON + DAY, limit=9)
    assert (back.id, back.again, back.revision, back.due_at) == (mine.id, True, 2, NOON + HOUR)


async def test_cards_whose_snooze_is_over(store: MongoStore) -> None:
    """The first to be over first."""
    first, second = card(snoozed_until=NOON), card(snoozed_until=NOON + HOUR)
    for one in (second, first, card(), card(snoozed_until=NOON + DAY)):
        await store.outbox.add(one)
    assert await store.outbox.snoozed(NOON + HOUR, limit=9) == [first, second]
    assert await store.outbox.snoozed(NOON + HOUR, limit=1) == [first]


async def test_what_was_never_shown_is_not_hurried(store: MongoStore) -> None:
    """A visit that grows makes a card due that has been shown, and leaves one that is held."""
    visit = new_id()
    held = card(visit_id=visit, message_id=None, delivered=0, due_at=NOON + DAY)
    there = card(visit_id=visit, chat_id=2)
    for one in (held, there):
        await store.outbox.add(one)
    for _ in range(2):
        await store.outbox.touch([visit], NOON + HOUR)
    cards = {c.id: (c.due_at, c.revision) for c in await store.outbox.of_visit(visit)}
    assert cards == {held.id: (NOON + DAY, 3), there.id: (NOON + HOUR, 3)}
    assert held.account_id
    await store.outbox.let_go(new_id(), NOON)
    assert await store.outbox.next_due() == NOON + HOUR
    await store.outbox.let_go(held.account_id, NOON)
    assert await store.outbox.next_due() == NOON


async def test_a_chat_has_cards_of_several_kinds_after_an_update(mongo_uri: str) -> None:
    """One of each of a visit: the earlier version's index, which allowed one, is taken away."""
    one = card()
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        keys = [("visit_id", 1), ("detection_id", 1), ("chat_id", 1)]
        client["kinds"]["outbox"].create_index(keys, unique=True)
        made = await MongoStore.open(mongo_uri, "kinds")
        try:
            await made.outbox.add(one)
            await made.outbox.add(replace(one, id=new_id(), kind=CardKind.GUEST))
            with pytest.raises(DuplicateKeyError):
                await made.outbox.add(replace(one, id=new_id()))
        finally:
            await made.drop()
            made.close()
