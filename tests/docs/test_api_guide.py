"""The API guide: its examples run against the real application, and it leaves nothing out."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.fields import POST_FIELDS
from api.limits import Limits
from api.problems import _KINDS
from demo.sitters import crop, people
from domain.records import WorkerState
from recognition import quality
from storage.images import ImageStore
from storage.store import MongoStore
from tests.docs.pages import Block, blocks, read
from tests.worker.station import Station, now
from usher import cameras
from usher.inspecting import inspect
from usher.parts import Parts
from usher.recogniser import EngineRecogniser
from usher.settings import HttpSettings, Settings
from usher.web import serving

GUIDE = "docs/api.md"
# What a person need not see: how curl tells a test whether it went well.
CURLRC = 'silent\nshow-error\nmax-time = 10\nwrite-out = "%{stderr}status=%{http_code}"\n'


@dataclass(frozen=True, slots=True)
class Shell:
    """Where examples run: a folder with pictures, and the variables they use."""

    folder: Path
    variables: dict[str, str]
    station: Station

    async def run(self, script: str) -> tuple[int, str]:
        """Run an example; return the status of the answer, and the answer."""
        await self.station.settled()
        process = await asyncio.create_subprocess_exec(
            *("bash", "-euc", script),
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "CURL_HOME": str(self.folder), **self.variables},  # noqa: TID251
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        statuses = re.findall(r"status=(\d+)", err.decode())
        assert statuses, err.decode()
        return int(statuses[-1]), out.decode()


@pytest.fixture
async def shell(store: MongoStore, images: ImageStore, tmp_path: Path) -> AsyncIterator[Shell]:
    """The real API with a worker behind it, and a camera with its key."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    engine = await asyncio.to_thread(EngineRecogniser.load, Settings())
    station = await Station.build(store, images, engine)
    alive = WorkerState(name="guide", model="m", provider="p", seen_at=now())
    await store.workers.beat(alive)
    made = await cameras.create(store, "Front door", "Hall")
    settings = Settings(_env_file=None, data_dir=tmp_path, http=HttpSettings(port=0))
    (tmp_path / ".curlrc").write_text(CURLRC)
    for number, name in enumerate(("face.jpg", "other.jpg")):
        (tmp_path / name).write_bytes(crop(people()[number], 1))
    async with (
        serving(settings, Parts(store=store, images=images)) as url,
        station.working(),
    ):
        yield Shell(tmp_path, {"URL": url, "KEY": made["key"]}, station)


async def test_examples_give_what_the_guide_says(shell: Shell) -> None:
    """Each answer has the status and the shape that stand behind the example."""
    code = blocks(read(GUIDE))
    ran = 0
    for block, follows in zip(code, [*code[1:], Block("", "")], strict=True):
        if block.language != "sh" or "/events" in block.text:
            continue
        status, answer = await shell.run(block.text)
        promised = json.loads(follows.text) if follows.language == "json" else None
        assert status == expected_status(block, promised), answer
        if promised:
            same_shape(promised, json.loads(answer), "answer")
        found = re.search(r'"id": "(\w{24})"', answer)
        if found and "ID" not in shell.variables:
            shell.variables["ID"] = found[1]
        ran += 1
    assert ran >= 7
    copied = (shell.folder / "copy.jpg").read_bytes()
    assert copied == (shell.folder / "face.jpg").read_bytes()


def expected_status(example: Block, promised: Any) -> int:
    """Return the status of an example: that of the problem shown, or of a good answer."""
    if promised and "type" in promised:
        return int(promised["status"])
    posts = "--data-binary" in example.text or "-F " in example.text
    return 202 if posts else 200


def same_shape(promised: Any, real: Any, where: str) -> None:
    """Raise where an answer has other fields, or other kinds of values, than the guide says."""
    if promised is None or real is None:
        return
    if isinstance(promised, dict):
        assert isinstance(real, dict), where
        assert set(promised) == set(real), where
        for name, value in promised.items():
            same_shape(value, real[name], f"{where}.{name}")
    elif isinstance(promised, list):
        assert isinstance(real, list), where
        for one, other in zip(promised, real, strict=False):
            same_shape(one, other, f"{where}[]")
    elif isinstance(promised, int | float) and not isinstance(promised, bool):
        assert isinstance(real, int | float), where
    else:
        assert type(promised) is type(real), where


async def test_stream_of_events_runs(shell: Shell) -> None:
    """The example listens; a crop posted meanwhile comes by, twice."""
    examples = [b.text for b in blocks(read(GUIDE)) if b.language == "sh"]
    [listen] = [text for text in examples if "/events" in text]
    post = examples[0]
    async with asyncio.TaskGroup() as group:
        stream = group.create_task(
            shell.run(listen.replace("curl ", "curl --max-time 3 ").strip() + " || true")
        )
        await asyncio.sleep(1)
        await shell.run(post)
    status, heard = stream.result()
    assert status == 200
    assert re.findall(r"^event: (.+)$", heard, re.MULTILINE)[:2] == [
        "detection.created",
        "detection.changed",
    ]


async def test_every_route_is_in_the_guide(store: MongoStore, images: ImageStore) -> None:
    """With its method."""
    app = create_app(
        store=store, images=images, inspect=inspect, ready={}, limits=Limits(), clock=now
    )
    text = read(GUIDE)
    for route in app.router.routes():
        if route.method != "HEAD" and route.resource:
            assert f"{route.method} /api/v1{route.resource.canonical}" in text


def test_every_problem_field_and_reason_is_in_the_guide() -> None:
    """Programs rely on these words."""
    text = read(GUIDE)
    reasons = [v for k, v in vars(quality).items() if k.isupper() and isinstance(v, str)]
    words = [*_KINDS, *POST_FIELDS, *reasons]
    assert [word for word in words if f"`{word}`" not in text] == []
    assert len(reasons) >= 8


def test_limits_of_the_guide_are_the_real_ones() -> None:
    """A camera is built by them."""
    text, limits = read(GUIDE), Limits()
    said = re.search(r"An image: (\d+) MB .* A post: (\d+) images, (\d+) MB, (\d+) s", text)
    assert said
    assert [int(number) for number in said.groups()] == [
        limits.image_bytes // 1_000_000,
        limits.images,
        limits.body_bytes // 1_000_000,
        limits.body_time.total_seconds(),
    ]
