"""`usher recognition migrate` beside a running `usher up`: everybody is known, before and after."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from demo.sitters import crop, people
from domain.decisions import Name, answer
from evaluation.installation import SystemFailedError
from evaluation.system import System, running_system
from tests.e2e.test_main_loop import names_of, post_in_turn, recognised
from usher.parts import now, open_parts
from usher.settings import Settings

pytestmark = pytest.mark.timeout(480)

# `usher` needs a second or two before it embeds: these fall before, among and after that.
KILLED_AFTER_SECONDS = (1.5, 2.5, 4.0)


@pytest.fixture
def folder(faces_dir: Path) -> str:
    """A second pack."""
    return f"folder:{faces_dir / 'models' / 'insightface-pack'}"


async def migrate(system: System, *arguments: str) -> dict[str, Any]:
    """Run the command; return the figures of its last line."""
    said = await system.usher.command("recognition", "migrate", "--json", *arguments)
    figures: dict[str, Any] = json.loads(said.splitlines()[-1])
    return figures


async def killed(system: System, *arguments: str, seconds: float) -> None:
    """Run the command and kill it, as `kill -9` does, after so long."""
    process = await asyncio.create_subprocess_exec(
        *system.usher._command("recognition", "migrate", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=system.usher.environment,
        cwd=system.usher.data_dir.parent,
    )
    await asyncio.sleep(seconds)
    if process.returncode is None:
        process.kill()
    await process.wait()


async def name_everybody(system: System, truth: Mapping[str, str]) -> None:
    """Name everybody as the panel does."""
    names = names_of(await system.detections(), truth)
    async with open_parts(Settings(data_dir=system.usher.data_dir)) as parts:
        [admin] = await parts.store.accounts.all()
        for question in await parts.store.questions.inbox(None):
            person = await parts.store.persons.get(question.person_id)
            assert person
            await answer(
                parts.store,
                question_id=question.id,
                answer=Name(names[person.label]),
                account=admin,
                via="panel",
                now=now(),
            )


async def models(system: System, count: int) -> set[str]:
    """Return which models the newest detections were classified by."""
    return {d["model"].split("/")[0] for d in (await system.detections())[:count]}


async def test_pack_is_changed_and_changed_back_while_usher_runs(folder: str) -> None:
    """Six people are named; the change, killed again and again, is done at last; each is known.

    Without a word that it may, the command stops after the report; nothing has changed then. The
    way back is gone while nothing runs, and each is known again.
    """
    sitters = people()
    pictures = {s.name.title(): [crop(s, seed) for seed in range(3)] for s in sitters}
    async with running_system(chat=False) as system:
        await name_everybody(system, await post_in_turn(system, pictures))
        with pytest.raises(SystemFailedError, match="non-commercial"):
            await migrate(system, "--to", folder)
        for seconds in KILLED_AFTER_SECONDS:
            await killed(system, "--to", folder, "--yes", seconds=seconds)
        done = await migrate(system, "--to", folder, "--yes")
        assert done["switched"]
        assert done["embedded"]["left_behind"] == 0
        assert await recognised(system, {s.name.title(): crop(s, 50) for s in sitters}) == 1.0
        assert await models(system, len(sitters)) == {"insightface-pack"}

        looked = await migrate(system, "--back")
        assert not looked["switched"]
        assert looked["comparison"]["people"] == len(sitters)
        await system.usher.stop()
        assert (await migrate(system, "--back", "--yes"))["to"]["pack"] == "opencv-zoo"
        await system.usher.start()
        assert await recognised(system, {s.name.title(): crop(s, 60) for s in sitters}) == 1.0
        assert await models(system, len(sitters)) == {"opencv-zoo"}
        gone = await system.usher.command("recognition", "forget", done["to"]["model"], "--yes")
        assert int(gone.split()[0]) >= len(sitters)
        assert {d["status"] for d in await system.detections()} == {"classified"}


async def test_another_pack_in_the_settings_stops_up(folder: str, tmp_path: Path) -> None:
    """`usher up` says what to do, and ends with 2, rather than make strangers of everybody."""
    async with running_system(chat=False, data_dir=tmp_path / "data") as system:
        await post_in_turn(system, {"Anna": [crop(people()[0], 1)]})
        await system.usher.stop()
        system.usher.environment = {**system.usher.environment, "USHER_RECOGNITION__PACK": folder}
        with pytest.raises(SystemFailedError, match="usher up ended"):
            await system.usher.start()
        await system.usher.says(f"`usher recognition migrate --to {folder}` changes that")
        assert system.usher.process
        assert system.usher.process.returncode == 2
        await migrate(system, "--to", folder, "--yes")
        await system.usher.start()
