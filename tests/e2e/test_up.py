"""`usher up`, as the person who installs it meets it."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from demo.sitters import crop, people
from evaluation.installation import Usher, clean_environment, free_port, running_usher
from evaluation.processes import Role, end
from evaluation.system import System, running_system

pytestmark = pytest.mark.timeout(240)

FIRST_SIGN_IN = re.compile(r"First sign-in: name (\S+), password\s+(\S+)\.")
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
ENDING_SECONDS = 40.0


@pytest.fixture
async def usher() -> AsyncIterator[Usher]:
    """`usher up` on an empty folder, without a bot, to be stopped as a test likes."""
    async with running_usher() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Usher]:
    """`usher up` on an empty folder, without a bot, for tests that leave it running."""
    async with running_usher() as running:
        yield running


def printed(usher: Usher) -> str:
    """Return what it has printed, each run of white space as one space: lines are folded."""
    return " ".join(usher.log.read_text().split())


async def sign_in(url: str, name: str, password: str) -> int:
    """Sign in at the panel as a browser does; return the status of the inbox after that."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as browser:
        form = CSRF.search((await browser.get("/sign-in")).text)
        assert form
        fields = {"csrf": form.group(1), "name": name, "password": password, "next": "/"}
        await browser.post("/sign-in", data=fields)
        return (await browser.get("/")).status_code


async def ended(usher: Usher) -> bool:
    """Wait until no process of the folder is left; tell whether that came to be."""
    for _ in range(int(ENDING_SECONDS / 0.1)):
        if not await usher.children():
            return True
        await asyncio.sleep(0.1)
    return False


async def test_first_start_prints_a_password_that_works(usher: Usher) -> None:
    """The first admin's password is printed once; it opens the panel, and after a restart too."""
    [(name, password)] = FIRST_SIGN_IN.findall(printed(usher))
    assert await sign_in(usher.url, name, "not the password") == 401
    assert await sign_in(usher.url, name, password) == 200
    await usher.stop()
    await usher.start()
    assert len(FIRST_SIGN_IN.findall(printed(usher))) == 1
    assert await sign_in(usher.url, name, password) == 200


@pytest.mark.asyncio(loop_scope="module")
async def test_says_that_the_bot_is_off(shared: Usher) -> None:
    """Without a token there is no bot, and a sentence says which setting turns it on."""
    await shared.says("The bot is off: USHER_BOT__TOKEN is not set.")
    assert Role.BOT not in {child.role for child in await shared.children()}


async def test_sigterm_leaves_no_process(usher: Usher) -> None:
    """SIGTERM ends `usher up` with 0, and with it workers, API and mongod."""
    roles = {child.role for child in await usher.children()}
    assert roles == {Role.UP, Role.API, Role.WORKER, Role.MONGOD, Role.KEEPER}
    await usher.stop()
    assert usher.process
    assert usher.process.returncode == 0
    assert await usher.children() == []


async def test_camera_keys_with_and_without_a_running_usher() -> None:
    """A key made while Usher runs works at once; one made while it does not, at the next start."""
    async with running_system(chat=False) as system:
        assert await status_of_post(system, system.key) == 202
        await system.usher.stop()
        made = await system.new_camera("Back door")
        assert await system.children() == []
        assert re.fullmatch("[0-9a-f]{24}", made.id)
        await system.usher.start()
        assert await status_of_post(system, made.key) == 202
        assert await status_of_post(system, system.key) == 202
        assert await status_of_post(system, "usher_cam_made_up") == 401


async def status_of_post(system: System, key: str) -> int:
    """Post a crop and return the status of the answer."""
    return (await system.post(crop(people()[0], 1), key=key)).status_code


@pytest.mark.asyncio(loop_scope="module")
async def test_second_up_on_the_same_folder(shared: Usher) -> None:
    """A second `usher up` on the folder shares its database; ending it does not end the first."""
    second = Usher(data_dir=shared.data_dir, port=free_port(), environment=shared.environment)
    await second.start()
    assert len(await shared.pids(Role.MONGOD)) == 1
    assert len(await shared.pids(Role.API)) == 2
    await second.stop()
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{shared.url}/readyz")).status_code == 200


async def test_kill_of_up_itself() -> None:
    """After kill -9 of `usher up` its processes end by themselves; the next start has it all."""
    async with running_system(chat=False) as system:
        answer = await system.post(crop(people()[0], 1))
        [entered] = answer.json()["detections"]
        end(await system.usher.pids(Role.UP))
        assert await ended(system.usher)
        await system.usher.start()
        await system.settled()
        [detection] = await system.detections()
        assert detection["id"] == entered["id"]
        assert detection["status"] == "classified"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("USHER_HTTP__HOST", "0.0.0.0", "USHER_HTTP__PUBLIC_URL"),  # noqa: S104 - it is refused
        ("USHER_HTTP__PORT", "eighty", "USHER_HTTP__PORT"),
        ("USHER_BOT__WEBHOOK_URL", "http://example.org", "USHER_BOT__WEBHOOK_URL"),
        ("USHER_TIMEZONE", "Mars/Olympus", "USHER_TIMEZONE"),
        ("USHER_RECOGNITION__PACK", "folder:/nowhere", "/nowhere"),
    ],
)
async def test_wrong_settings_end_with_2(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    """A setting that cannot be is refused: the sentence names it, and no process is left."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "usher", "up", "--data-dir", str(tmp_path / "data")),
        *() if variable == "USHER_HTTP__PORT" else ("--port", str(free_port())),
        env=clean_environment(**{variable: value}),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    text = " ".join(out.decode().split())
    assert process.returncode == 2, text
    assert said in text
    assert "Traceback" not in text
    left = Usher(data_dir=tmp_path / "data", port=0, environment={})
    assert await left.children() == []
