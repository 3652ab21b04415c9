"""The page about doors: its receiver runs, opens once for a grant, and for nothing else."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from domain.ids import new_id
from domain.policy import DoorPolicy
from domain.records import Door, Grant, GrantStatus, Need, Person, PersonStatus, Ruling
from domain.webhooks import new_webhook_secret, signed_headers
from tests.docs.pages import blocks, read
from worker.doors import TRY, Webhooks, grant_body

PAGE = "docs/doors.md"
NOW = datetime(2026, 11, 24, 14, 32, 5, 123000, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Example:
    """The receiver of the page at work, and the door that posts to it."""

    process: asyncio.subprocess.Process
    door: Door

    async def opened(self) -> list[str]:
        """Stop it; return what it did."""
        self.process.terminate()
        out, _ = await self.process.communicate()
        return out.decode().splitlines()


@asynccontextmanager
async def example(folder: Path) -> AsyncIterator[Example]:
    """Run the receiver of the page."""
    [code] = [block.text for block in blocks(read(PAGE)) if block.language == "python"]
    (folder / "receiver.py").write_text(code)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    door = Door(
        id=new_id(),
        site_id=new_id(),
        name="Front door",
        url=f"http://127.0.0.1:{port}/",
        secret=new_webhook_secret(),
        created_at=NOW,
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, folder / "receiver.py", str(port), door.secret),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(20), httpx.AsyncClient(trust_env=False) as client:
            while True:
                try:
                    assert (await client.post(door.url)).status_code == 401
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield Example(process=process, door=door)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def grant(door: Door, at: datetime) -> Grant:
    """Return a grant decided at a time."""
    return Grant(
        id=new_id(),
        door_id=door.id,
        site_id=door.site_id,
        status=GrantStatus.GRANTED,
        at=at,
        expires_at=at + timedelta(seconds=5),
        due_at=at,
    )


async def test_receiver_opens_once_and_for_nothing_else(tmp_path: Path) -> None:
    """For a grant posted twice once; not for a test, nor for what is forged, old or over."""
    async with example(tmp_path) as made, Webhooks() as webhooks:
        now, door = datetime.now(UTC), made.door
        good = grant(door, now)
        answers = [await webhooks.post(door, good, None, datetime.now(UTC)) for _ in range(2)]
        test = replace(grant(door, now), test=True)
        answers.append(await webhooks.post(door, test, None, datetime.now(UTC)))
        other = replace(door, secret=new_webhook_secret())
        answers.append(await webhooks.post(other, grant(door, now), None, datetime.now(UTC)))
        assert [posted.answer for posted in answers] == [204, 204, 204, 401]
        fresh = grant(door, now)
        body = grant_body(door, fresh, None)
        old = now - timedelta(seconds=10)
        over = grant_body(door, replace(fresh, expires_at=old), None)
        tried = {
            "changed": (401, body + b" ", signed_headers(door.secret, id_="x", at=now, body=body)),
            "replayed": (401, body, signed_headers(door.secret, id_="x", at=old, body=body)),
            "over": (410, over, signed_headers(door.secret, id_="x", at=now, body=over)),
            "bare": (401, body, {}),
        }
        async with httpx.AsyncClient(trust_env=False) as client:
            for what, (status, content, headers) in tried.items():
                answer = await client.post(door.url, content=content, headers=headers)
                assert answer.status_code == status, what
        assert await made.opened() == ["open for 5.0 s"]


def test_what_is_posted_is_as_shown() -> None:
    """The same fields; with names there is a person, and `by` says if somebody pressed Open."""
    [shown] = [json.loads(block.text) for block in blocks(read(PAGE)) if block.language == "json"]
    door = Door(
        id=shown["data"]["door"]["id"],
        site_id=new_id(),
        name="Front door",
        url="https://door.example/",
        secret=new_webhook_secret(),
        created_at=NOW,
    )
    made = replace(grant(door, NOW), id=shown["data"]["id"])
    assert json.loads(grant_body(door, made, None)) == shown
    ruling = Ruling(at=NOW, account_id=new_id(), account_name="Maria", via="chat")
    anna = Person(
        id=new_id(), number=1, status=PersonStatus.KNOWN, name="Anna", created_at=NOW, version=1
    )
    said = json.loads(grant_body(replace(door, names=True), replace(made, ruling=ruling), anna))
    assert said["data"]["by"] == "person"
    assert said["data"]["person"] == {"id": anna.id, "name": "Anna"}


def test_numbers_of_the_page() -> None:
    """They are those of the code."""
    text, policy, need = " ".join(read(PAGE).split()), DoorPolicy(), Need()
    for promise, right in {
        "once in half a minute": policy.hold == timedelta(seconds=30),
        "for 30 seconds": policy.ask == timedelta(seconds=30),
        "5 seconds after the decision": policy.life == timedelta(seconds=5),
        "within 2 seconds": timedelta(seconds=2) == TRY,
        "logged once a minute": policy.again == timedelta(minutes=1),
        "at least 3 good crops of the last 5": (need.crops, need.of) == (3, 5),
        "at least 95 % sure": need.sure == 0.95,
        "within the last 5 seconds": need.within_s == 5,
    }.items():
        assert promise in text, promise
        assert right, promise
