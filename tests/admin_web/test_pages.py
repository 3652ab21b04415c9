"""The navigation: where every page leads to."""

import re
from pathlib import Path

import pytest

from admin_web.pages import PAGES
from tests.admin_web.browsing import Panel
from tests.admin_web.world import World

WEB = Path(__file__).parents[2] / "admin_web"


def led_to(page: str) -> list[str]:
    """Return where the navigation of a page leads."""
    return [
        address
        for part in re.findall(r"<nav class=\"(?:daily|house)\".*?</nav>", page, re.DOTALL)
        for address in re.findall(r'href="([^"]+)"', part)
    ]


async def test_the_navigation_leads_where_one_may_go(panel: Panel, world: World) -> None:
    """Every page it leads to opens, for admins and for others; only admins are led to theirs."""
    seen = {}
    for account in (world.admin, world.maria):
        browser = await panel.enter(account)
        seen[account.name] = led_to((await browser.get("/")).text)
        for address in seen[account.name]:
            assert (await browser.get(address)).status_code == 200, address
    assert set(seen[world.maria.name]) < set(seen[world.admin.name])
    assert "/accounts" not in seen[world.maria.name]


async def test_one_page_is_the_current_one(panel: Panel, world: World) -> None:
    """The navigation marks the page one is on, be it a page below it."""
    anna = await world.know(1, "Anna")
    admin = await panel.enter(world.admin)
    for path, name in ((f"/people/{anna.person.id}", "People"), ("/account", "Your account")):
        page = (await admin.get(path)).text
        marked = re.findall(r'aria-current="page">.*?<span>([^<]+)', page, re.DOTALL)
        assert marked == [name]


@pytest.mark.parametrize("name", sorted({page.icon for page in PAGES}))
def test_every_icon_is_there(name: str) -> None:
    """The icons that the navigation draws are among those fetched."""
    if not (WEB / "static" / "vendor" / "icons").exists():
        pytest.skip("the front-end packages are not fetched; `make setup` fetches what it can")
    assert (WEB / "static" / "vendor" / "icons" / f"{name}.svg").exists()
