"""Somebody who has never seen the panel gets their work done, by the words on the screen alone.

What is counted are steps: something pressed, chosen or written. Few of them, and none that a page
does not name, is what it takes to be quick without the documents.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from demo.sitters import crop, people
from evaluation.system import System, running_system
from tests.admin_web.chromium import DESK, PHONE
from tests.chromium import browser

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]
FIRST_SIGN_IN = re.compile(r"First sign-in: name (\S+), password\s+(\S+)\.")
SIGNING_IN = 3
STRANGER = re.compile(r"Stranger \d+")


@dataclass(slots=True)
class Newcomer:
    """Somebody before a screen, and how many steps they have taken."""

    page: Page
    steps: int = 0

    async def press(self, *words: str) -> None:
        """Press what says so: a button or a link, the last of the words in the place of the first.

        On a phone what is not in sight is behind More.
        """
        self.steps += 1
        where: Page | Locator = self.page
        for place in words[:-1]:
            where = self.page.locator("li, article").filter(has_text=place).last
        named = re.compile(rf"^{re.escape(words[-1])}")
        found = where.get_by_role("button", name=named).or_(where.get_by_role("link", name=named))
        more = self.page.get_by_role("button", name="More", exact=True)
        if not await found.first.is_visible() and await more.is_visible():
            self.steps += 1
            await more.click()
        await found.first.click()

    async def write(self, label: str, text: str) -> None:
        """Write into the field of this label."""
        self.steps += 1
        await self.page.get_by_label(label).first.fill(text)

    async def reads(self, text: str | re.Pattern[str]) -> None:
        """Wait until a text is to be seen."""
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def sign_in(self, name: str, password: str) -> None:
        """Sign in from the first page there is."""
        await self.write("Name", name)
        await self.write("Password", password)
        await self.press("Sign in")
        await self.reads("Inbox")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    """A new installation with a camera at the door, and no bot."""
    async with running_system(chat=False) as running:
        yield running


async def comes(system: System, number: int) -> None:
    """Let one of six people come to the door, and wait until they were looked at."""
    for seed in range(2):
        answer = await system.post(crop(people()[number], seed))
        assert answer.status_code == httpx.codes.ACCEPTED
    await system.settled()


@asynccontextmanager
async def before(system: System, size: dict[str, int]) -> AsyncIterator[Newcomer]:
    """Sit somebody down before a screen; they are signed in as the first admin."""
    said = FIRST_SIGN_IN.search(await system.usher.says("First sign-in"))
    assert said
    async with browser() as started:
        page = await started.new_page(
            viewport={"width": size["width"], "height": size["height"]}, reduced_motion="reduce"
        )
        await page.goto(system.url)
        newcomer = Newcomer(page)
        await newcomer.sign_in(*said.groups())
        yield newcomer


async def test_naming_a_stranger(system: System) -> None:
    """On a phone: who came is on the first page, with the field for the name."""
    await comes(system, 0)
    async with before(system, PHONE) as newcomer:
        await newcomer.reads("Who is this?")
        await newcomer.write("Name of this person", "Anna")
        await newcomer.press("Name")
        await newcomer.reads("named by you")
        assert newcomer.steps <= SIGNING_IN + 2


async def test_repairing_a_wrong_merge(system: System) -> None:
    """Two people were made one by mistake; on the page of that one they are separated again."""
    await comes(system, 1)
    async with before(system, DESK) as careless:
        await careless.write("Name of this person", "Berta")
        await careless.press("Name")
        await careless.reads("named by you")
        await comes(system, 2)
        await careless.page.reload()
        await careless.write("Name of this person", "Berta")
        await careless.press("Name")
        await careless.press("The same Berta")
        await careless.reads("recognised by you")
    async with before(system, DESK) as newcomer:
        await newcomer.press("People")
        await newcomer.press("Berta")
        await newcomer.reads("Made of 2 people")
        await newcomer.press("Separate")
        await newcomer.reads(STRANGER)
        assert newcomer.steps <= SIGNING_IN + 3
        await newcomer.press("People")
        await newcomer.reads("Berta")
        await newcomer.reads(STRANGER)


async def test_adding_a_camera(system: System) -> None:
    """Its key is shown with the command that starts it, and its first crop as soon as it comes."""
    async with before(system, DESK) as newcomer:
        await newcomer.press("Cameras")
        await newcomer.write("Name, such as Front door", "Back door")
        await newcomer.press("Add camera")
        await newcomer.reads("It is shown only now.")
        assert newcomer.steps <= SIGNING_IN + 3
        shown = await newcomer.page.locator("code").first.inner_text()
        await system.post(crop(people()[3], 0), key=shown)
        await newcomer.reads("Here it is")


async def test_inviting_a_manager(system: System) -> None:
    """On a phone: a name is enough where there is one site; what they say to the bot is shown."""
    async with before(system, PHONE) as newcomer:
        await newcomer.press("Accounts")
        await newcomer.write("Name", "Maria")
        await newcomer.press("Invite")
        await newcomer.reads("Maria is invited")
        await newcomer.reads(re.compile(r"/start \S{20,}"))
        assert newcomer.steps <= SIGNING_IN + 4
