"""One stranger seen by many at once, worked on by two processes at once: still one person."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from demo.sitters import Sitter, crop, people
from evaluation.audit import question_of
from evaluation.system import System, running_system

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

TIMES = 50
RETURNS = 20


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    """A whole Usher with two worker processes."""
    async with running_system(workers=2) as running:
        yield running


async def seen_at_once(system: System, sitters: list[Sitter]) -> list[list[str]]:
    """Post a crop of each of these people, all `TIMES` times and all at once; return the ids."""
    crops = [crop(sitter, seed=1) for sitter in sitters]
    posts = [system.post(image) for _ in range(TIMES // len(sitters)) for image in crops]
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {202}
    ids = [answer.json()["detections"][0]["id"] for answer in answers]
    await system.settled()
    return [ids[number :: len(sitters)] for number in range(len(sitters))]


async def test_one_stranger_is_one_person_with_one_card(system: System) -> None:
    """50 posts of one crop at once make 50 detections, one person, one visit, one card."""
    [ids] = await seen_at_once(system, people()[:1])
    log = {d["id"]: d for d in await system.detections()}
    mine = [log[id_] for id_ in ids]
    assert len(set(ids)) == TIMES
    assert {d["status"] for d in mine} == {"classified"}
    assert len({d["person"]["id"] for d in mine}) == 1
    assert len({d["visit_id"] for d in mine}) == 1
    assert Counter(d["match"]["kind"] for d in mine)["stranger"] == 1
    await one_card(system, mine[0]["person"]["label"], crops=TIMES)


async def test_two_strangers_at_once_are_two_people(system: System) -> None:
    """Two people's crops in turn, all at once, make two people with a card each."""
    for ids in await seen_at_once(system, people()[1:3]):
        mine = [d for d in await system.detections() if d["id"] in ids]
        labels = {d["person"]["label"] for d in mine}
        assert len(labels) == 1
        await one_card(system, labels.pop(), crops=TIMES // 2)


async def one_card(system: System, label: str, *, crops: int) -> None:
    """Expect one card about this person in the chat, which comes to show all crops."""
    await system.chat.wait_for(
        system.manager,
        lambda m: m.text.startswith(label) and f"· {crops} crops" in m.text,
        timeout=60,
    )
    shown = await system.chat.messages(system.manager, deleted=True)
    cards = [m for m in shown if m.text.startswith(label) and question_of(m)]
    assert len(cards) == 1


async def test_somebody_who_comes_back_is_one_visit(system: System) -> None:
    """Crops of earlier visits, as a camera sends them that was cut off: each visit is one."""
    sitter, past = people()[3], datetime.now(UTC) - timedelta(days=1)
    await seen_at_once(system, [sitter])
    for hour in range(RETURNS):
        at = (past + timedelta(hours=hour)).isoformat()
        crops = [crop(sitter, seed) for seed in range(8)]
        await asyncio.gather(*(system.post(image, captured_at=at) for image in crops))
        await system.settled()
    visits = Counter(d["visit_id"] for d in await system.detections(until=past_end(past)))
    assert sorted(visits.values()) == [8] * RETURNS


def past_end(past: datetime) -> str:
    """Return a time after every return, as a query wants it."""
    return (past + timedelta(hours=RETURNS)).isoformat()
