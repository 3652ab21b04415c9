"""People are found by the words of their name, and page after page without a scan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from domain.ids import new_id
from domain.records import Id, Person, PersonStatus
from domain.store import PersonCursor, PersonOrder, PersonQuery, Whereabouts
from storage.finding import ORDERS, following, matching
from storage.store import MongoStore

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MAIN, ANNEX = Id("a" * 24), Id("b" * 24)
DAY = timedelta(days=1)


async def keep(store: MongoStore, name: str | None = None, **values: Any) -> Person:
    """Keep somebody, seen where and when they were."""
    number = await store.persons.next_number()
    status = PersonStatus.KNOWN if name else PersonStatus.UNKNOWN
    person = Person(
        **{
            "id": new_id(),
            "number": number,
            "status": status,
            "created_at": NOW,
            "version": 1,
            "name": name,
            **values,
        }
    )
    await store.persons.add(person)
    return person


async def found(store: MongoStore, **query: Any) -> list[str]:
    """Return what those are called who are found."""
    return [person.label for person in await store.persons.page(PersonQuery(**query))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann", {"Anna Müller", "Ann-Marie O'Brien"}),
        ("MULL", {"Anna Müller"}),
        ("müller anna", {"Anna Müller"}),
        ("marie", {"Ann-Marie O'Brien"}),
        ("obrien", {"Ann-Marie O'Brien"}),
        ("o'brien", {"Ann-Marie O'Brien"}),
        ("sorensen", {"Åse Sørensen"}),
        ("ler", set()),
        ("a", {"Anna Müller", "Ann-Marie O'Brien", "Åse Sørensen"}),
        ("4", {"Stranger 4"}),
        ("Stranger 4", {"Stranger 4"}),
        ("stranger 1", {"Anna Müller"}),
        ("#1", {"Anna Müller"}),
        ("str", {"Stranger 4"}),
        (".*", set()),
        ("$", set()),
    ],
)
async def test_by_name_and_number(store: MongoStore, text: str, expected: set[str]) -> None:
    """Beginnings of words do, in any order and case, without accents; a number does as a whole."""
    for name in ("Anna Müller", "Ann-Marie O'Brien", "Åse Sørensen", None):
        await keep(store, name)
    assert set(await found(store, text=text)) == expected


async def test_who_is_renamed_is_found_by_the_new_name(store: MongoStore) -> None:
    """The old name finds nobody, and the list is in the order of the new ones."""
    anna, bea = await keep(store, "Anna"), await keep(store, "Bea")
    await store.persons.save(replace(anna, name="Cora"))
    assert await found(store, text="anna") == []
    assert await found(store, order=PersonOrder.NAME) == [bea.label, "Cora"]


async def test_filters_are_taken_together(store: MongoStore) -> None:
    """Status, sites, labels and when somebody was seen last narrow the list, each for itself."""
    anna = await keep(store, "Anna", labels=("staff", "early"))
    bea = await keep(store, "Bea", labels=("staff",))
    await store.persons.place(anna.id, Whereabouts(last_seen_at=NOW, site_ids=(MAIN, ANNEX)))
    await store.persons.place(bea.id, Whereabouts(last_seen_at=NOW - 9 * DAY, site_ids=(ANNEX,)))
    await keep(store)
    assert await found(store, statuses=(PersonStatus.UNKNOWN,)) == ["Stranger 3"]
    assert await found(store, site_ids=(MAIN,)) == ["Anna"]
    assert await found(store, site_ids=(MAIN, ANNEX), order=PersonOrder.SEEN) == ["Anna", "Bea"]
    assert await found(store, site_ids=()) == []
    assert await found(store, labels=("staff", "early")) == ["Anna"]
    assert await found(store, seen_since=NOW - DAY) == ["Anna"]
    assert await found(store, unseen_since=NOW - DAY) == ["Stranger 3", "Bea"]
    assert await found(store, labels=("staff",), text="b", site_ids=(ANNEX,)) == ["Bea"]
    assert await store.persons.labels(None) == ["early", "staff"]
    assert await store.persons.count(PersonQuery(labels=("staff",)), most=9) == 2
    assert await store.persons.count(PersonQuery(), most=2) == 2


@pytest.mark.parametrize("order", PersonOrder)
async def test_pages_follow_one_another(store: MongoStore, order: PersonOrder) -> None:
    """Everybody comes once, those who are level with each other and who never came as well."""
    for n in range(14):
        person = await keep(store, f"Name {n % 4}" if n % 3 else None)
        if n % 5:
            at = NOW - (n % 3) * DAY
            await store.persons.place(person.id, Whereabouts(last_seen_at=at, site_ids=(MAIN,)))
    whole = await store.persons.page(PersonQuery(order=order, limit=0))
    assert len(whole) == 14
    seen: list[Person] = []
    query = PersonQuery(order=order, limit=3)
    while page := await store.persons.page(query):
        seen += page
        query = replace(query, after=PersonCursor(page[-1].id, page[-1].last_seen_at))
    assert seen == whole


async def test_merged_and_forgotten_are_in_no_list(store: MongoStore) -> None:
    """Whoever turned out to be another, or was forgotten, is not shown, and not counted."""
    anna = await keep(store, "Anna")
    await keep(store, "Anna", merged_into=anna.id)
    await keep(store, "Anna", forgotten_at=NOW)
    assert await found(store, text="anna") == ["Anna"]
    assert await store.persons.count(PersonQuery(), most=9) == 1


async def test_what_is_kept_of_whereabouts_survives_a_save(store: MongoStore) -> None:
    """Whoever saves a person that they read long ago does not send them back in time."""
    anna = await keep(store, "Anna")
    await store.persons.place(anna.id, Whereabouts(last_seen_at=NOW, site_ids=(MAIN,)))
    await store.persons.save(replace(anna, name="Bea"))
    kept = await store.persons.get(anna.id)
    assert kept == replace(anna, name="Bea", last_seen_at=NOW, site_ids=(MAIN,))


FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"statuses": (PersonStatus.KNOWN,)},
    {"site_ids": (MAIN,)},
    {"site_ids": (MAIN, ANNEX)},
    {"labels": ("staff",)},
    {"text": "anna"},
    {"seen_since": NOW},
    {"unseen_since": NOW},
)


@pytest.mark.parametrize(("order", "wanted"), [*product(PersonOrder, FILTERS)])
async def test_no_list_is_a_scan(
    store: MongoStore, order: PersonOrder, wanted: dict[str, Any]
) -> None:
    """Every filter in every order goes by an index, and so does every further page."""
    after = PersonCursor(new_id(), NOW)
    query = PersonQuery(order=order, after=after, **wanted)
    document = matching(query)
    document["$and"] = [*document.get("$and", ()), following(query, after, "0 anna")]
    plan = await store._database["persons"].find(document).sort(ORDERS[order]).limit(9).explain()
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
