"""Search from anywhere: by words and by a photo, with and without scripts."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.admin_web.browsing import Browser, Panel, token_of
from tests.admin_web.chromium import DESK, PHONE, window
from tests.admin_web.test_enrol import Album, album, known
from tests.admin_web.world import PHOTO, World
from tests.eyes import LoadedEyes

__all__ = ["album"]
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


async def look_for(browser: Browser, photo: Path) -> httpx.Response:
    """Send a photo and follow to what is shown."""
    token = token_of((await browser.get("/search")).text)
    files = {"photos": (photo.name, await asyncio.to_thread(photo.read_bytes))}
    answer = await browser.http.post("/search", data={"csrf": token}, files=files)
    assert answer.status_code == 303, answer.text
    return await browser.get(answer.headers["Location"])


async def test_people_places_and_pages_are_found(panel: Panel, world: World) -> None:
    """By the beginning of a name, by number, and by what people call a page."""
    anna, stranger = await world.know(1, "Anna Berg"), await world.see(0)
    maria = await panel.enter(world.maria)
    for words, link in {
        "ann": f'href="/people/{anna.person.id}"',
        "BERG": f'href="/people/{anna.person.id}"',
        f"#{stranger.person.number}": f'href="/people/{stranger.person.id}"',
        f"stranger {stranger.person.number}": f'href="/people/{stranger.person.id}"',
        "front d": f'href="/cameras/{world.door.id}"',
        "main": f'href="/detections?site={world.main.id}"',
        "webcam": 'href="/enrol"',
        "add some": 'href="/enrol"',
    }.items():
        found = (await maria.get("/search", **{"HX-Request": "true"})).text
        assert link not in found
        found = (await maria.http.get("/search", params={"q": words})).text
        main = found[found.index('id="found"') :]
        assert (words, link in main) == (words, True)


async def test_nothing_fits(panel: Panel, world: World) -> None:
    """It is said, with the words as they were typed."""
    maria = await panel.enter(world.maria)
    page = (await maria.http.get("/search", params={"q": "<b>zz"})).text
    assert "Nothing begins like “&lt;b&gt;zz”" in page


async def test_what_is_of_other_sites_is_not_found(panel: Panel, world: World) -> None:
    """Neither people nor cameras nor pages that an account may not open."""
    await world.know(1, "Anna")
    otto, vera = await panel.enter(world.otto), await panel.enter(world.vera)
    for words in ("anna", "1", "front", "main", "accounts"):
        assert "Nothing begins like" in (await otto.http.get("/search", params={"q": words})).text
    assert 'href="/enrol"' not in (await vera.http.get("/search", params={"q": "add"})).text
    assert "Anna" in (await vera.http.get("/search", params={"q": "anna"})).text


async def test_who_is_on_a_photo(
    seeing: Panel, world: World, eyes: LoadedEyes, album: Album
) -> None:
    """Each face with who it is and how surely, a link to them, and one to add the photo."""
    anna = await known(world, eyes, album("David_Beckham", 0), "Anna")
    maria = await seeing.enter(world.maria)
    page = (await look_for(maria, album("David_Beckham", 1))).text
    assert f'href="/people/{anna.id}"' in page
    assert "99\N{NO-BREAK SPACE}%" in page
    link = page.split('href="/enrol?draft=')[1].split('"')[0].replace("&amp;", "&")
    enrol = (await maria.get(f"/enrol?draft={link}")).text
    assert "Save 1 photo of Anna" in enrol
    six = (await look_for(maria, PHOTO)).text
    assert "6 faces" in six
    assert six.count("Nobody known") == 6


async def test_people_of_other_sites_are_nobody(
    seeing: Panel, world: World, eyes: LoadedEyes, album: Album
) -> None:
    """Otto learns nothing of Anna, and viewers are not asked to add anybody."""
    await known(world, eyes, album("David_Beckham", 0), "Anna")
    otto = (await look_for(await seeing.enter(world.otto), album("David_Beckham", 1))).text
    assert "Nobody known" in otto
    assert "Anna" not in otto
    vera = (await look_for(await seeing.enter(world.vera), album("David_Beckham", 1))).text
    assert "Anna" in vera
    assert "/enrol?draft" not in vera


@SIZES
async def test_search_opens_anywhere(
    seeing: Panel,
    world: World,
    eyes: LoadedEyes,
    album: Album,
    size: dict[str, int],
) -> None:
    """A key, some letters, an arrow and Enter lead to somebody; a photo says who is on it."""
    anna = await known(world, eyes, album("David_Beckham", 0), "Anna")
    async with window(seeing, size) as browser:
        page = browser.page
        await browser.sign_in(world.maria)
        await page.goto(f"{seeing.url}/account")
        await page.keyboard.press("/")
        words = page.get_by_label("Search people, sites, cameras and pages")
        await words.wait_for()
        await page.keyboard.type("an/")
        assert await words.input_value() == "an/"
        await words.fill("ann")
        await page.locator(".hits").get_by_role("link", name="Anna").wait_for()
        assert await browser.violations() == []
        await page.locator("#find-file").set_input_files(album("David_Beckham", 1))
        await page.get_by_text("99\N{NO-BREAK SPACE}%").wait_for()
        assert await browser.violations() == []
        await page.keyboard.press("Escape")
        await words.wait_for(state="hidden")
        await page.get_by_role("link", name="Search").click()
        await words.fill("anna")
        await page.locator(".hits").get_by_role("link", name="Anna").wait_for()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/people/{anna.id}")
        assert browser.complaints == []
