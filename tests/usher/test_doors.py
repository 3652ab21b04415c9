"""Doors as the command line makes, shows, tries and removes them."""

import asyncio
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from domain.errors import InvalidError, NotFoundError, UsherError
from domain.ids import new_id
from domain.policy import DoorPolicy
from domain.records import Need, Person, PersonStatus
from storage.store import MongoStore
from tests.receiver import receiving, status
from usher import cameras, doors
from usher.doors import DoorWish
from usher.roles import door_policy
from usher.settings import RecognitionSettings, Settings

WISH = DoorWish(
    name="Front door", site="Main", url="https://door.example/open", need=Need(), everybody=True
)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
async def store_with_people(store: MongoStore) -> MongoStore:
    """A site with two cameras, Anna, and two people called Bea."""
    for name, site in (("Porch", "Main"), ("Yard", "Main"), ("Far", "Depot")):
        await cameras.create(store, name, site)
    for number, name in enumerate(("Anna", "Bea", "Bea")):
        await store.persons.add(
            Person(
                id=new_id(),
                number=number,
                status=PersonStatus.KNOWN,
                name=name,
                created_at=NOW,
                version=number,
            )
        )
    return store


async def test_a_door_as_it_was_wished(store_with_people: MongoStore) -> None:
    """Its secret is shown when it is made and never again, neither in lists nor in its repr."""
    store = store_with_people
    [anna] = await store.persons.with_name("anna")
    wish = replace(
        WISH,
        everybody=False,
        people=["anna"],
        cameras=["Yard"],
        hours=["Mon-Fri 07:00-19:00"],
        need=Need(crops=2, of=4, within_s=3, sure=0.9),
    )
    made = await doors.add(store, wish)
    [listed] = await doors.listing(store)
    assert listed == {
        "door_id": made["door_id"],
        "name": "Front door",
        "site": "Main",
        "cameras": ["Yard"],
        "people": ["Anna"],
        "everybody_known": False,
        "visitors": False,
        "hours": ["mon,tue,wed,thu,fri 07:00-19:00"],
        "need": 2,
        "of": 4,
        "within_s": 3,
        "sure": 90,
        "url": "https://door.example/open",
        "open_for_s": 5,
    }
    kept = await store.doors.named("front DOOR")
    assert kept
    assert (kept.person_ids, kept.secret) == ((anna.id,), made["secret"])
    assert made["secret"] not in repr(kept) + json.dumps(listed)


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"site": "Moon"}, NotFoundError, "no site called Moon"),
        ({"cameras": ["Far"]}, NotFoundError, "Main has no camera Far"),
        ({"people": ["Nobody"]}, NotFoundError, "Nobody known is called Nobody"),
        ({"people": ["Bea"]}, InvalidError, "Several are called Bea: say which by id: "),
        ({"everybody": False}, InvalidError, "Say for whom"),
        ({"url": "http://door.example/"}, InvalidError, "goes by https"),
        ({"hours": ["at night"]}, InvalidError, "written as in"),
        ({"need": Need(crops=0)}, InvalidError, "1 to 20 crops"),
        ({"need": Need(crops=4, of=3)}, InvalidError, "1 to 20 crops"),
        ({"need": Need(crops=1, of=21)}, InvalidError, "1 to 20 crops"),
        ({"need": Need(within_s=60)}, InvalidError, "at most 15 seconds"),
        ({"need": Need(within_s=float("nan"))}, InvalidError, "at most 15 seconds"),
        ({"need": Need(sure=1.0)}, InvalidError, "below 100"),
        ({"open_for_s": 0.0}, InvalidError, "at most 3600 seconds"),
        ({"name": "\t"}, InvalidError, "at least one letter"),
    ],
)
async def test_what_makes_no_door(
    store_with_people: MongoStore,
    changes: dict[str, Any],
    error: type[UsherError],
    sentence: str,
) -> None:
    """It is said, and nothing is made."""
    with pytest.raises(error, match=sentence):
        await doors.add(store_with_people, replace(WISH, **changes))
    assert await doors.listing(store_with_people) == []


async def test_somebody_of_a_common_name_is_said_by_id(store_with_people: MongoStore) -> None:
    """As the refusal tells."""
    bea, _ = await store_with_people.persons.with_name("Bea")
    await doors.add(store_with_people, replace(WISH, people=[bea.id]))
    kept = await store_with_people.doors.named("Front door")
    assert kept
    assert kept.person_ids == (bea.id,)


async def test_a_name_is_free_again_when_its_door_is_gone(store_with_people: MongoStore) -> None:
    """Two in use cannot have it, whatever the case."""
    await doors.add(store_with_people, WISH)
    with pytest.raises(InvalidError, match="There is a door called front door"):
        await doors.add(store_with_people, replace(WISH, name="front door"))
    await doors.remove(store_with_people, "Front Door")
    assert await doors.listing(store_with_people) == []
    with pytest.raises(NotFoundError):
        await doors.remove(store_with_people, "Front door")
    again = await doors.add(store_with_people, WISH)
    await doors.remove(store_with_people, "Front door")
    assert (await doors.add(store_with_people, WISH))["door_id"] != again["door_id"]


async def test_trying_a_door_opens_nothing(store_with_people: MongoStore) -> None:
    """The receiver gets a signed event of the type door.test; the log says that it was a test."""
    store = store_with_people
    async with receiving("") as receiver:
        made = await doors.add(store, replace(WISH, url=receiver.url))
        receiver.secret = made["secret"]
        receiver.faults.extend([status(204), status(401)])
        answers = [await doors.try_out(store, "Front door") for _ in range(2)]
        await receiver.stop()
        silent = await doors.try_out(store, "Front door")
    assert [posted.answer for posted in [*answers, silent]] == [204, 401, None]
    assert [post.event["type"] for post in receiver.posts] == ["door.test"] * 2
    assert (receiver.opened, receiver.forged) == ({}, 0)
    lines = await doors.log_lines(store, "Front door", 20)
    assert [(line["status"], line["reasons"], line["test"]) for line in lines[::-1]] == [
        ("delivered", [], True),
        ("refused", ["declined"], True),
        ("refused", ["undelivered"], True),
    ]
    assert lines[2]["delivered_after_ms"] is not None


def test_what_holds_at_every_door_follows_from_the_settings() -> None:
    """With liveness models a face has to be known to be alive; hours are those of the zone."""
    assert door_policy(Settings()) == DoorPolicy()
    alive = RecognitionSettings(liveness=Path("models"))
    made = door_policy(Settings(recognition=alive, timezone="Europe/Berlin"))
    assert (made.liveness, made.zone) == (True, ZoneInfo("Europe/Berlin"))


async def test_tables_are_for_people(store_with_people: MongoStore) -> None:
    """They say what the rule is, and what came of it, in words."""
    store = store_with_people
    await doors.add(store, replace(WISH, url="http://127.0.0.1:9/"))
    await asyncio.gather(doors.try_out(store, "Front door"))
    out = io.StringIO()
    console = Console(file=out, width=200)
    console.print(doors.doors_table(await doors.listing(store)))
    console.print(doors.log_table(await doors.log_lines(store, None, 5)))
    for words in (
        "everybody known",
        "always",
        "3 of 5 in 5 s, 95 %",
        "a test",
        "It could not be delivered in time.",
    ):
        assert words in out.getvalue()
