"""Names full of markup are words: nothing in them is markup on any page."""

from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from markupsafe import escape

from admin_web.doors import DOORS
from admin_web.guard import Door
from domain.records import PersonStatus
from tests.admin_web.browsing import Browser, Panel
from tests.admin_web.leads import Target, target
from tests.admin_web.test_doors import knock
from tests.admin_web.world import World, suggest

NAME = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
# What pages and forms call the fields that people write into.
FIELDS = ("q", "name", "person", "site", "camera", "label", "note", "text", "reason", "next")
# Where somebody, a camera, a site or an account is listed, so that the names must be there to read.
NAMING = ("/", "/people", "/detections", "/account", "/accounts")


class Markup(HTMLParser):
    """Notes what a page would run that no page of ours contains."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note scripts without a source, and attributes that are scripts or styles."""
        names = dict(attrs)
        if tag == "script" and not (names.get("src") or "").startswith("/static/"):
            self.found.append(f"<{tag}>")
        if tag == "img" and not (names.get("src") or "/").startswith(("/", "blob:", "data:")):
            self.found.append(f"<{tag} src={names.get('src')}>")
        self.found += [f"<{tag} {name}>" for name in names if name.startswith("on")]
        self.found += [f"<{tag} style>" for name in names if name == "style"]


@pytest.fixture
async def hostile(world: World) -> World:
    """A world in which everything is called so."""
    store, two = world.store, (world.admin, world.otto)
    for number, site in enumerate((world.main, world.annex)):
        await store.sites.save(replace(site, name=f"{NAME} {number}"))
    for camera in (world.door, world.yard, world.gate):
        await store.cameras.save(replace(camera, name=f"{NAME} {camera.id}"))
    for number, account in enumerate(two):
        await store.accounts.save(replace(account, name=f"{NAME} {number}"))
    return world


async def rename(world: World) -> None:
    """Call everybody who has been seen so."""
    seen = await world.know(1, NAME)
    await world.see(0, suggestions=suggest(seen.person))
    await world.see(2, person=await world.meet(PersonStatus.BLOCKED, name=NAME))


async def pages(browser: Browser, world: World, door: Door) -> list[str]:
    """Return what a door shows, by itself and asked with the name in every field it may have."""
    asked = "&".join(f"{field}={quote(NAME)}" for field in FIELDS)
    there = await target(door, world, world.admin)
    full = Target(
        there.path
        if door.method == "POST"
        else f"{there.path}{'&' if '?' in there.path else '?'}{asked}",
        {**there.form, **dict.fromkeys(FIELDS, NAME)},
    )
    answers = [await knock(browser, door, one) for one in (there, full)]
    return [a.text for a in answers if a.headers.get("Content-Type", "").startswith("text/html")]


async def test_hostile_names_are_words_on_every_page(panel: Panel, hostile: World) -> None:
    """No page, nor what a form answers, has a script, a picture or an attribute of theirs."""
    browser = await panel.enter(replace(hostile.admin, name=f"{NAME} 0"))
    await rename(hostile)
    for door in DOORS:
        if door.path == "/sign-out":
            continue
        for page in await pages(browser, hostile, door):
            assert (door.method, door.path, Markup(page).found) == (door.method, door.path, [])


@pytest.mark.parametrize("path", NAMING)
async def test_hostile_names_are_read_as_written(panel: Panel, hostile: World, path: str) -> None:
    """A list shows the very letters of the name."""
    browser = await panel.enter(replace(hostile.admin, name=f"{NAME} 0"))
    await rename(hostile)
    assert str(escape(NAME)) in (await browser.get(path)).text
