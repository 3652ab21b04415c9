"""From a camera's crops to a door: one grant that can be verified, and none for a replay."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from demo.sitters import crop, people
from evaluation.processes import Role
from evaluation.system import System, running_system
from tests.e2e.test_main_loop import is_card_of, is_prompt_for, wait_for
from tests.receiver import Receiver, receiving

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
ANNA, *_, STRANGER = people()


@dataclass(kw_only=True)
class Entrance:
    """A whole Usher that knows Anna, and a receiver."""

    system: System
    receiver: Receiver
    seed: int = 100

    async def door(self, *options: str) -> None:
        """Make the door anew, so that nothing of the last arrival holds it back."""
        usher = self.system.usher
        if self.receiver.secret:
            await usher.command("door", "remove", "Gate")
        words = ("Gate", "--site", "Main", "--url", self.receiver.url, *options)
        made = json.loads(await usher.command("door", "add", *words))
        self.receiver.secret = made["secret"]
        self.receiver.posts.clear()

    async def arrive(self, crops: int = 3) -> list[tuple[bytes, str]]:
        """Post new crops of Anna, as captured now; return them with their times."""
        posted = []
        for _ in range(crops):
            self.seed += 1
            at = datetime.now(UTC).isoformat()
            image = crop(ANNA, self.seed)
            answer = await self.system.post(image, captured_at=at)
            assert answer.status_code == 202, answer.text
            posted.append((image, at))
        await self.system.settled()
        return posted

    async def opened(self) -> bool:
        """Tell whether the receiver has opened."""
        return bool(self.receiver.opened)

    async def log(self) -> list[dict[str, Any]]:
        """Return the log of the door, newest first."""
        said = await self.system.usher.command("door", "log", "Gate", "--json")
        return [json.loads(line) for line in said.splitlines()]


async def until(happened: Callable[[], Awaitable[object]]) -> None:
    """Wait until something has happened."""
    async with asyncio.timeout(30):
        while not await happened():  # noqa: ASYNC110 - nothing tells when to look
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def entrance() -> AsyncIterator[Entrance]:
    """A whole Usher with two workers, where Anna has been named."""
    async with running_system(workers=2) as system, receiving("") as receiver:
        for seed in range(4):
            await system.post(crop(ANNA, seed))
        await system.settled()
        [label] = {d["person"]["label"] for d in await system.detections()}
        card = await wait_for(system, partial(is_card_of, label=label))
        await system.chat.press(system.manager, card, text="Name")
        prompt = await wait_for(system, partial(is_prompt_for, label=label))
        await system.chat.send_text(system.manager, "Anna", reply_to=prompt)
        await wait_for(system, lambda m: m.text.startswith("Saved: Anna"))
        yield Entrance(system=system, receiver=receiver)


async def test_a_known_face_opens_once(entrance: Entrance) -> None:
    """Five crops of Anna: exactly one grant, signed, with her name by the door's wish.

    The same posts again open nothing, whether they say when they were captured or not; the log
    says that the pictures were posted before.
    """
    await entrance.door("--person", "Anna", "--names")
    posted = await entrance.arrive(5)
    await until(entrance.opened)
    [data] = entrance.receiver.opened.values()
    assert entrance.receiver.forged == 0
    assert data["person"]["name"] == "Anna"
    for image, at in posted:
        assert (await entrance.system.post(image, captured_at=at)).status_code == 202
    for image, _ in posted:
        assert (await entrance.system.post(image)).status_code == 202
    await entrance.system.settled()
    await asyncio.sleep(1)
    assert len(entrance.receiver.posts) == 1
    refused, granted = await entrance.log()
    assert (refused["status"], refused["reasons"]) == ("refused", ["replayed"])
    assert (granted["status"], granted["person"]) == ("delivered", "Anna")
    assert granted["grant_id"] == data["id"]
    assert len(granted["crops"]) == 3
    log = {d["id"]: d for d in await entrance.system.detections()}
    for said in granted["crops"]:
        assert log[said["detection_id"]]["match"]["distance"] == pytest.approx(said["distance"])


async def test_a_spool_opens_nothing(entrance: Entrance) -> None:
    """New pictures of Anna, captured a minute ago: they are known and logged, and come too late."""
    await entrance.door("--everybody-known")
    a_minute_ago = datetime.fromtimestamp(datetime.now(UTC).timestamp() - 60, UTC).isoformat()
    for seed in range(200, 205):
        await entrance.system.post(crop(ANNA, seed), captured_at=a_minute_ago)
    await entrance.system.settled()
    await until(entrance.log)
    assert [(g["status"], g["reasons"]) for g in await entrance.log()] == [("refused", ["late"])]
    assert entrance.receiver.posts == []


async def test_a_stranger_opens_nothing(entrance: Entrance) -> None:
    """However often they are seen; there is nothing to be said of it in the log."""
    await entrance.door("--everybody-known", "--visitors")
    for seed in range(6):
        await entrance.system.post(crop(STRANGER, seed))
    await entrance.system.settled()
    await asyncio.sleep(1)
    assert (entrance.receiver.posts, await entrance.log()) == ([], [])


async def test_workers_killed_between_decision_and_delivery(entrance: Entrance) -> None:
    """The receiver kills every worker before it answers, so that none can know that it was taken.

    A worker that is started again posts the same grant: the same id, which the receiver opens for
    once.
    """
    await entrance.door("--person", "Anna")

    async def kill_all(_: web.Request) -> web.Response:
        for number in range(2):
            await entrance.system.kill(Role.WORKER, number=number)
        return web.Response(status=204)

    entrance.receiver.faults.append(kill_all)
    await entrance.arrive()

    async def over() -> bool:
        return (await entrance.log())[0]["status"] in {"delivered", "expired"}

    await until(over)
    [grant] = await entrance.log()
    assert {post.id for post in entrance.receiver.posts} == {grant["grant_id"]}
    assert len(entrance.receiver.opened) == 1
    if grant["status"] == "delivered":
        assert len(entrance.receiver.posts) == 2
    expires = datetime.fromisoformat(grant["expires_at"]).timestamp()
    assert all(post.stamp <= expires for post in entrance.receiver.posts)
