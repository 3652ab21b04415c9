"""What the chat looks like on a phone: cards that are short, calm and clear.

With `--screens DIR` the pictures of the documents are made anew there (`make screens`).
"""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from demo.botapi.server import create_app, serve
from demo.sitters import Sitter, crop
from domain.attention import set_quiet
from domain.records import Quiet
from tests.bot.house import MARIA, OTTO, TOKEN
from tests.bot.story import Story, Time
from tests.chromium import browser

WIDTH, SHARP = 390, 1.5
LARGEST_BYTES = 100_000
COLOURS = 128


class Phone:
    """Maria's phone: the chat page as she sees it, and pictures of it."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder

    async def picture(self, name: str, *, shows: str, height: int) -> None:
        """Take a picture as soon as a text is there; nothing on it may be cut off."""
        await self._page.set_viewport_size({"width": WIDTH, "height": height})
        await expect(self._page.get_by_text(shows).last).to_be_visible()
        await self._page.wait_for_function("[...document.images].every(i => i.complete)")
        await self._page.wait_for_timeout(400)  # what slides in has arrived
        assert await self._page.evaluate("document.documentElement.scrollWidth") == WIDTH
        assert await self._page.evaluate(
            "[...document.querySelectorAll('.key')].every(k => k.scrollWidth <= k.clientWidth)"
        )
        data = await self._page.screenshot()
        small = Image.open(io.BytesIO(data)).convert("RGB").quantize(COLOURS)
        out = self._folder / f"chat-{name}.png"
        small.save(out, optimize=True)
        assert out.stat().st_size < LARGEST_BYTES


# Pictures that anybody may use (of NASA, of the US Navy, and one given away), in our packages.
ASTRONAUT = Sitter("astronaut", ("skimage", "data/astronaut.png"), (178, 63, 90, 114))
ADMIRAL = Sitter(
    "admiral", ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"), (200, 120, 130, 170)
)
PHOTOGRAPHER = Sitter("photographer", ("skimage", "data/camera.png"), (215, 75, 80, 105))


class Street:
    """Who stands before the camera now."""

    def __init__(self) -> None:
        self.sitter = ASTRONAUT

    def look(self, seed: int) -> bytes:
        """Return a crop of them."""
        return crop(self.sitter, seed)


@pytest.fixture
async def url(time: Time) -> AsyncIterator[str]:
    """Serve a chat whose clock is that of the story."""
    async with serve(create_app(TOKEN, clock=lambda: time().timestamp())) as address:
        yield address


@pytest.fixture
def street(story: Story) -> Street:
    """Give the street before the camera."""
    made = Street()
    story.house.look = made.look
    return made


@pytest.fixture
async def phone(
    story: Story, url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Phone]:
    """Give Maria's phone."""
    folder: Path = request.config.getoption("--screens") or tmp_path
    async with browser() as started:
        page = await started.new_page(
            viewport={"width": WIDTH, "height": 844},
            device_scale_factor=SHARP,
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        await page.goto(f"{url}/?user={MARIA}")
        yield Phone(page, folder)


async def test_a_question_its_answer_and_what_is_looked_up(
    story: Story, street: Street, phone: Phone
) -> None:
    """A card, the same card answered, the day, a person and the last decisions."""
    street.sitter = ADMIRAL
    grace = await story.house.person(name="Grace")
    await story.house.seen(grace, at=story.now - timedelta(days=3))
    await story.comes("Grace comes.", grace)
    await story.wait(minutes=24)
    street.sitter = ASTRONAUT
    guest = await story.comes("Somebody new comes.")
    for _ in range(2):
        await story.wait(seconds=4)
        await story.comes("Again.", guest.person)
    await story.wait(seconds=5)
    await phone.picture("question", shows="3 crops", height=664)
    await story.says(MARIA, "Anna", to=guest.person.label)
    await phone.picture("answer", shows="Saved: Anna.", height=800)
    await story.wait(minutes=9)
    street.sitter = PHOTOGRAPHER
    await story.comes("Somebody else comes.")
    await story.presses(OTTO, "Visitor today")
    await story.wait(minutes=31)
    street.sitter = ADMIRAL
    await story.comes("Grace comes again.", grace)
    await story.says(MARIA, "/today")
    await phone.picture("today", shows="3 people", height=600)
    await story.says(MARIA, "/person Grace")
    await phone.picture("person", shows="Grace · known", height=738)
    await story.says(MARIA, "/undo")
    await phone.picture("undo", shows="named Anna", height=410)


async def test_many_questions_on_one_card(story: Story, street: Street, phone: Phone) -> None:
    """After a night with quiet hours, all of it is one card."""
    night = Quiet(start=22 * 60, end=7 * 60, digest=True)
    maria = await story.account(MARIA)
    await set_quiet(story.house.store, account_id=maria.id, quiet=night, now=story.now)
    await story.wait(hours=8)
    street.sitter = PHOTOGRAPHER
    for _ in range(6):
        await story.comes("Somebody new comes.")
    await story.later("Good morning.", hours=8, minutes=28)
    await phone.picture("pager", shows="24 Nov 22:32", height=736)
