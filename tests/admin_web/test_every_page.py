"""Every page of the panel in a real browser: nobody is shut out, nothing is cut off.

A page that is new is looked at because there is a door to it.
"""

from dataclasses import replace
from typing import Literal

import pytest

from admin_web.doors import DOORS
from domain.records import Account, PersonStatus
from evaluation.seed import seed
from evaluation.seed_plan import SeedOptions
from storage.images import ImageStore
from storage.store import MongoStore
from tests.admin_web.browsing import Panel, is_html
from tests.admin_web.chromium import DESK, PHONE, Window, window
from tests.admin_web.leads import target
from tests.admin_web.world import MODEL, World, suggest

pytestmark = pytest.mark.timeout(240)
PAGES = [door for door in DOORS if door.method == "GET"]
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Colours that change slowly are judged when they have changed.
AT_REST = "Promise.all(document.getAnimations().map(one => one.finished.catch(() => null)))"
# Every page is looked at four times; what does not change with the size is looked for twice.
Scheme = Literal["light", "dark"]
LIGHTS: tuple[tuple[dict[str, int], Scheme], ...] = (
    (PHONE, "light"),
    (PHONE, "dark"),
    (DESK, "light"),
    (DESK, "dark"),
)
THOROUGH = {(390, "dark"), (1280, "light")}
SOME = SeedOptions(
    detections=900, people=60, references=150, visits=240, sites=3, days=40, sitters=12
)


@pytest.fixture
async def full(world: World, store: MongoStore, images: ImageStore) -> World:
    """An installation in which a lot has happened, and whose names are as long as they may be."""
    await seed(
        store,
        images,
        SOME,
        model=MODEL,
        dimensions=128,
        now=world.clock(),
        tick=lambda _what, _more: None,
    )
    long = await world.know(4, "Wolfeschlegelsteinhausenbergerdorff " + "Ottokar" * 6)
    await world.store.persons.save(
        replace(
            long.person,
            labels=("Donaudampfschifffahrtsgesellschaft", "night shift"),
            metadata={"Donaudampfschifffahrtsgesellschaftsnummer": "9" * 80},
        )
    )
    await world.see(2, suggestions=suggest(long.person, 0.5))
    await world.see(3, person=await world.meet(PersonStatus.BLOCKED), camera=world.yard)
    return world


async def addresses(panel: Panel, account: Account, paths: list[str]) -> list[str]:
    """Return those of the addresses at which there is a whole page."""
    browser, found = await panel.enter(account), []
    for path in paths:
        async with browser.http.stream("GET", path, headers={"Accept": "text/html"}) as answer:
            if await is_html(answer) and "<html" in answer.text:
                found.append(path)
    return found


async def wrong(browser: Window, path: str) -> list[str]:
    """Return what is wrong with a page, at each size and in each colour scheme."""
    page, found = browser.page, list[str]()
    for size, scheme in LIGHTS:
        await page.set_viewport_size({"width": size["width"], "height": size["height"]})
        await page.emulate_media(color_scheme=scheme)
        if (size, scheme) == LIGHTS[0]:
            await page.goto(browser.url + path)
            await page.wait_for_load_state("load")
            found += [] if await page.title() else ["no title"]
            found += [] if await page.locator("h1").count() == 1 else ["not one heading of all"]
        await page.evaluate(AT_REST)
        wide = await page.evaluate(SIDEWAYS)
        found += [f"{wide} px too wide at {size['width']}"] if wide else []
        if (size["width"], scheme) in THOROUGH:
            found += [f"{size['width']} {scheme}: {one}" for one in await browser.violations()]
    found += browser.complaints
    browser.complaints.clear()
    return [f"{path}: {one}" for one in found]


async def look_around(panel: Panel, account: Account, paths: list[str]) -> list[str]:
    """Return what is wrong with any of these pages, signed in as somebody."""
    there = await addresses(panel, account, paths)
    assert "/" in there
    async with window(panel, PHONE) as browser:
        found = await wrong(browser, "/sign-in")
        await browser.sign_in(account)
        for path in there:
            found += await wrong(browser, path)
    return found


async def test_every_page_of_a_full_installation(panel: Panel, full: World) -> None:
    """No page breaks WCAG 2 A or AA, scrolls sideways, lacks a heading or makes complaints."""
    paths = [(await target(door, full, full.admin)).path for door in PAGES]
    assert await look_around(panel, full.admin, paths) == []


async def test_every_page_of_an_empty_installation(panel: Panel, world: World) -> None:
    """Nor does one on which there is nothing yet to be seen."""
    paths = [door.path for door in PAGES if "{" not in door.path]
    assert await look_around(panel, world.admin, paths) == []
